"""The same training in Keras, on whatever backend it runs on: compile, train_on_batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from keras_torch_experiments.global_average_pooling.data import Data, History, batches
from keras_torch_experiments.global_average_pooling.losses import keras2_in_keras
from keras_torch_experiments.global_average_pooling.training_torch import BATCH

#: Name -> (activation of the trained output, what makes its loss: a loss computes in the precision it is made in).
LOSSES: dict[str, tuple[str | None, Callable[[], Any]]] = {
    "Keras 2's formula": ("softmax", lambda: keras2_in_keras),
    "softmax": ("softmax", keras.losses.SparseCategoricalCrossentropy),
    "logits": (None, lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
}


def train(
    model: keras.Model,
    data: Data,
    loss: str,
    optimizer: keras.optimizers.Optimizer,
    steps: int,
    *,
    every: int = 1,
    clipped: bool = False,
) -> History:
    """Train on the same batches as `training_torch.train`; the share of zero gradients stays NaN.

    `loss`: one of LOSSES; `clipped`: whether it is the loss on clipped probabilities that is recorded. The model
    maps (N, 8, 8, channels) to logits (N, 2).
    """
    activation, make_loss = LOSSES[loss]
    trained = model if activation is None else keras.Model(model.input, layers.Activation(activation)(model.output))
    trained.compile(optimizer, make_loss())
    history = History()

    def look(step: int) -> None:
        logits, held = (model.predict_on_batch(x) for x in (data.x, data.held_x))
        history.record(step, data, np.asarray(logits), np.asarray(held), clipped, float("nan"))

    look(0)
    for step, index in enumerate(batches(len(data.x), BATCH, steps), start=1):
        trained.train_on_batch(data.x[index], data.labels[index])
        if step % every == 0:
            look(step)
    return history
