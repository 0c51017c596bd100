"""A helper of Keras's that seeds."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np


def run(make: Callable[[], Any], trial: Mapping[str, Any], arrays: Mapping[str, Any], dtype: str) -> dict[str, Any]:
    """`again`: whether Python, NumPy and Keras draw the same numbers after it; `else` whether they do without it."""
    seeded = []
    for _ in range(2):
        make()()
        seeded.append(_drawn(int(arrays["count"])))
    return {
        "again": np.equal(*seeded).all(axis=1),
        "else": np.equal(seeded[1], _drawn(int(arrays["count"]))).all(axis=1),
    }


def _drawn(count: int) -> np.ndarray:
    own = keras.ops.convert_to_numpy(keras.random.normal((count,)))
    return np.stack([[random.random() for _ in range(count)], np.random.random(count), np.asarray(own, np.float64)])
