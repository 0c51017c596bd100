"""Run the model of a case with masks on its inputs: what comes out, and what becomes of the masks."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from equivalence.keras_side.keras_gradients import no_gradients
from equivalence.keras_side.rebuild import float_dtype, load_at
from equivalence.keras_side.recording import pack


def run_masked(path: str, inputs: str, out_path: str) -> dict[str, Any]:
    """Run a saved model in float64 on the arrays of an .npz: `arr_i`, and `mask_i` where an input has a mask.

    `out_path` becomes an .npz with `output/k`, and `mask/k` where there is one. Returns `outputs` (how many),
    `same` (for each output the input that it is the very object of, or null) and `taken` (the inputs whose
    mask is gone afterwards).
    """
    results: dict[str, Any] = {}
    with float_dtype("float64"), no_gradients(), np.load(inputs, allow_pickle=False) as given:
        model = load_at(path, "float64")
        tensors = []
        for index in range(len(model.inputs)):
            array = given[f"arr_{index}"]
            tensor = keras.ops.convert_to_tensor(array.astype("float64") if array.dtype.kind == "f" else array)
            if f"mask_{index}" in given.files:
                tensor._keras_mask = keras.ops.convert_to_tensor(given[f"mask_{index}"])
            tensors.append(tensor)
        masked = [getattr(tensor, "_keras_mask", None) is not None for tensor in tensors]
        outputs = list(keras.tree.flatten(model(pack(model, tensors), training=False)))
        for index, output in enumerate(outputs):
            results[f"output/{index}"] = keras.ops.convert_to_numpy(output)
            mask = getattr(output, "_keras_mask", None)
            if mask is not None:
                results[f"mask/{index}"] = keras.ops.convert_to_numpy(mask)
        same = [next((i for i, tensor in enumerate(tensors) if output is tensor), None) for output in outputs]
        taken = [i for i, had in enumerate(masked) if had and getattr(tensors[i], "_keras_mask", None) is None]
    np.savez(out_path, **results)
    return {"outputs": len(outputs), "same": same, "taken": taken}
