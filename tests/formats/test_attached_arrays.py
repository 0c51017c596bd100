"""Which array goes to which layer, where a small model of Keras would not show a mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from equivalence.formats.document import Document
from equivalence.formats.hdf5 import Group
from equivalence.formats.native_weights import attach_native
from equivalence.formats.nested_weights import distribute
from equivalence.translation.graph import ClassName, Graph, Layer, Ref, Stored

DOCUMENT = Document("model.keras", "3.15.1")
DENSE, NORM = {"units": 2}, {"axis": -1}


def stored(path: str) -> Stored:
    return Stored(path, "", (2,), "float32", lambda: np.zeros(2, np.float32))


def layer(name: str, cls: str, config: Mapping[str, Any], trainable: bool = True) -> Layer:
    return Layer(name, ClassName("keras.layers", cls, ""), dict(config), trainable=trainable)


def graph(*layers: Layer) -> Graph:
    end = Ref(layers[-1].name, 0, 0)
    return Graph("model", ClassName("keras", "Functional", ""), list(layers), [], {}, end, end)


def group(path: str, **inside: Any) -> Group:
    groups = {name: part for name, part in inside.items() if isinstance(part, Group)}
    return Group(path, dict, groups, {name: part for name, part in inside.items() if isinstance(part, Stored)})


def test_the_eleventh_array_comes_after_the_tenth() -> None:
    many = layer("many", "Dense", DENSE)
    arrays = {str(number): stored(f"layers/dense/vars/{number}") for number in reversed(range(12))}
    variables = group("layers/dense/vars", **arrays)
    attach_native(graph(many), group("", layers=group("layers", dense=group("layers/dense", vars=variables))), DOCUMENT)
    assert [array.path.rpartition("/")[2] for array in many.stored[""]] == [str(number) for number in range(12)]


def test_the_state_of_a_layer_s_generator_is_no_weight_of_it() -> None:
    dropout = layer("dropout", "Dropout", {"rate": 0.5})
    state = group("layers/dropout/seed_generator/vars", **{"0": stored("layers/dropout/seed_generator/vars/0")})
    generator = group("layers/dropout/seed_generator", vars=state)
    root = group("", layers=group("layers", dropout=group("layers/dropout", seed_generator=generator)))
    attach_native(graph(dropout), root, DOCUMENT)
    assert dropout.stored == {}


def nested(trainable: bool) -> tuple[Layer, Layer, Layer]:
    """A nested model of a normalisation and a Dense layer, both of which are trained by themselves."""
    norm, dense = layer("norm", "BatchNormalization", NORM), layer("dense", "Dense", DENSE)
    model = layer("encoder", "Functional", {}, trainable)
    model.graph = graph(norm, dense)
    return model, norm, dense


def test_a_nested_model_has_its_trained_arrays_first() -> None:
    model, norm, dense = nested(trainable=True)
    listed = [stored(name) for name in ("gamma", "beta", "kernel", "bias", "moving_mean", "moving_variance")]
    distribute(model, listed, DOCUMENT)
    assert norm.stored[None] == [*listed[:2], *listed[4:]] and dense.stored[None] == listed[2:4]


def test_a_nested_model_that_is_frozen_as_a_whole_has_its_arrays_layer_by_layer() -> None:
    model, norm, dense = nested(trainable=False)
    listed = [stored(name) for name in ("gamma", "beta", "moving_mean", "moving_variance", "kernel", "bias")]
    distribute(model, listed, DOCUMENT)
    assert norm.stored[None] == listed[:4] and dense.stored[None] == listed[4:]
