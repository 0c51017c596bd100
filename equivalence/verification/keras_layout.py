"""Arrays of an emitted forward, in Keras's order of axes and in the structure that Keras returns."""

from __future__ import annotations

from typing import Any

import numpy as np

from equivalence.translation.call_site import Value
from equivalence.translation.order import Flat, Order, axes


def to_keras_array(array: np.ndarray, order: Order) -> np.ndarray:
    """An array of the emitted forward, in Keras's order of axes."""
    if isinstance(order, Flat):
        spread = array.reshape(len(array), *order.sizes)
        return np.moveaxis(spread, 1, -1).reshape(len(array), -1)
    return np.transpose(array, np.argsort(axes(order, array.ndim)))


def in_keras_order(structure: Any, outputs: Any) -> Any:
    """Arrays of the emitted forward, each brought into Keras's order of axes."""
    if isinstance(structure, Value):
        return to_keras_array(outputs, structure.order)
    if isinstance(structure, dict):
        return {key: in_keras_order(part, outputs[key]) for key, part in structure.items()}
    return [in_keras_order(part, output) for part, output in zip(structure, outputs, strict=True)]


def flat(structure: Any) -> list[np.ndarray]:
    """The arrays of a structure in Keras's order, which is that of the keys in a dict."""
    if isinstance(structure, dict):
        structure = [structure[key] for key in sorted(structure)]
    return [leaf for part in structure for leaf in flat(part)] if isinstance(structure, list) else [structure]
