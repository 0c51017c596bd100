"""Rounding that a network makes larger on its way: told from a port that computes something else.

Layer after layer, and step after step of a recurrent one, large weights can make the last bit of a float64 number a
billion times larger. Such a port is apart from Keras by no more than it is from itself once the last bits of its
weights, and of what each layer hands on, are others; layer by layer too, each given Keras's own numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from equivalence.verification.watching import NETWORK

Rows = Sequence[dict[str, Any]]

#: How far a layer may be from Keras on Keras's own numbers, relative to its largest output, whatever moves it.
ONE_LAYER = 1e-11
#: Runs in which numbers are moved by at most so many units in the last place: about what a sum of a few dozen products
#: rounds by.
RUNS, UNITS = 3, 4
#: How many times as far as in the furthest of these runs a layer may be; and how far at all: what has become as large
#: as the numbers themselves is as large after any mistake.
TIMES, FURTHEST = 4.0, 1e-4


def only_rounding(rows: Rows, one_by_one: Rows, run: Callable[[bool, np.random.Generator], Rows]) -> str:
    """What to say where nothing but rounding sets a port apart from Keras; else nothing.

    `rows` are the port's layers and outputs held against Keras (`path`, `max_rel`), `one_by_one` the same of layers
    that are given what Keras gave. `run` gives either again (True: one by one) with the port's numbers moved as the
    generator draws (see `beside`).
    """
    for found, alone, allowed in ((one_by_one, True, ONE_LAYER), (rows, False, NETWORK)):
        moved = [run(alone, np.random.default_rng(seed)) for seed in range(RUNS)]
        if any(len(other) != len(found) for other in moved):
            return ""
        for row, *others in zip(found, *moved, strict=True):
            if not _error(row) <= max(allowed, min(FURTHEST, TIMES * _moved(row, others))):
                return ""
    worst, largest = max(rows, key=_error), max(map(_error, one_by_one))
    return (
        f"Given Keras's own numbers, every layer agrees to {largest:.1e}; what adds up to {_error(worst):.1e} at "
        f"{worst['path']} is rounding: other last bits of the port's numbers move it as far."
    )


def beside(array: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Numbers of float64, each some units in the last place larger or smaller; anything else as it is."""
    if array.dtype != np.float64:
        return array
    units = random.integers(-UNITS, UNITS, array.shape, endpoint=True)
    return np.asarray(array * (1.0 + units * 2.0**-52))


def _moved(row: dict[str, Any], others: Rows) -> float:
    return max(abs(_error(other) - _error(row)) for other in others)


def _error(row: dict[str, Any]) -> float:
    return float(row.get("max_rel", "inf"))
