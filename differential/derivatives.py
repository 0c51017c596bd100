"""Gradients held against what outputs do: settles which side is off where two frameworks' gradients differ.

TensorFlow's gradient of an image's projection is an interpolation of its own, and Keras on torch does not run all that
Keras on TensorFlow runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from differential.recipe import Recipe
from equivalence.translation.structure import leaves
from equivalence.verification.compare import largest

STEP = 2.0**-20
#: What central differences of right gradients may be apart by.
ROUNDING = 1e-9
DIRECTIONS = 3
#: Of what gradients add up to without their signs: what central differences agree to, and how many times as far off
#: another gradient is, along one direction at least.
AGREES, TIMES = 1e-6, 1000
#: Operations whose gradient is none of their outputs' by intent.
STATED = ("keras.ops.stop_gradient",)

Arrays = list[np.ndarray]
Gradients = Sequence[np.ndarray | None]


def states_gradients(recipe: Recipe) -> bool:
    """Whether a model holds anything whose gradient is not its outputs' by intent."""
    nodes = recipe["nodes"]
    return any(n.get("keras") in STATED or (n["kind"] == "nested" and states_gradients(n["recipe"])) for n in nodes)


def first_alone_is_right(
    outputs: Callable[[Arrays], Any], inputs: Arrays, weighed: Arrays, first: Gradients, second: Gradients, seed: int
) -> bool:
    """Whether of two gradients of sum(output * weight) to the inputs the first is that of `outputs`, and not the other.

    By central differences along random directions.
    """
    random = np.random.default_rng([seed, 11])
    apart: list[list[float]] = []
    for _ in range(DIRECTIONS):
        direction = [random.standard_normal(a.shape) * largest(a) if a.dtype.kind == "f" else None for a in inputs]
        moved = [_weighed(outputs(_moved(inputs, direction, sign * STEP)), weighed) for sign in (1, -1)]
        true = (moved[0] - moved[1]) / (2 * STEP)
        apart.append([_along(gradients, direction, true) for gradients in (first, second)])
    ours, theirs = (max(each) for each in zip(*apart, strict=True))
    return ours < AGREES and theirs > TIMES * max(ours, ROUNDING)


def _along(gradients: Gradients, direction: Sequence[Any], true: float) -> float:
    """How far the derivative along a direction is from the true one, of the sum of its parts without their signs."""
    parts = [
        gradient * step for gradient, step in zip(gradients, direction, strict=True)
        if gradient is not None and step is not None
    ]  # fmt: skip
    size = sum(float(np.abs(part).sum()) for part in parts) + abs(true)
    return abs(sum(float(part.sum()) for part in parts) - true) / size if size else 0.0


def _moved(inputs: Arrays, direction: Sequence[Any], step: float) -> Arrays:
    return [a if d is None else a.astype("float64") + step * d for a, d in zip(inputs, direction, strict=True)]


def _weighed(outputs: Any, weights: Arrays) -> float:
    pairs = zip(leaves(outputs), weights, strict=True)
    return sum(float((array * weight).sum()) for array, weight in pairs if array.dtype.kind == "f")
