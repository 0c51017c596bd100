"""Small models whose weights count the numbers of images, and what is asked of their transfer."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from equivalence import Refused, transfer

IMAGE = (6, 5, 3)


def sequential(*parts: Any, name: str | None = None, shape: tuple[int, ...] = IMAGE) -> keras.Model:
    return keras.Sequential([layers.Input(shape), *parts], name=name)


def conv() -> Any:
    return layers.Conv2D(4, 2, name="conv")


def dense() -> Any:
    return layers.Dense(7, name="dense")


def randomised(model: keras.Model) -> keras.Model:
    random = np.random.default_rng(4)
    for weight in model.weights:
        weight.assign(random.uniform(0.5, 1.5, weight.shape) - (0.0 if "variance" in weight.name else 1.0))
    return model


def refusal(source: Any, target: Any, **arguments: Any) -> str:
    with pytest.raises(Refused) as refused:
        transfer(source, target, **arguments)
    return str(refused.value)
