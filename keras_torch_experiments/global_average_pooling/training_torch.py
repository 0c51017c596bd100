"""A training loop in torch that looks at every sample's gradient."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from keras_torch_experiments.global_average_pooling.data import Data, History, batches
from keras_torch_experiments.global_average_pooling.losses import TORCH

BATCH = 16


def train(
    module: nn.Module,
    data: Data,
    loss: str,
    optimizer: torch.optim.Optimizer,
    steps: int,
    *,
    every: int = 1,
    seed: int = 1,
) -> History:
    """Train on the batches that `data.batches` gives; look at all of the data before, and after `every` steps.

    `loss`: "clipped probabilities" or "logits"; `seed`: of the batches. The module maps (N, channels, 8, 8) to (N, 2).
    """
    x, held_x = channels_first(data.x), channels_first(data.held_x)
    labels = torch.from_numpy(data.labels)
    history = History()
    clipped = loss == "clipped probabilities"

    def look(step: int, still: float) -> None:
        module.eval()
        with torch.inference_mode():
            history.record(step, data, module(x).numpy(), module(held_x).numpy(), clipped, still)
        module.train()

    look(0, float("nan"))
    for step, index in enumerate(batches(len(x), BATCH, steps, seed), start=1):
        logits = module(x[index])
        logits.retain_grad()
        optimizer.zero_grad()
        TORCH[loss](logits, labels[index]).backward()
        optimizer.step()
        if step % every == 0:
            look(step, _still(logits))
    return history


def channels_first(x: np.ndarray) -> Tensor:
    """(N, H, W, C) -> (N, C, H, W), laid out in memory so.

    Not channels-last memory: torch 2.13's gradient of a 1 × 1 convolution with stride 2 crashes on it.
    """
    return torch.from_numpy(x).permute(0, 3, 1, 2).contiguous()


def _still(logits: Tensor) -> float:
    """The share of samples whose gradient is exactly zero."""
    assert logits.grad is not None
    return float((logits.grad == 0).all(1).double().mean())
