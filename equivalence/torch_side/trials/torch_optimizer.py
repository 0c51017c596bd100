"""An emitted optimizer, run step by step on given gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from equivalence.torch_side.written_object import Make


def run(make: Make, trial: Mapping[str, Any], arrays: Mapping[str, np.ndarray], dtype: str) -> dict[str, np.ndarray]:
    """`variable/i`: the i-th variable after each step, stacked along a new first axis.

    `arrays` holds `start/i` and `gradient/i`, whose first axis is the step.
    """
    wanted = getattr(torch, dtype)
    count = sum(name.startswith("start/") for name in arrays)
    parameters = [torch.nn.Parameter(torch.tensor(arrays[f"start/{i}"], dtype=wanted)) for i in range(count)]
    optimizer = make(parameters)
    history: list[list[np.ndarray]] = [[] for _ in parameters]
    for step in range(len(arrays["gradient/0"])):
        for index, parameter in enumerate(parameters):
            parameter.grad = torch.tensor(arrays[f"gradient/{index}"][step], dtype=wanted)
        optimizer.step()
        for parameter, seen in zip(parameters, history, strict=True):
            seen.append(parameter.detach().numpy().copy())
    return {f"variable/{index}": np.stack(seen) for index, seen in enumerate(history)}
