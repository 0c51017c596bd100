"""Numbers that stand in for random ones, so that what two frameworks make of a draw can be compared.

Both get the same for the same shape; in which order they draw does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def uniform(shape: Sequence[int]) -> np.ndarray:
    """Numbers between 0 and 1."""
    return np.random.default_rng([len(shape), *shape]).random(tuple(shape))


def normal(shape: Sequence[int]) -> np.ndarray:
    """Numbers of a standard normal distribution."""
    return np.random.default_rng([len(shape), *shape]).standard_normal(tuple(shape))


def truncated_normal(shape: Sequence[int]) -> np.ndarray:
    """Numbers of a standard normal distribution, none beyond 2."""
    return np.clip(normal(shape), -2, 2)
