"""A schedule: the rate at many steps, in order, and far behind them."""

from __future__ import annotations

import numpy as np

from equivalence.proofs.case_inputs import shapes_of
from equivalence.schema import Case, Entry

#: torch's side computes in Python's own floats, whatever the dtype.
SINGLE = False


def draw(entry: Entry, case: Case) -> dict[str, np.ndarray]:
    """`step`: the first steps, as many as the case's `x` says, and some later ones."""
    (count,) = shapes_of(case)[0]
    return {"step": np.array([*range(count), 999, 12345])}
