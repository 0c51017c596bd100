"""In which order a tensor's axes lie in torch, against the order Keras gave them.

An order is `KERAS` (as Keras has them), `FIRST` (Keras's last axis moved to position 1: what torch
calls channels first) or a `Flat`: a (N, C*H*W) tensor flattened in C, H, W order where Keras has
H, W, C. A channels_first Keras model is in torch's layout already: everything in it stays `KERAS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple


class Flat(NamedTuple):
    """Flattened channels first; `sizes` are (C, *spatial)."""

    sizes: tuple[int, ...]


KERAS = "keras"
FIRST = "first"
Order = str | Flat


def normal(order: Order, rank: int) -> Order:
    """`order`, or KERAS where the two coincide (rank below 3; one channel or one position)."""
    if isinstance(order, Flat):
        return KERAS if order.sizes[0] == 1 or prod(order.sizes[1:]) == 1 else order
    return KERAS if rank < 3 else order


def axes(order: Order, rank: int) -> tuple[int, ...]:
    """The Keras axis that each torch dimension holds."""
    if order == FIRST and rank >= 3:
        return (0, rank - 1, *range(1, rank - 1))
    return tuple(range(rank))


def dim(order: Order, rank: int, axis: int) -> int:
    """The torch dimension of Keras axis `axis` (which may be negative)."""
    return axes(order, rank).index(axis % rank)


def to_keras_shape(order: Order, shape: Sequence[int | None]) -> tuple[int | None, ...]:
    """A torch shape, in Keras's order of axes."""
    held = axes(order, len(shape))
    return tuple(shape[held.index(axis)] for axis in range(len(shape)))


def to_torch_shape(order: Order, shape: Sequence[int | None]) -> tuple[int | None, ...]:
    """A Keras shape, in the order torch holds it."""
    return tuple(shape[axis] for axis in axes(order, len(shape)))


def permutation(source: Order, target: Order, rank: int) -> tuple[int, ...]:
    """The argument of `permute` that takes a tensor from `source` to `target` (neither Flat)."""
    held = axes(source, rank)
    return tuple(held.index(axis) for axis in axes(target, rank))


def convert(expr: str, source: Order, target: Order, rank: int) -> str:
    """The expression that re-orders `expr` from `source` to `target`.

    Raises ValueError for a Flat target: nothing asks for one.
    """
    if source == target:
        return expr
    if isinstance(target, Flat):
        raise ValueError("a tensor is never brought into a flat order")
    if isinstance(source, Flat):
        spread = len(source.sizes) + 1
        back = permutation(FIRST, KERAS, spread)
        return f"{expr}.unflatten(1, {source.sizes!r}).permute{back!r}.flatten(1)"
    moved = permutation(source, target, rank)
    swapped = [i for i, axis in enumerate(moved) if i != axis]
    if not swapped:
        return expr
    if len(swapped) == 2:
        return f"{expr}.transpose({swapped[0]}, {swapped[1]})"
    return f"{expr}.permute{moved!r}"
