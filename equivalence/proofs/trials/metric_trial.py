"""A metric: batches of several sizes, what it says after each, and after a reset."""

from __future__ import annotations

import numpy as np

from equivalence.proofs.case_inputs import drawn_array, draws_of, seed_of, shapes_of
from equivalence.schema import Case, Entry

BATCHES = 3


def draw(entry: Entry, case: Case) -> dict[str, np.ndarray]:
    """`given/i/b`, the i-th argument in batch b, of which the case's `x` are the shapes: each batch is one longer.

    The trial's `sample_weight` is the shape of weights, `weight/b`, drawn as `weighing` says; `mask` the index of the
    argument that comes with a mask, `mask/b`, of its shape without the last axis.
    """
    random, trial = np.random.default_rng(seed_of(entry, case)), case.trial or {}
    arrays = {}
    for batch in range(BATCHES):
        shapes = [(shape[0] + batch, *shape[1:]) for shape in shapes_of(case)]
        for index, (shape, how) in enumerate(zip(shapes, draws_of(case), strict=True)):
            arrays[f"given/{index}/{batch}"] = drawn_array(random, shape, how)
        if "sample_weight" in trial:
            shape = (trial["sample_weight"][0] + batch, *trial["sample_weight"][1:])
            arrays[f"weight/{batch}"] = drawn_array(random, shape, trial.get("weighing", "uniform"))
        if "mask" in trial:
            arrays[f"mask/{batch}"] = random.random(shapes[trial["mask"]][:-1]) < 0.5
    return arrays
