"""Emitted optimizers, run step by step on given gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from equivalence.emit.guard import check_source

_MAKE = "def make_optimizer(model):\n    return {constructor}"


def make_optimizer(
    helpers: Sequence[str], constructor: str, parameters: Iterable[torch.nn.Parameter]
) -> torch.optim.Optimizer:
    """What `constructor` makes, the expression of `emit_optimizer`; `helpers`: the text of what it uses."""
    held = list(parameters)
    names: dict[str, Any] = {"torch": torch, "math": math, "Tensor": Tensor}
    source = "\n\n\n".join(["from __future__ import annotations", *helpers, _MAKE.format(constructor=constructor)])
    exec(compile(check_source(source), "optimizer.py", "exec"), names)
    optimizer: torch.optim.Optimizer = names["make_optimizer"](SimpleNamespace(parameters=lambda: held))
    return optimizer


def run_optimizer(
    helpers: Sequence[str],
    constructor: str,
    starts: Sequence[np.ndarray],
    gradients: Sequence[np.ndarray],
    dtype: str = "float64",
) -> list[np.ndarray]:
    """The variables after each step, stacked along a new first axis.

    `constructor`: the expression that makes the optimizer of `model.parameters()`; `helpers`: the classes and
    functions that it uses. `gradients`: for each variable its gradients, the step being the first axis.
    """
    wanted = getattr(torch, dtype)
    parameters = [torch.nn.Parameter(torch.tensor(start, dtype=wanted)) for start in starts]
    optimizer = make_optimizer(helpers, constructor, parameters)
    history: list[list[np.ndarray]] = [[] for _ in starts]
    for step in range(len(gradients[0])):
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = torch.tensor(gradient[step], dtype=wanted)
        optimizer.step()
        for parameter, seen in zip(parameters, history, strict=True):
            seen.append(parameter.detach().numpy().copy())
    return [np.stack(seen) for seen in history]
