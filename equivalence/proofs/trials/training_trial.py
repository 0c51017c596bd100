"""What fit and its siblings do: the same small model on the same rows, and the history that comes of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from equivalence.proofs.case_inputs import seed_of
from equivalence.proofs.samples import same_distribution
from equivalence.schema import Case, Entry
from equivalence.verification.compare import Comparison, compare

SINGLE = False  # rounding adds up over the steps of both
ROWS, WIDTH, HIDDEN, CLASSES = 29, 5, 7, 3


def draw(entry: Entry, case: Case) -> dict[str, np.ndarray]:
    """`x`, `y` (numbers of classes, or rows with a one), `sample_weight`, the same with `_val`, and the weights of two
    layers, `kernel/i` (inputs, outputs) and `bias/i`."""
    random = np.random.default_rng(seed_of(entry, case))
    drawn: dict[str, np.ndarray] = {}
    for ending, rows in (("", ROWS), ("_val", 19)):
        labels = random.integers(0, CLASSES, rows)
        one_hot = (case.trial or {}).get("labels") == "one-hot"
        drawn[f"x{ending}"] = random.standard_normal((rows, WIDTH))
        drawn[f"y{ending}"] = np.eye(CLASSES)[labels] if one_hot else labels
        drawn[f"sample_weight{ending}"] = random.integers(1, 9, rows) / 4
    for index, (inside, outside) in enumerate(((WIDTH, HIDDEN), (HIDDEN, CLASSES))):
        drawn[f"kernel/{index}"] = random.standard_normal((inside, outside))
        drawn[f"bias/{index}"] = random.standard_normal(outside)
    return {name: each.astype(np.float32) if each.dtype.kind == "f" else each for name, each in drawn.items()}


def judge(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], case: Case) -> dict[str, Comparison]:
    """All numbers; of an order that is drawn, `moved`, how far each row has gone, by its distribution."""
    moved = {"distribution": same_distribution(found["moved"], expected["moved"])} if "moved" in expected else {}
    numbers = ({name: each for name, each in side.items() if name != "moved"} for side in (found, expected))
    return {"trial": compare(*numbers, max_rel=case.max_rel, name="trial"), **moved}
