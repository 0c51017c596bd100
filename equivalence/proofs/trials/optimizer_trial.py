"""An optimizer: a hundred steps on the same gradients.

A case's `trial` may say: `rate_drops_at`, the step before which the learning rate becomes a quarter;
`excluded`, the variables that do not decay; `without_gradient`, the steps at which the first variable has none;
`infinite_at`, those at which its gradient is infinite; `finalize`, that what ends `fit` ends this too.
"""

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
    for step in (case.trial or {}).get("infinite_at", ()):
        steps["gradient/0"][step].flat[0] = np.inf
    return starts | {name: array.astype(np.float32) for name, array in steps.items()}
