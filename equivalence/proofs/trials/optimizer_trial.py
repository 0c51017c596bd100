"""An optimizer: a hundred steps on the same gradients."""

from __future__ import annotations

import numpy as np

from equivalence.proofs.case_inputs import seed_of, shapes_of
from equivalence.schema import Case, Entry

STEPS = 100


def draw(entry: Entry, case: Case) -> dict[str, np.ndarray]:
    """`start/i`, the variables, of which the case's `x` are the shapes; `gradient/i`, the step being the first axis."""
    random = np.random.default_rng(seed_of(entry, case))
    shapes = shapes_of(case)
    starts = {f"start/{i}": random.standard_normal(shape).astype(np.float32) for i, shape in enumerate(shapes)}
    steps = {f"gradient/{i}": random.standard_normal((STEPS, *shape)) for i, shape in enumerate(shapes)}
    return starts | {name: array.astype(np.float32) for name, array in steps.items()}
