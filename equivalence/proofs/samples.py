"""Two samples of what is drawn at random, held against each other."""

from __future__ import annotations

import math

import numpy as np

from equivalence.proofs.result import failed
from equivalence.verification.compare import Comparison, Mismatch, Tensor

#: One of so many draws of one distribution is further apart than is allowed; seeds are fixed.
LEVEL = 1e-6


def same_distribution(one: np.ndarray, other: np.ndarray) -> Comparison:
    """The two-sample test of Kolmogorov and Smirnov, at `LEVEL`, as a comparison whose `max_rel` is the largest gap.

    Formula of the bound: Smirnov 1948, sqrt(-ln(level / 2) / 2 · (n + m) / (n m)).
    """
    if one.size != other.size:
        return failed(f"distribution: holds {one.size} numbers, not {other.size}")
    first, second = np.sort(one.ravel()), np.sort(other.ravel())
    places = np.concatenate([first, second])
    shares = (np.searchsorted(each, places, side="right") / each.size for each in (first, second))
    gap = float(np.max(np.abs(np.subtract(*shares))))
    allowed = math.sqrt(-math.log(LEVEL / 2) / 2 * (first.size + second.size) / (first.size * second.size))
    wrong = Mismatch("value", f"distribution: two samples lie {gap:.3g} apart, where {allowed:.3g} is chance")
    return Comparison(allowed, (Tensor("distribution", gap, gap, wrong if gap > allowed else None),))
