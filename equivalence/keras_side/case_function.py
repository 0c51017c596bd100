"""Run a case that has no file: an activation, a loss, an operation on tensors."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from equivalence.keras_side.case_run import cotangents
from equivalence.keras_side.keras_gradients import gradients
from equivalence.keras_side.rebuild import float_dtype
from equivalence.keras_side.symbols import apply, function_of


def run_function(case: dict[str, Any], inputs: str, dtype: str, out_path: str) -> dict[str, Any]:
    """Call the function of a case on the arrays of an .npz (`arr_0`, ...; for a loss y_true, then y_pred).

    `mask_i` is the mask on the i-th of them, where it has one. A loss `behind` an activation is called on what
    that gives.

    `out_path` becomes an .npz with `inference/output/k`, `cotangent/k` and `inference/input_gradient/i`, as
    `run_case` names them. Returns `outputs`, how many there are.
    """
    results: dict[str, Any] = {}
    with float_dtype(dtype), np.load(inputs, allow_pickle=False) as given:
        arrays = [given[name] for name in given.files if name.startswith("arr_")]
        masks = {int(name.removeprefix("mask_")): given[name] for name in given.files if name.startswith("mask_")}
        arrays = [array.astype(dtype) if array.dtype.kind == "f" else array for array in arrays]
        function, behind = function_of(case), (case.get("trial") or {}).get("behind")

        def compute(tensors: list[Any]) -> list[Any]:
            if behind:
                tensors = [tensors[0], keras.activations.get(behind)(tensors[1]), *tensors[2:]]
            for index, mask in masks.items():
                tensors[index]._keras_mask = keras.ops.convert_to_tensor(mask)
            return list(keras.tree.flatten(apply(function, case, tensors)))

        outputs, by_input, _ = gradients(compute, arrays, [], cotangents(case["seed"], results))
        for index, output in enumerate(outputs):
            results[f"inference/output/{index}"] = keras.ops.convert_to_numpy(output)
        for index, gradient in enumerate(by_input):
            if gradient is not None:
                results[f"inference/input_gradient/{index}"] = gradient
    np.savez(out_path, **results)
    return {"outputs": len(outputs)}
