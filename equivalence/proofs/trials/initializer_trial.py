"""An initializer: what it asks its generator for, exactly, and how what it draws is distributed."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from equivalence.proofs.result import failed
from equivalence.schema import Case, Entry
from equivalence.verification.compare import Comparison, Mismatch, Tensor, compare

SINGLE = False  # it is drawn in float64 and float32 alike
#: One of so many draws of one distribution is further apart than is allowed; seeds are fixed.
LEVEL = 1e-6
#: Numbers that are reckoned, not drawn, and drawn matrices times their transposes.
_MATRICES = 1e-9


def draw(entry: Entry, case: Case) -> dict[str, np.ndarray]:
    """`seed`, of both generators."""
    return {"seed": np.array(sum(map(ord, entry.keras + case.id)), np.int64)}


def judge(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], case: Case) -> dict[str, Comparison]:
    """`asked`: what the generators were asked for; `distribution`: two samples, by Kolmogorov and Smirnov's gap.

    Where nothing random was asked for, the numbers themselves; of orthogonal matrices, the products with themselves.
    """
    if not len(expected["asked"]):
        told = ("gram",) if "gram" in expected else ("drawn",)
        # beside a one, as zeros have no size to measure an error by
        sides = ({each: np.append(side[each], 1.0) for each in told} for side in (found, expected))
        return {"drawn": compare(*sides, max_rel=_MATRICES, name="drawn")}
    asked = compare(found["asked"], expected["asked"], max_rel=case.max_rel, name="asked")
    return {"asked": asked, "distribution": same_distribution(found["drawn"], expected["drawn"])}


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
