"""Every activation that a layer can name: as a layer of its own, on a channels-first map, and as `activation=`."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import keras
from keras import layers

from equivalence import Ported, catalogue
from equivalence.keras_side import KerasProcess
from equivalence.schema import REQUIRED, Entry


def names(entry: Entry) -> list[str]:
    return [entry.name, *(name for name in entry.stored if ":" not in name)]


ENTRIES = list(catalogue.activations())
#: A layer gives its activation no arguments, so those that need one cannot be named.
NAMES = [name for e in ENTRIES if all(a.default is not REQUIRED for a in e.arguments) for name in names(e)]


def test_every_name_that_keras_knows_has_an_entry() -> None:
    public = {name for name, value in vars(keras.activations).items() if inspect.isfunction(value)}
    assert {name for entry in ENTRIES for name in names(entry)} == public - {"get", "serialize", "deserialize"}


def test_as_layers(ported: Callable[..., Ported], keras_on_torch: KerasProcess) -> None:
    image = keras.Input((5, 6, 3), name="image")
    x = layers.Conv2D(4, 2)(image)
    port = ported(image, [layers.Activation(name)(x) for name in NAMES], process=keras_on_torch)
    assert ".permute(" not in port.source


def test_as_arguments(ported: Callable[..., Ported], keras_on_torch: KerasProcess) -> None:
    vector = keras.Input((5,), name="vector")
    outputs = [layers.Dense(4, activation=name)(vector) for name in NAMES]
    outputs += [
        layers.Dense(4, activation=layer)(vector)
        for layer in (layers.LeakyReLU(negative_slope=0.25), layers.ReLU(max_value=0.5), layers.Softmax())
    ]
    ported(vector, outputs, process=keras_on_torch)
