"""What prepares data: the same arrays, or the same files, on both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from equivalence.proofs.case_inputs import seed_of
from equivalence.proofs.samples import same_distribution
from equivalence.schema import Case, Entry
from equivalence.verification.compare import Comparison, compare

SINGLE = False  # data are not computed with


def draw(entry: Entry, case: Case) -> dict[str, np.ndarray]:
    """Arrays by the trial's `draw`; sequences are `x` one after the other, with `x/lengths`; images of a folder lie
    one above the other in `images/i`, one array for each."""
    random = np.random.default_rng(seed_of(entry, case))
    how = (case.trial or {}).get("draw", "normal")
    if how == "sequences":
        lengths = np.array([3, 7, 0, 1, 5, 9])
        return {"x": random.integers(1, 99, int(lengths.sum())), "x/lengths": lengths}
    if how == "folder":
        sizes = random.integers(5, 12, (9, 2))
        drawn = {f"images/{i}": random.integers(0, 256, (*size, 3)) for i, size in enumerate(sizes)}
        return {**drawn, "waves": random.integers(-(2**15), 2**15, (9, 40))}
    made: dict[str, Callable[[], dict[str, np.ndarray]]] = {
        "labels": lambda: {"x": random.integers(0, 6, 11)},
        "label matrix": lambda: {"x": random.integers(0, 6, (4, 3))},
        "cube": lambda: {"x": random.standard_normal((3, 4, 5)) * (random.uniform(size=(3, 4, 1)) > 0.2)},
        "series": lambda: {"x": random.standard_normal((29, 3)), "y": random.standard_normal(29)},
        "rows": lambda: {"x": random.standard_normal((11, 3))},
        "images": lambda: {"x": random.integers(0, 256, (2, 5, 7, 3)).astype(np.float64)},
        "image": lambda: {"x": random.integers(0, 256, (9, 13, 3))},
        "picture": lambda: {"x": random.standard_normal((9, 13, 3))},
        "nothing": lambda: {},
    }
    return made[how]()


def judge(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], case: Case) -> dict[str, Comparison]:
    """All arrays, in their order; of what is drawn at random, `drawn` by its distribution."""
    drawn = {"distribution": same_distribution(found["drawn"], expected["drawn"])} if "drawn" in expected else {}
    fixed = ({name: each for name, each in side.items() if name != "drawn"} for side in (found, expected))
    return {"trial": compare(*fixed, max_rel=case.max_rel, name="trial"), **drawn}
