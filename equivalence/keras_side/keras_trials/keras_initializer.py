"""A Keras initializer, filling the weights of a layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any
from unittest import mock

import keras
import numpy as np
from keras.src.initializers import random_initializers

INSIDE, OUTSIDE, WINDOW, WORDS, MULTIPLIER = 12, 20, 3, 300, 5


def run(make: Callable[[], Any], trial: Mapping[str, Any], arrays: Mapping[str, Any], dtype: str) -> dict[str, Any]:
    """`asked`: mean or middle, spread, and where it is cut in deviations (0: nowhere), of what the generator was asked
    for, nothing where it was not; `drawn`: the weight; `gram`: of a matrix of normal numbers, its product with itself.
    """
    keras.utils.set_random_seed(int(arrays["seed"]) % 2**31)
    asked: list[tuple[float, float, float]] = []
    random = random_initializers.random

    def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, **more: Any) -> Any:
        asked.append((mean, stddev, 0.0))
        return random.normal(shape, mean=mean, stddev=stddev, **more)

    def truncated_normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, **more: Any) -> Any:
        asked.append((mean, stddev, 2.0))
        return random.truncated_normal(shape, mean=mean, stddev=stddev, **more)

    def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, **more: Any) -> Any:
        asked.append(((minval + maxval) / 2, (maxval - minval) / 2, 0.0))
        return random.uniform(shape, minval=minval, maxval=maxval, **more)

    drawing = {"normal": normal, "truncated_normal": truncated_normal, "uniform": uniform}
    recorded = SimpleNamespace(**{**vars(random), **drawing})
    initializer = make()
    with mock.patch.object(random_initializers, "random", recorded):
        weight = np.array(_weight_of(trial["layer"], initializer, dtype))
    if trial["layer"] == "MultiHeadAttention":
        del asked[1:]  # those of its other kernels, after that of the query
    if isinstance(initializer, keras.initializers.Orthogonal):
        matrix = weight.reshape(-1, weight.shape[-1])
        return {"asked": np.zeros((0, 3)), "gram": _gram(matrix), "drawn": weight.ravel()}
    if isinstance(initializer, keras.initializers.Identity):
        weight = weight.T  # as torch holds it
    return {"asked": np.array(asked).reshape(-1, 3), "drawn": weight.ravel()}


def _gram(matrix: np.ndarray) -> np.ndarray:
    return matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T


def _weight_of(name: str, initializer: Any, dtype: str) -> Any:
    if name == "bias":
        layer = keras.layers.Dense(OUTSIDE, kernel_initializer="zeros", bias_initializer=initializer, dtype=dtype)
        layer.build((None, INSIDE))
        return layer.bias
    if name == "Embedding":
        layer = keras.layers.Embedding(WORDS, OUTSIDE, embeddings_initializer=initializer, dtype=dtype)
        layer.build((None, None))
        return layer.embeddings
    if name == "MultiHeadAttention":
        layer = keras.layers.MultiHeadAttention(4, OUTSIDE, kernel_initializer=initializer, dtype=dtype)
        layer.build((None, None, INSIDE), (None, None, INSIDE))
        return layer.query_dense.kernel
    if name.startswith("LSTM"):
        recurrent = name.endswith("recurrent")
        key = "recurrent_initializer" if recurrent else "kernel_initializer"
        kernels = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros", key: initializer}
        layer = keras.layers.LSTM(OUTSIDE, **kernels, dtype=dtype)
        layer.build((None, None, INSIDE))
        return layer.cell.recurrent_kernel if recurrent else layer.cell.kernel
    if name == "Dense":
        layer = keras.layers.Dense(10 * OUTSIDE, kernel_initializer=initializer, dtype=dtype)
        layer.build((None, 4 * INSIDE))
        return layer.kernel
    rank = int(next(letter for letter in name if letter.isdigit()))
    shape = (None, *[9] * rank, INSIDE)
    if name.startswith("Depthwise"):
        layer = getattr(keras.layers, name)(
            WINDOW, depth_multiplier=MULTIPLIER, depthwise_initializer=initializer, dtype=dtype
        )
    else:
        layer = getattr(keras.layers, name)(OUTSIDE, WINDOW, kernel_initializer=initializer, dtype=dtype)
    layer.build(shape)
    return layer.kernel
