"""What an optimizer kept of a weight, as torch has it beside the parameter that the weight has become."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from equivalence.schema import Weight
from equivalence.translation.pattern_axes import axis_places
from equivalence.weights.rearranging import to_torch


def kept_as_torch(
    kept: Weight, rule: Weight, array: np.ndarray, shape: tuple[int, ...], sizes: Mapping[str, int]
) -> np.ndarray:
    """An array that is kept of a weight of `shape`, moved as `rule` moves the weight.

    A mean over an axis has that axis left, of length 1. Raises ValueError where the rule moves more than axes, and a
    mean along one of them is none any more.
    """
    if not kept.how:
        return to_torch(rule, array, **sizes)
    places, axis = axis_places(rule, len(shape)), {"over last": -1, "over second last": -2}[kept.how]
    if places is None:
        raise ValueError(f"weight {rule.keras}: what is kept of it has other axes in torch")
    whole = np.broadcast_to(np.expand_dims(array, axis), shape)
    return np.take(to_torch(rule, whole, **sizes), [0], axis=places[axis])
