"""A regularizer or constraint in training: a hundred steps with it, on the same batches, in both frameworks."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from equivalence.keras_side.client import KerasProcess
from equivalence.proofs.case_inputs import seed_of, shapes_of, statement
from equivalence.proofs.emitted import Emitted
from equivalence.schema import Case, Entry
from equivalence.torch_side.torch_trajectory import run_trajectory
from equivalence.translation.order import axes
from equivalence.verification.compare import Comparison, compare

STEPS, BATCH, LEARNING_RATE = 100, 3, 2.0**-4
#: What rounding may come to over all steps.
BOUND = 1e-9


def compare_trajectory(entry: Entry, case: Case, form: Emitted, keras: KerasProcess) -> dict[str, Comparison]:
    """The weight after each step, in Keras and with the emitted form. Nothing where the case is of no training.

    A case's `trial` says what it is tried `as`: of a "weight", whose shape is the case's, or of an "activity".
    """
    role = (case.trial or {}).get("as")
    if role is None:
        return {}
    arrays = _draw(entry, case, role)
    with tempfile.TemporaryDirectory(dir=keras.folder) as name:
        given, made = Path(name) / "steps.npz", Path(name) / "weights.npz"
        with given.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
        params = {"inputs": given, "dtype": "float64", "learning_rate": LEARNING_RATE, "out_path": made}
        keras.call("run_trajectory", case=statement(entry, case), **params)
        with np.load(made) as found:
            expected = found["weight"]
    (_, value, _), *_ = form.draft.classes[-1].inputs
    done = "activity" if role == "activity" else entry.kind
    weights = run_trajectory(form.wide, done, axes(value.order, value.rank), arrays, LEARNING_RATE)
    return {"trajectory": compare(weights, expected, max_rel=BOUND, name="trajectory")}


def _draw(entry: Entry, case: Case, role: str) -> dict[str, np.ndarray]:
    """`start`, and a batch of `x` and `y` for each step; of an activity the case's shape is that of a batch."""
    random = np.random.default_rng([seed_of(entry, case), 4])
    (shape,) = shapes_of(case)
    batch, shape = (shape[0], shape[1:]) if role == "activity" else (BATCH, shape)
    drawn = {name: random.standard_normal((STEPS, batch, *shape)) for name in ("x", "y")}
    return {"start": random.standard_normal(shape), **drawn}
