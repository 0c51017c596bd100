"""Layers between convolutions: what lies channels first stays so, and means what Keras means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers

from equivalence import Ported
from equivalence.translation.order import FIRST


@pytest.fixture
def image() -> Any:
    return keras.Input((5, 6, 3), name="image")


def map_of(image: Any) -> Any:
    """A map (N, 4, 5, 4) that torch holds as (N, 4, 4, 5)."""
    return layers.Conv2D(4, 2, name="conv")(image)


def moves(source: str) -> int:
    """How often the forward re-orders axes."""
    return source.count(".permute(") + source.count(".transpose(")


def test_dense_behind_flatten_has_its_rows_permuted(ported: Callable[..., Ported], image: Any) -> None:
    port = ported(image, layers.Dense(7)(layers.Flatten()(map_of(image))))
    assert "torch.flatten(" in port.source and moves(port.source) == 0


def test_a_flattened_map_goes_out_in_keras_s_order(ported: Callable[..., Ported], image: Any) -> None:
    """Whoever calls the module sees no order that is not Keras's: the module itself gives what `predict` gives."""
    port = ported(image, layers.Flatten()(map_of(image)))
    given = np.random.default_rng(2).normal(size=(2, 5, 6, 3)).astype(np.float32)
    with torch.no_grad():
        made = port.module(torch.from_numpy(given.transpose(0, 3, 1, 2)))
    np.testing.assert_array_equal(made.numpy(), port.predict(given))


@pytest.mark.parametrize("first", ["channels last", "channels first"])
def test_a_nested_model_gets_its_input_in_the_order_it_wants(
    first: str, ported: Callable[..., Ported], image: Any
) -> None:
    inner = keras.Input((4, 5, 4))
    wants = layers.Dense(3) if first == "channels last" else layers.Conv2D(3, 2)
    given = (
        map_of(image)
        if first == "channels last"
        else layers.Reshape((4, 5, 4))(layers.Dense(80)(layers.Flatten()(image)))
    )
    port = ported(image, keras.Model(inner, wants(inner), name="inner")(given))
    assert moves(port.source) > 0


def test_what_depends_on_positions_sees_keras_flattening(ported: Callable[..., Ported], image: Any) -> None:
    flat = layers.Flatten()(map_of(image))
    slopes, gated = layers.PReLU()(flat), layers.Activation("glu")(flat)
    ported(image, layers.Concatenate()([slopes, gated, layers.Softmax()(flat)]))


@pytest.mark.parametrize("taken", [np.s_[:, 1:7], np.s_[:, ::5], np.s_[:, 3], np.s_[:, :]], ids=str)
def test_slices_of_a_flattened_map_are_those_of_keras(ported: Callable[..., Ported], image: Any, taken: Any) -> None:
    flat = layers.Flatten()(map_of(image))
    ported(image, flat[taken])


def test_joined_flattened_maps_are_those_of_keras(ported: Callable[..., Ported], image: Any) -> None:
    flat = layers.Flatten()(map_of(image))
    joined = keras.ops.concatenate([flat, flat * 2.0], axis=-1)
    ported(image, [layers.Dense(3)(joined), joined[:, 70:90]])


def test_slopes_follow_the_channels(ported: Callable[..., Ported], image: Any) -> None:
    x = layers.PReLU(shared_axes=[1, 2], name="of_channels")(map_of(image))
    x = layers.PReLU(name="of_elements")(x)
    port = ported(image, layers.PReLU(shared_axes=[1], name="of_rows")(x))
    assert "self.of_channels = nn.PReLU(4)" in port.source and moves(port.source) == 0


def test_fewer_axes_are_aligned_behind_the_batch(ported: Callable[..., Ported], image: Any) -> None:
    vector, row = keras.Input((4,), name="vector"), keras.Input((5, 4), name="row")
    x = map_of(image)
    outputs = [layers.Add()([x, vector]), layers.Multiply()([row, x]), layers.Maximum()([vector, row, x])]
    port = ported([image, vector, row], outputs)
    assert "vector[:, :, None, None]" in port.source
    assert all(value.order == FIRST for value in port.draft.classes[-1].outputs)


def test_squeeze_and_excite_moves_no_axis(ported: Callable[..., Ported], image: Any) -> None:
    x = map_of(image)
    weight = layers.Reshape((1, 1, 4))(layers.GlobalAveragePooling2D()(x))
    weight = layers.Conv2D(4, 1, activation="hard_sigmoid")(weight)
    assert moves(ported(image, layers.Multiply()([x, weight])).source) == 0


@pytest.mark.parametrize(
    ("layer", "moved"),
    [
        (layers.Reshape((-1, 4)), 0),
        (layers.Reshape((2, 10, 4)), 0),
        (layers.Reshape((10, 8)), 1),
        (layers.Permute((3, 1, 2)), 0),
        (layers.Permute((2, 1, 3)), 1),
        (layers.Softmax(axis=[1, 2]), 0),
        (layers.Activation("log_softmax"), 0),
        (layers.Rescaling([0.5, 0.25, 2.0, 4.0], [1.0, 2.0, -1.0, 0.0]), 0),
    ],
    ids=lambda value: value.name if isinstance(value, layers.Layer) else str(value),
)
def test_a_layer_on_a_channels_first_map(layer: Any, moved: int, ported: Callable[..., Ported], image: Any) -> None:
    assert moves(ported(image, layer(map_of(image))).source) == moved


@pytest.mark.parametrize("axis", [1, -2, 3])
def test_concatenation_finds_its_axis(axis: int, ported: Callable[..., Ported], image: Any) -> None:
    other = layers.Conv2D(4, 2, name="other")(image)
    assert moves(ported(image, layers.Concatenate(axis=axis)([map_of(image), other])).source) == 0
