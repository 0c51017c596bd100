"""Train a weight with an emitted penalty in the loss, or brought back after each step by an emitted constraint."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional


def run_trajectory(
    form: nn.Module, done: str, lying: Sequence[int], arrays: dict[str, np.ndarray], learning_rate: float
) -> np.ndarray:
    """The weight after each step, stacked; arrays and steps as in `keras_side.case_trajectory`.

    `done`: "regularizer", "activity" (a penalty of what comes out, of which each sample has its share) or
    "constraint"; `form` takes its tensor with the axes of Keras exchanged as `lying` says.
    """

    def applied(tensor: Tensor) -> Tensor:
        made: Tensor = form(tensor.permute(*lying))
        return made

    weight = nn.Parameter(torch.from_numpy(arrays["start"].copy()))
    optimizer, seen = torch.optim.SGD([weight], lr=learning_rate), []
    for x, y in zip(map(torch.from_numpy, arrays["x"]), map(torch.from_numpy, arrays["y"]), strict=True):
        output = x * weight
        loss = functional.mse_loss(output, y)
        if done == "regularizer":
            loss = loss + applied(weight)
        elif done == "activity":
            loss = loss + applied(output) / len(output)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if done == "constraint":
            with torch.no_grad():
                back = applied(weight).permute(*np.argsort(lying).tolist())
                weight.copy_(back)
        seen.append(weight.detach().numpy().copy())
    return np.stack(seen)
