"""An emitted optimizer, run step by step on given gradients, with the scheduler and the scaler beside it."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from equivalence.torch_side.written_object import Make


def run(make: Make, trial: Mapping[str, Any], arrays: Mapping[str, np.ndarray], dtype: str) -> dict[str, np.ndarray]:
    """`variable/i`: the i-th variable after each step, stacked along a new first axis.

    `arrays` holds `start/i` and `gradient/i`, whose first axis is the step. `trial`: see
    `equivalence.proofs.trials.optimizer_trial`.
    """
    wanted = getattr(torch, dtype)
    count = sum(name.startswith("start/") for name in arrays)
    parameters = [torch.nn.Parameter(torch.tensor(arrays[f"start/{i}"], dtype=wanted)) for i in range(count)]
    made = make(_groups(parameters, trial.get("excluded", [])))
    lines = made if isinstance(made, SimpleNamespace) else SimpleNamespace(optimizer=made)
    optimizer, scaler = lines.optimizer, getattr(lines, "scaler", None)
    history: list[list[np.ndarray]] = [[] for _ in parameters]
    for step in range(len(arrays["gradient/0"])):
        if step == trial.get("rate_drops_at"):
            for group in optimizer.param_groups:
                group["lr"] /= 4
        scale = scaler.scale(torch.ones(())).item() if scaler else optimizer.defaults.get("loss_scale", 1.0)
        for index, parameter in enumerate(parameters):
            missing = index == 0 and step in trial.get("without_gradient", [])
            parameter.grad = None if missing else torch.tensor(arrays[f"gradient/{index}"][step] * scale, dtype=wanted)
        if scaler:
            scaler.step(optimizer)
            scaler.update()
        else:
            optimizer.step()
        if hasattr(lines, "scheduler"):
            lines.scheduler.step()
        for parameter, seen in zip(parameters, history, strict=True):
            seen.append(parameter.detach().numpy().copy())
    if trial.get("finalize"):
        optimizer.finalize()
        for parameter, seen in zip(parameters, history, strict=True):
            seen.append(parameter.detach().numpy().copy())
    return {f"variable/{index}": np.stack(seen) for index, seen in enumerate(history)}


def _groups(parameters: list[torch.nn.Parameter], excluded: list[int]) -> list[Any]:
    """The parameters, those that do not decay in a group of their own."""
    if not excluded:
        return parameters
    decaying = [each for index, each in enumerate(parameters) if index not in excluded]
    none = {"weight_decay": 0.0, "adam_weight_decay": 0.0}  # Muon has two of them
    return [{"params": decaying}, {"params": [parameters[index] for index in excluded], **none}]
