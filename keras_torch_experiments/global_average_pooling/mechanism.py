"""The suspects, measured one by one: the reach of an optimizer's step, and units that no longer answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from keras_torch_experiments.global_average_pooling.candidates import Candidate
from keras_torch_experiments.global_average_pooling.data import Data, batches
from keras_torch_experiments.global_average_pooling.losses import TORCH
from keras_torch_experiments.global_average_pooling.optimizers import keras_adam
from keras_torch_experiments.global_average_pooling.training_torch import BATCH, channels_first


@dataclass(frozen=True)
class Step:
    """One step of Adam on a head that is one dense layer.

    `expected` is learning rate * fan-in * mean input: Adam's first step moves each weight by the learning rate,
    whatever the gradient's size. `moved` is the mean |change of a logit| over the training part: less than
    expected where the gradient has both signs.
    """

    fan_in: int
    mean_input: float
    expected: float
    moved: float


def adam_step(candidate: Candidate, data: Data, learning_rate: float) -> Step:
    """Measure the first step of `candidate`, POOL or FLATTEN."""
    module = candidate.module(data.channels)
    dense = next(part for part in module.modules() if isinstance(part, nn.Linear))
    x, labels = channels_first(data.x), torch.from_numpy(data.labels)
    index = batches(len(x), BATCH, 1)[0]
    optimizer = keras_adam(module.parameters(), learning_rate=learning_rate)
    before = module(x).detach()
    TORCH["logits"](module(x[index]), labels[index]).backward()
    optimizer.step()
    moved = (module(x).detach() - before).abs().mean().item()
    mean = float(data.x.mean())
    return Step(dense.in_features, mean, learning_rate * dense.in_features * mean, moved)


@dataclass(frozen=True)
class Dead:
    """After each step, step 0 included: the share of units that are zero for every training sample."""

    share: list[float]
    accuracy: float  # on the training part, in the end
    loss: float  # of that part's logits


def dead_units(candidate: Candidate, data: Data, loss: str, learning_rate: float, steps: int) -> Dead:
    """Train a candidate with a ReLU inside and count its dead units."""
    module = candidate.module(data.channels)
    x, labels = channels_first(data.x), torch.from_numpy(data.labels)
    optimizer = keras_adam(module.parameters(), learning_rate=learning_rate)
    seen: list[Tensor] = []
    module.get_submodule("relu").register_forward_hook(lambda part, args, output: seen.append(output))
    torch.manual_seed(0)  # of dropout

    def look() -> tuple[float, Tensor]:
        module.eval()
        with torch.inference_mode():
            logits = module(x)
        module.train()
        return float((seen[-1] == 0).all(0).double().mean()), logits

    share, logits = look()
    found = [share]
    for index in batches(len(x), BATCH, steps):
        optimizer.zero_grad()
        TORCH[loss](module(x[index]), labels[index]).backward()
        optimizer.step()
        share, logits = look()
        found.append(share)
        seen.clear()
    accuracy = float(np.mean(logits.argmax(1).numpy() == data.labels))
    return Dead(found, accuracy, float(TORCH["logits"](logits, labels)))
