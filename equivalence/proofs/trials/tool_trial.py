"""A helper: the seeds, so far."""

from __future__ import annotations

import numpy as np

from equivalence.schema import Case, Entry

SINGLE = False  # nothing is computed


def draw(entry: Entry, case: Case) -> dict[str, np.ndarray]:
    """`count` of numbers that are drawn of each generator."""
    return {"count": np.array(5)}
