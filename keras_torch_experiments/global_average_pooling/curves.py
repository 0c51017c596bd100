"""The same experiment in both frameworks: same initial weights, batches and optimizer, so the same curve."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import torch

from equivalence import transfer
from keras_torch_experiments.global_average_pooling import training_keras, training_torch
from keras_torch_experiments.global_average_pooling.candidates import Candidate
from keras_torch_experiments.global_average_pooling.data import Data, History
from keras_torch_experiments.global_average_pooling.optimizers import keras_adam

#: Keras rounds an optimizer's settings to float32 whatever the precision of its variables; these are the same there.
DYADIC: dict[str, float] = {"learning_rate": 2.0**-10, "beta_1": 0.875, "beta_2": 1 - 2.0**-7, "epsilon": 2.0**-20}


@dataclass(frozen=True)
class Curves:
    """Both histories, each recorded after every step."""

    keras: History
    torch: History

    @property
    def apart(self) -> float:
        """The largest |difference of losses| over the larger of 1 and the loss."""
        one, other = np.array(self.keras.loss), np.array(self.torch.loss)
        return float(np.max(np.abs(one - other) / np.maximum(1, np.abs(one))))


def both(candidate: Candidate, data: Data, optimizer: str, dtype: str, steps: int, **settings: float) -> Curves:
    """Train a candidate in both frameworks, by its loss on logits.

    `optimizer`: "adam" or "sgd" with its Keras settings; `dtype`: "float32" or "float64".
    """
    data = data.astype(dtype)
    module = candidate.module(data.channels).to(getattr(torch, dtype))
    with precision(dtype):
        model = candidate.model(data.channels)
        transfer(module, model, flatten="channels_last")
        of_keras: dict[str, Any] = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}
        in_keras = training_keras.train(model, data, "logits", of_keras[optimizer](**settings), steps)
    if optimizer == "adam":
        of_torch = keras_adam(module.parameters(), **settings)
    else:
        of_torch = torch.optim.SGD(module.parameters(), lr=settings["learning_rate"])
    return Curves(in_keras, training_torch.train(module, data, "logits", of_torch, steps))


@contextmanager
def precision(dtype: str) -> Iterator[None]:
    """Keras layers made inside compute in `dtype`."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])
