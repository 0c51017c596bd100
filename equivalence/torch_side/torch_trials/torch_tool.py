"""The emitted form of a helper that seeds."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from equivalence.torch_side.written_object import Make


def run(make: Make, trial: Mapping[str, Any], arrays: Mapping[str, np.ndarray], dtype: str) -> dict[str, np.ndarray]:
    """`again` and `else`, as of the Keras side."""
    seeded = []
    for _ in range(2):
        make()
        seeded.append(_drawn(int(arrays["count"])))
    return {
        "again": np.equal(*seeded).all(axis=1),
        "else": np.equal(seeded[1], _drawn(int(arrays["count"]))).all(axis=1),
    }


def _drawn(count: int) -> np.ndarray:
    own = torch.randn(count, dtype=torch.float64).numpy()
    return np.stack([[random.random() for _ in range(count)], np.random.random(count), own])
