"""Arrays of an emitted forward, in Keras's order of axes and in the structure that Keras returns."""

from __future__ import annotations

from typing import Any

import numpy as np

from equivalence.translation.order import Flat, Order, axes
from equivalence.translation.structure import paired


def to_keras_array(array: np.ndarray, order: Order) -> np.ndarray:
    """An array of the emitted forward, in Keras's order of axes."""
    if isinstance(order, Flat):
        spread = array.reshape(len(array), *order.sizes)
        return np.moveaxis(spread, 1, -1).reshape(len(array), -1)
    return np.transpose(array, np.argsort(axes(order, array.ndim)))


def from_keras_array(array: np.ndarray, order: Order) -> np.ndarray:
    """An array in Keras's order of axes, as the emitted forward holds it: the reverse of `to_keras_array`."""
    if isinstance(order, Flat):
        channels, *positions = order.sizes
        spread = array.reshape(len(array), *positions, channels)
        return np.moveaxis(spread, -1, 1).reshape(len(array), -1)
    return np.transpose(array, axes(order, array.ndim))


def in_keras_order(structure: Any, outputs: Any) -> Any:
    """Arrays of the emitted forward, each brought into Keras's order of axes."""
    return paired(lambda value, array: to_keras_array(array, value.order), structure, outputs)
