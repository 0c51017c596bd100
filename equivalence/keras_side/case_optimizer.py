"""Run an optimizer on given gradients."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from equivalence.keras_side.rebuild import float_dtype
from equivalence.keras_side.symbols import build


def run_optimizer(case: dict[str, Any], inputs: str, dtype: str, out_path: str) -> dict[str, Any]:
    """Apply a case's optimizer step by step.

    `inputs` is an .npz with `start/i` (the i-th variable) and `gradient/i`, whose first axis is the step.
    `out_path` becomes an .npz with `variable/i`: the variable after each step, stacked. Returns the numbers
    of `steps` and `variables`.
    """
    with float_dtype(dtype), np.load(inputs, allow_pickle=False) as given:
        count = sum(name.startswith("start/") for name in given.files)
        starts = [given[f"start/{index}"].astype(dtype) for index in range(count)]
        gradients = [given[f"gradient/{index}"].astype(dtype) for index in range(count)]
        variables = [keras.Variable(start, dtype=dtype, name=f"v{index}") for index, start in enumerate(starts)]
        optimizer = build(case)
        history: list[list[Any]] = [[] for _ in variables]
        steps = len(gradients[0])
        for step in range(steps):
            optimizer.apply([keras.ops.convert_to_tensor(each[step]) for each in gradients], variables)
            for seen, variable in zip(history, variables, strict=True):
                seen.append(np.array(keras.ops.convert_to_numpy(variable)))
    results: dict[str, Any] = {f"variable/{index}": np.stack(seen) for index, seen in enumerate(history)}
    np.savez(out_path, **results)
    return {"steps": steps, "variables": count}
