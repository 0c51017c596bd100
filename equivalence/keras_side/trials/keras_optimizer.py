"""A Keras optimizer, run step by step on given gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np


def run(make: Callable[[], Any], trial: Mapping[str, Any], arrays: Mapping[str, Any], dtype: str) -> dict[str, Any]:
    """`variable/i`: the i-th variable after each step, stacked along a new first axis.

    `arrays` holds `start/i` and `gradient/i`, whose first axis is the step.
    """
    count = sum(name.startswith("start/") for name in arrays)
    starts, gradients = ([arrays[f"{what}/{index}"] for index in range(count)] for what in ("start", "gradient"))
    variables = [keras.Variable(start, dtype=dtype, name=f"v{index}") for index, start in enumerate(starts)]
    optimizer = make()
    history: list[list[Any]] = [[] for _ in variables]
    for step in range(len(gradients[0])):
        optimizer.apply([keras.ops.convert_to_tensor(each[step]) for each in gradients], variables)
        for seen, variable in zip(history, variables, strict=True):
            seen.append(np.array(keras.ops.convert_to_numpy(variable)))
    return {f"variable/{index}": np.stack(seen) for index, seen in enumerate(history)}
