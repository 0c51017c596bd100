"""A weight's axis that counts the numbers of an image: channels last, as Keras counts them, or first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def channels_first(array: np.ndarray, axis: int, sizes: Sequence[int]) -> np.ndarray:
    """The array with its axis counted channels first. `sizes`: of the positions, then the channels."""
    return _moved(array, axis, sizes, -1, 0)


def channels_last(array: np.ndarray, axis: int, sizes: Sequence[int]) -> np.ndarray:
    """The exact inverse of `channels_first`; `sizes` are the same."""
    return _moved(array, axis, (sizes[-1], *sizes[:-1]), 0, -1)


def _moved(array: np.ndarray, axis: int, sizes: Sequence[int], source: int, target: int) -> np.ndarray:
    opened = array.reshape(*array.shape[:axis], *sizes, *array.shape[axis + 1 :])
    first, last = axis, axis + len(sizes) - 1
    return np.moveaxis(opened, (first, last)[source], (first, last)[target]).reshape(array.shape)
