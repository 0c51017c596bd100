"""Layers that augment images: what they draw, told by what becomes of a few fixed images in many calls.

A call is one sample, so that it does not matter whether a layer draws once for an image or once for a batch, and
that it shows: the pixels of all images of a call together are one vector, of which these statistics are compared.

- The mean and the mean square of every element: where things go, and how far values are scattered.
- The mean square and the mean size of its distance from the mean along fixed random directions: how elements vary
  together, those of one image (flipped as a whole) and those of two (each flipped by itself).
"""

from __future__ import annotations

import numpy as np

from equivalence.verification.compare import Mismatch, Tensor

#: Differences of up to this many standard errors are chance; the numbers are the same in every run.
STANDARD_ERRORS = 5.0
DIRECTIONS = 64
#: Means of float32 numbers closer than this, relative to the largest, are the same.
_ROUNDING = 1e-5


def compare_draws(actual: np.ndarray, expected: np.ndarray, name: str) -> list[Tensor]:
    """The statistics of two sets of calls, along the first axis; `max_rel` is their distance in standard errors."""
    if actual.shape != expected.shape:
        message = f"{name}: has shape {actual.shape[1:]} in training, not {expected.shape[1:]}"
        return [Tensor(name, np.inf, np.inf, Mismatch("shape", message))]
    ours, theirs = (array.reshape(len(array), -1).astype(np.float64) for array in (actual, expected))
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return [Tensor(name, np.inf, np.inf, Mismatch("value", f"{name}: holds numbers that are not finite"))]
    size = float(np.abs(theirs).max()) or 1.0
    ours, theirs = ours / size, theirs / size
    directions = np.random.default_rng(0).standard_normal((theirs.shape[1], DIRECTIONS)) / np.sqrt(theirs.shape[1])
    along = [(array - theirs.mean(0)) @ directions for array in (ours, theirs)]
    return [
        _tensor(f"{name}.mean", ours, theirs),
        _tensor(f"{name}.mean_square", ours**2, theirs**2),
        _tensor(f"{name}.joint_square", *(array**2 for array in along)),
        _tensor(f"{name}.joint_size", *(np.abs(array) for array in along)),
    ]


def _tensor(name: str, actual: np.ndarray, expected: np.ndarray) -> Tensor:
    """The statistic that is furthest apart."""
    gaps = np.abs(actual.mean(0) - expected.mean(0))
    errors = np.sqrt((actual.var(0) + expected.var(0)) / len(actual))
    # what is no random number at all must be the same to float32's rounding
    distances = np.maximum(gaps - _ROUNDING, 0.0) / (errors + _ROUNDING)
    worst = int(np.argmax(distances))
    gap, distance = float(gaps[worst]), float(distances[worst])
    if distance <= STANDARD_ERRORS:
        return Tensor(name, gap, distance)
    message = (
        f"{name}: {actual[:, worst].mean():.6g}, not {expected[:, worst].mean():.6g}; {distance:.1f} standard errors "
        f"apart over {len(actual)} calls, where {STANDARD_ERRORS:g} are allowed"
    )
    return Tensor(name, gap, distance, Mismatch("value", message))
