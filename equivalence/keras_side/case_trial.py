"""Run the case of what has no tensors for inputs: an optimizer, a metric, a callback."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from equivalence.keras_side.rebuild import float_dtype
from equivalence.keras_side.symbols import build


def run_trial(case: dict[str, Any], inputs: str, dtype: str, out_path: str) -> dict[str, Any]:
    """Do with a case's object what `equivalence.keras_side.keras_trials` does with one of its kind.

    `inputs` is an .npz of the arrays of the trial, floats among them being cast to `dtype`. `out_path` becomes an
    .npz of what came of it. Returns the names of that, `arrays`.
    """
    trial = import_module(f"equivalence.keras_side.keras_trials.keras_{case['kind']}")
    with float_dtype(dtype), np.load(inputs, allow_pickle=False) as given:
        arrays = {name: given[name] for name in given.files}
        arrays = {name: array.astype(dtype) if array.dtype.kind == "f" else array for name, array in arrays.items()}
        results = trial.run(lambda: build(case), case.get("trial") or {}, arrays, dtype)
    np.savez(out_path, **results)
    return {"arrays": sorted(results)}
