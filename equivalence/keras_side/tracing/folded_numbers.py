"""Numbers that a `call` computes of numbers alone (`ops.sqrt(ops.cast(64, "float32"))`): computed once, here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras.src import tree

from equivalence.keras_side.tracing.known_numbers import computed
from equivalence.keras_side.tracing.tape import Step


def folded(steps: Sequence[Step], known: Sequence[dict[int, Any]]) -> Any:
    """The number that a step makes in all traces, of the same numbers; None where it depends on tensors or sizes."""
    if any(isinstance(step.operation, keras.Layer) or step.operation is None for step in steps):
        return None
    output = steps[0].outputs
    if not isinstance(output, keras.KerasTensor) or output.shape != ():
        return None
    given = [_numbers(step, refs) for step, refs in zip(steps, known, strict=True)]
    if None in given or any(numbers != given[0] for numbers in given):
        return None  # it goes with the sizes, though what comes out may be the same at all of these
    step = steps[0]
    return computed(step.operation, step.args, step.kwargs, "float" in output.dtype, given[0])


def _numbers(step: Step, known: dict[int, Any]) -> list[Any] | None:
    leaves = tree.flatten((step.args, step.kwargs))
    found = [known.get(id(leaf), leaf) if isinstance(leaf, keras.KerasTensor) else leaf for leaf in leaves]
    return found if all(isinstance(x, (bool, int, float, np.generic, type(None))) for x in found) else None
