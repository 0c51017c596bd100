"""How an array that should be another is made of it: what was done to it, where that can be told by its numbers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np

#: Blocks that arrays of recurrent layers and of packed attention consist of.
_BLOCKS = (2, 3, 4)


def relation(found: np.ndarray, wanted: np.ndarray, others: Iterable[tuple[str, np.ndarray]] = ()) -> str | None:
    """What `found` is where `wanted` should be, as the end of a sentence "it is ...". None where that is not told.

    `others`: arrays of other layers, by name.
    """
    if found.size > 1 and np.all(found == found.flat[0]):
        return f"left at its initial {found.flat[0]:g} throughout"
    if found.size == wanted.size and np.array_equal(np.sort(found, axis=None), np.sort(wanted, axis=None)):
        return _rearranged(found, wanted)
    if found.ndim > 1 and _as_torch_begins(found):
        return "left as torch draws it at the start, uniform within 1 / sqrt(fan-in)"
    for name, other in others:
        if other.shape == found.shape and np.array_equal(other, found):
            return f"that of {name}"
    if found.shape != wanted.shape:
        return f"of shape {found.shape}, where Keras's is of {wanted.shape} there"
    if found.shape == wanted.shape:
        if np.array_equal(found, -wanted):
            return "Keras's with the other sign"
        if (factor := _factor(found, wanted)) is not None:
            return f"{factor:g} times Keras's"
        return _rows(found, wanted)
    return None


def _factor(found: np.ndarray, wanted: np.ndarray) -> float | None:
    """The power of two, which rounds nothing, that the one is times the other; None where it is none."""
    if found.size < 2 or not wanted.any():
        return None
    at = int(np.abs(wanted).argmax())
    factor = float(found.flat[at] / wanted.flat[at])
    power = factor > 0 and float(np.log2(factor)).is_integer()
    return factor if power and np.array_equal(found, wanted * factor) else None


def _as_torch_begins(array: np.ndarray) -> bool:
    """Whether it looks drawn by torch's linear and convolution layers: kaiming_uniform_ with a = sqrt(5)."""
    bound = 1 / np.sqrt(np.prod(array.shape[1:]))
    return array.size >= 32 and 0.9 * bound < float(np.abs(array).max()) <= bound * (1 + 1e-6)


def _rearranged(found: np.ndarray, wanted: np.ndarray) -> str:
    if found.shape == wanted.shape or sorted(found.shape) == sorted(wanted.shape):
        for axes in itertools.permutations(range(wanted.ndim)):
            if axes != tuple(range(wanted.ndim)) and np.array_equal(wanted.transpose(axes), found):
                return (
                    "Keras's transposed"
                    if wanted.ndim == 2
                    else f"Keras's with axes {axes} instead of {tuple(range(wanted.ndim))}"
                )
    if found.shape == wanted.shape:
        for axis in range(wanted.ndim):
            if np.array_equal(np.flip(wanted, axis), found):
                return (
                    _exchanged(axis, wanted, (0, 1))
                    if wanted.shape[axis] == 2
                    else f"Keras's reversed along axis {axis}"
                )
        if (order := _blocks(found, wanted)) is not None:
            return f"Keras's with its {len(order)} blocks in the order {order}"
        for reshaped in _reinterpreted(wanted):
            if np.array_equal(reshaped, found):
                return "Keras's reshaped where its axes have to be moved"
        for axis in range(wanted.ndim):
            kept = _moved(found, wanted, axis)
            if kept is not None:
                return kept
    return "Keras's numbers in another order"


def _reinterpreted(wanted: np.ndarray) -> Iterable[np.ndarray]:
    for axes in itertools.permutations(range(wanted.ndim)):
        yield np.ascontiguousarray(wanted.transpose(axes)).reshape(wanted.shape)


def _blocks(found: np.ndarray, wanted: np.ndarray) -> tuple[int, ...] | None:
    for count in _BLOCKS:
        if wanted.shape[0] % count == 0 and wanted.shape[0] > count:
            parts = np.split(wanted, count)
            for order in itertools.permutations(range(count)):
                if order != tuple(range(count)) and np.array_equal(np.concatenate([parts[i] for i in order]), found):
                    return order
    return None


def _moved(found: np.ndarray, wanted: np.ndarray, axis: int) -> str | None:
    """Rows (or columns) in another order: which, where two are exchanged."""
    one, other = np.moveaxis(found, axis, 0), np.moveaxis(wanted, axis, 0)
    rows = {row.tobytes(): index for index, row in enumerate(np.ascontiguousarray(other))}
    order = [rows.get(row.tobytes()) for row in np.ascontiguousarray(one)]
    if None in order or len(set(order)) != len(order):
        return None
    moved = [index for index, row in enumerate(order) if index != row]
    if len(moved) == 2:
        return _exchanged(axis, wanted, (moved[0], moved[1]))
    return f"Keras's with its {_name(axis, wanted)} in another order"


def _exchanged(axis: int, wanted: np.ndarray, pair: tuple[int, int]) -> str:
    return f"Keras's with {_name(axis, wanted)} {pair[0]} and {pair[1]} exchanged"


def _name(axis: int, wanted: np.ndarray) -> str:
    return "rows" if axis == 0 else "columns" if wanted.ndim == 2 else f"slices along axis {axis}"


def _rows(found: np.ndarray, wanted: np.ndarray) -> str | None:
    if found.ndim == 0:
        return None
    wrong = [index for index in range(len(found)) if not np.array_equal(found[index], wanted[index])]
    if len(wrong) == 1 and len(found) > 2:
        return f"Keras's but for row {wrong[0]}" if found.ndim > 1 else f"Keras's but for number {wrong[0]}"
    return None
