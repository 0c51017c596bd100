"""Inputs whose samples are apart: noise alone is the same for a network that takes means."""

from __future__ import annotations

import numpy as np


def pictures(random: np.random.Generator, batch: int, *shape: int) -> np.ndarray:
    """(batch, *shape), channels last: noise, of its own strength and brightness in each sample and channel."""
    ones = (1,) * (len(shape) - 1)
    strength = random.uniform(0.5, 2.0, (batch, *ones, shape[-1]))
    brightness = random.normal(size=(batch, *ones, shape[-1]))
    return strength * random.normal(size=(batch, *shape)) + brightness


def padded(random: np.random.Generator, batch: int, length: int, words: int) -> np.ndarray:
    """Numbers of words with zeros behind them: one text in full length, the others shorter."""
    ids = random.integers(1, words, size=(batch, length)).astype("int32")
    for text, end in enumerate(random.integers(3, length, size=batch)):
        if text:
            ids[text, end:] = 0
    return ids
