"""Arrays for the tests of this folder."""

from __future__ import annotations

from typing import Any

import numpy as np


def draw(*shape: int, seed: int = 0) -> Any:
    """Standard normal float32 values."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
