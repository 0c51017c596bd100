"""Numbers that a `call` computes of numbers alone (`ops.sqrt(ops.cast(64, "float32"))`): computed once, here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras.src import tree
from keras.src.ops import core

from equivalence.keras_side.rebuild import float_dtype
from equivalence.keras_side.tracing.tape import Step


def folded(steps: Sequence[Step], known: Sequence[dict[int, Any]]) -> Any:
    """The number that a step makes in all traces; None where it depends on tensors, weights or sizes."""
    if any(isinstance(step.operation, keras.Layer) or step.function for step in steps):
        return None
    made = [_computed(step, refs) for step, refs in zip(steps, known, strict=True)]
    if any(number is None for number in made) or len(set(made)) > 1:
        return None
    return made[0]


def _computed(step: Step, known: dict[int, Any]) -> Any:
    if not isinstance(step.outputs, keras.KerasTensor) or step.outputs.shape != ():
        return None
    numbers = []
    for leaf in tree.flatten((step.args, step.kwargs)):
        found = known.get(id(leaf)) if isinstance(leaf, keras.KerasTensor) else leaf
        if isinstance(leaf, keras.Variable) or not isinstance(found, (int, float, np.generic, type(None))):
            return None
        numbers.append(found)
    floats = "float" in step.outputs.dtype
    if isinstance(step.operation, (core.Cast, core.ConvertToTensor)):
        number: Any = numbers[0]
        return float(number) if floats else int(number)
    args, kwargs = tree.pack_sequence_as((step.args, step.kwargs), numbers)
    with float_dtype("float64"):
        result = keras.ops.convert_to_numpy(step.operation.call(*args, **kwargs)).item()
    return float(result) if floats else result
