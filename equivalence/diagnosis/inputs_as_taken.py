"""Inputs in Keras's layout, as a torch module takes them: channels first or last is found by running it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from equivalence.torch_side.run_tape import in_float64, record
from equivalence.translation.order import FIRST, KERAS, axes


def as_taken(module: Any, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The inputs in the first layout with which the module runs: images channels first, sequences as in Keras; then
    others. If it runs with none, that of these with which it comes furthest."""
    tried = list(_layouts([array.ndim for array in inputs]))
    reached: list[int] = []
    for orders in tried if len(tried) > 1 else ():
        given = _arranged(inputs, orders)
        tape = record(module, in_float64(given), places=False)
        if tape.error is None:
            return given
        reached.append(len(tape.operations))
    return _arranged(inputs, tried[reached.index(max(reached)) if reached else 0])


def _arranged(inputs: Sequence[np.ndarray], orders: Sequence[str]) -> list[np.ndarray]:
    made = [np.transpose(array, axes(order, array.ndim)) for array, order in zip(inputs, orders, strict=True)]
    return [array.astype(np.int64) if array.dtype.kind in "iu" else array for array in made]


def _layouts(ranks: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """All inputs of one rank lie alike."""
    kinds = sorted({rank for rank in ranks if rank > 2}, reverse=True)
    choices = [(FIRST, KERAS) if rank > 3 else (KERAS, FIRST) for rank in kinds]
    for chosen in itertools.product(*choices):
        by_rank = dict(zip(kinds, chosen, strict=True))
        yield tuple(by_rank.get(rank, KERAS) for rank in ranks)
