"""Orders of axes against what torch itself does with a tensor."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from equivalence.translation.order import (
    FIRST,
    KERAS,
    Flat,
    axes,
    convert,
    dim,
    normal,
    to_keras_shape,
    to_torch_shape,
)

SHAPES = [(2, 3, 5), (2, 3, 5, 7), (2, 3, 5, 7, 11)]


def run(text: str, x: torch.Tensor) -> torch.Tensor:
    return eval(text, {"x": x})  # type: ignore[no-any-return]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_channels_move_to_dimension_one_and_back(shape: tuple[int, ...]) -> None:
    keras = torch.randn(shape, dtype=torch.float64)
    first = run(convert("x", KERAS, FIRST, len(shape)), keras)
    assert torch.equal(first, torch.movedim(keras, -1, 1))
    assert torch.equal(run(convert("x", FIRST, KERAS, len(shape)), first), keras)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shapes_follow_the_axes(shape: tuple[int, ...]) -> None:
    torch_shape = to_torch_shape(FIRST, shape)
    assert torch_shape == tuple(torch.movedim(torch.empty(shape), -1, 1).shape)
    assert to_keras_shape(FIRST, torch_shape) == shape
    assert [torch_shape[dim(FIRST, len(shape), axis)] for axis in range(len(shape))] == list(shape)
    assert dim(FIRST, len(shape), -1) == 1


def test_flat_order_is_undone_into_keras_order() -> None:
    image = torch.randn(2, 3, 5, 7, dtype=torch.float64)  # N, H, W, C
    flat = image.movedim(-1, 1).flatten(1)
    back = run(convert("x", Flat((7, 3, 5)), KERAS, 2), flat)
    assert torch.equal(back, image.flatten(1))


@pytest.mark.parametrize("sizes", [(1, 3, 5), (7, 1, 1)], ids=str)
def test_a_flat_order_that_changes_nothing_is_keras_order(sizes: tuple[int, ...]) -> None:
    assert normal(Flat(sizes), 2) == KERAS
    assert normal(Flat((7, 3, 5)), 2) == Flat((7, 3, 5))


def test_below_rank_three_there_is_one_order() -> None:
    assert normal(FIRST, 2) == KERAS
    assert axes(FIRST, 2) == (0, 1)


def test_nothing_is_written_where_nothing_moves() -> None:
    assert convert("x", FIRST, FIRST, 4) == "x"
    with pytest.raises(ValueError, match="flat"):
        convert("x", KERAS, Flat((2, 3)), 2)


def test_axes_are_a_transposition_of_numpy() -> None:
    array = np.arange(2 * 3 * 5 * 7).reshape(2, 3, 5, 7)
    assert np.transpose(array, axes(FIRST, 4)).shape == (2, 7, 3, 5)
