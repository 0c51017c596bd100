"""The model of a case: one layer or operation, its weights all random, saved as Keras saves models."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from equivalence.keras_side.rebuild import set_weights
from equivalence.keras_side.symbols import apply, build, function_of


def make_case(case: dict[str, Any], out_path: str) -> dict[str, Any]:
    """Build a functional model of the case's one layer or operation, and save it as `.keras`.

    Inputs are named `inputs`, or `input_0`, `input_1`, ...; weights are drawn from the case's seed, in float32.
    Returns the shapes and dtypes of `outputs` with the batch unknown, and `weights`, each with its Keras path
    and shape.
    """
    keras.backend.clear_session(free_memory=False)  # names count from 1 again: the same file every time
    declared = case["inputs"]
    inputs = [
        keras.Input(
            shape=item["shape"],
            batch_size=item.get("batch"),
            dtype=item["dtype"],
            name=f"input_{index}" if len(declared) > 1 else "inputs",
        )
        for index, item in enumerate(declared)
    ]
    if case["kind"] == "input":
        inputs = [build(case).output]
        outputs = keras.layers.Identity()(inputs[0])
    else:
        outputs = apply(function_of(case), case, inputs)
    model = keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs, name="case")
    random = np.random.default_rng([case["seed"], 1])  # other numbers than the inputs', from the seed alone
    set_weights(model, [random_weight(weight, random) for weight in model.weights])
    model.save(out_path)
    return {
        "outputs": [{"shape": list(item.shape), "dtype": item.dtype} for item in model.outputs],
        "weights": [{"path": weight.path, "shape": list(weight.shape)} for weight in model.weights],
    }


def random_weight(weight: Any, random: np.random.Generator) -> Any:
    """Neither zeros nor ones anywhere; matrices scaled so that a product of them stays near 1."""
    if "int" in weight.dtype:
        return np.array(weight)
    if "variance" in weight.name:
        return random.uniform(0.5, 2.0, weight.shape)
    scale = float(np.prod(weight.shape[:-1])) ** -0.5 if len(weight.shape) > 1 else 1.0
    return random.normal(0.0, scale, weight.shape)
