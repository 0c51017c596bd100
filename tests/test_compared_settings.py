"""Settings that both sides state: transfer compares them, warns of each that differs, and returns it."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import pytest
from keras import layers
from torch import nn

from equivalence import transfer

#: Keras layer, torch module, input, and what is said: nothing, or parts of the one sentence
COMPARED: dict[str, tuple[Any, nn.Module, tuple[int, ...], tuple[str, ...]]] = {
    "epsilon": (
        layers.BatchNormalization, nn.BatchNorm2d(3, momentum=0.01), (6, 5, 3),
        ("epsilon=0.001", "eps=1e-05", "in what they compute"),
    ),
    "epsilon of a layer norm": (layers.LayerNormalization, nn.LayerNorm(3), (3,), ("epsilon=0.001", "eps=1e-05")),
    "epsilon of a group norm": (
        lambda name: layers.GroupNormalization(2, name=name), nn.GroupNorm(2, 4), (6, 4),
        ("epsilon=0.001", "eps=1e-05"),
    ),
    "groups": (
        lambda name: layers.GroupNormalization(4, name=name), nn.GroupNorm(2, 4, eps=1e-3), (6, 4),
        ("groups=4", "num_groups=2"),
    ),
    "epsilon left to torch": (
        layers.RMSNormalization, nn.RMSNorm(3), (3,), ("epsilon=1e-06", "eps=None"),
    ),
    "momentum": (
        layers.BatchNormalization, nn.BatchNorm1d(3, eps=1e-3), (3,),
        ("momentum=0.99", "1 - momentum = 0.01", "momentum=0.1", "in training"),
    ),
    "cumulative momentum": (
        layers.BatchNormalization, nn.BatchNorm1d(3, eps=1e-3, momentum=None), (3,), ("momentum=0.99", "momentum=None"),
    ),
    "equal normalisation": (layers.BatchNormalization, nn.BatchNorm1d(3, eps=1e-3, momentum=0.01), (3,), ()),
    "strides": (
        lambda name: layers.Conv2D(4, 2, strides=(2, 1), name=name), nn.Conv2d(3, 4, 2, stride=2), (6, 5, 3),
        ("strides=(2, 1)", "stride=(2, 2)"),
    ),
    "equal strides": (lambda name: layers.Conv2D(4, 2, strides=2, name=name), nn.Conv2d(3, 4, 2, 2), (6, 5, 3), ()),
    "dilation": (
        lambda name: layers.Conv1D(4, 2, name=name), nn.Conv1d(3, 4, 2, dilation=2), (6, 3),
        ("dilation_rate=(1,)", "dilation=(2,)"),
    ),
    "padding mode": (
        lambda name: layers.Conv1D(4, 3, padding="same", name=name),
        nn.Conv1d(3, 4, 3, padding=1, padding_mode="reflect"), (6, 3), ("zeros", "padding_mode='reflect'"),
    ),
    "padding mode without padding": (
        lambda name: layers.Conv1D(4, 3, name=name), nn.Conv1d(3, 4, 3, padding_mode="reflect"), (6, 3), (),
    ),
    "negative slope": (
        lambda name: layers.LeakyReLU(name=name), nn.LeakyReLU(), (3,), ("negative_slope=0.3", "negative_slope=0.01"),
    ),
    "alpha": (lambda name: layers.ELU(alpha=0.5, name=name), nn.ELU(), (3,), ("alpha=0.5", "alpha=1.0")),
    "dropout": (
        lambda name: layers.Dropout(0.25, name=name), nn.Dropout(), (3,), ("rate=0.25", "p=0.5", "in training"),
    ),
    "pooling window": (
        lambda name: layers.MaxPooling2D((2, 3), strides=2, name=name), nn.MaxPool2d(2), (6, 5, 3),
        ("pool_size=(2, 3)", "kernel_size=2"),
    ),
    "equal pooling": (lambda name: layers.MaxPooling2D(2, name=name), nn.MaxPool2d(2), (6, 5, 3), ()),
    "no counterpart of the kind": (lambda name: layers.Dropout(0.25, name=name), nn.Identity(), (3,), ()),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:__array__ implementation")
@pytest.mark.parametrize(("layer", "part", "shape", "parts"), COMPARED.values(), ids=COMPARED)
def test_one_sentence_for_what_differs(
    layer: Any, part: nn.Module, shape: tuple[int, ...], parts: tuple[str, ...]
) -> None:
    inner = keras.Sequential([layers.Input(shape), layer(name="part")], name="inner")
    image = layers.Input(shape)
    model, module = keras.Model(image, inner(image)), nn.ModuleDict({"inner": nn.ModuleDict({"part": part})})
    for source, target in ((model, module), (module, model)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = transfer(source, target)
        said = [str(warning.message) for warning in caught if "__array__" not in str(warning.message)]
        assert tuple(said) == found.differences
        assert len(said) == bool(parts)
        for sentence in said:
            assert all(each in sentence for each in ("layer 'inner.part'", "torch's 'inner.part'", *parts)), sentence
        assert str(found).splitlines()[1:] == said


def test_a_class_of_one_s_own_is_not_compared() -> None:
    class Part(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.bias = nn.Parameter(nn.Linear(3, 3).weight[0]), nn.Parameter(nn.Linear(3, 3).bias)
            self.eps = "as in Keras"

    model = keras.Sequential([layers.Input((3,)), layers.LayerNormalization(name="part")])
    assert transfer(model, nn.ModuleDict({"part": Part()})).differences == ()
