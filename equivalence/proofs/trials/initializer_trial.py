"""An initializer: what it asks its generator for, exactly, and how what it draws is distributed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from equivalence.proofs.samples import same_distribution
from equivalence.schema import Case, Entry
from equivalence.verification.compare import Comparison, compare

SINGLE = False  # it is drawn in float64 and float32 alike
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
