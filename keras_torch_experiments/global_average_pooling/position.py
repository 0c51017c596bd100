"""A task in which position decides: which half of the map shows the natural photograph, the upper or the lower?

Each map has its upper half from one photograph's map and its lower half from one of the other class. Every
such pair comes both ways round, so that the two have the same mean in every channel and only their labels differ.
"""

from __future__ import annotations

import numpy as np

from keras_torch_experiments.global_average_pooling.data import Data


def which_half(data: Data) -> Data:
    """Label 0: class 0 above; as many maps as `data` has, made of its own parts."""
    return Data(*_stacked(data.x, data.labels), *_stacked(data.held_x, data.held_labels))


def _stacked(x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    upper = x.shape[1] // 2
    pairs = list(zip(x[labels == 0], x[labels == 1], strict=True))
    above = [np.concatenate([zero[:upper], one[upper:]]) for zero, one in pairs]
    # the same two halves, each in the other's place
    below = [np.concatenate([one[upper:], zero[:upper]]) for zero, one in pairs]
    return np.stack([*above, *below]), np.repeat([0, 1], len(pairs))
