"""TensorFlow's functions that draw, by Keras's: where own code is traced, and where it runs with fixed numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

Place = tuple[Any, str, Callable[..., Any]]


def drawn_by_tensorflow(tensorflow: Any, by_keras: Mapping[str, Callable[..., Any]]) -> list[Place]:
    """What to put in the place of TensorFlow's functions: those that draw as Keras's named so do."""

    def uniform(
        shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", seed: Any = None, name: Any = None
    ) -> Any:
        kind = _kind(dtype)
        if "int" in kind:
            return by_keras["randint"](_shape(shape), minval, maxval, dtype=kind)
        return by_keras["uniform"](_shape(shape), minval, 1.0 if maxval is None else maxval, dtype=kind)

    def normal(
        shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", seed: Any = None, name: Any = None
    ) -> Any:
        return _moved(by_keras["normal"](_shape(shape), dtype=_kind(dtype)), mean, stddev)

    def truncated_normal(
        shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", seed: Any = None, name: Any = None
    ) -> Any:
        return _moved(by_keras["truncated_normal"](_shape(shape), dtype=_kind(dtype)), mean, stddev)

    def dropout(x: Any, rate: Any, noise_shape: Any = None, seed: Any = None, name: Any = None) -> Any:
        return by_keras["dropout"](x, rate, noise_shape)

    return [
        (tensorflow.random, "uniform", uniform),
        (tensorflow.random, "normal", normal),
        (tensorflow.random, "truncated_normal", truncated_normal),
        (tensorflow.nn, "dropout", dropout),
    ]


def _moved(drawn: Any, mean: Any, stddev: Any) -> Any:
    wide = drawn if isinstance(stddev, float) and stddev == 1.0 else drawn * stddev
    return wide if isinstance(mean, float) and mean == 0.0 else wide + mean


def _kind(dtype: Any) -> str:
    return str(keras.backend.standardize_dtype(dtype))


def _shape(shape: Any) -> tuple[int, ...]:
    """A shape, which code may have in a tensor of its own, as whole numbers."""
    sizes = shape if isinstance(shape, (tuple, list)) else np.asarray(shape).tolist()
    return tuple(int(size) for size in ([sizes] if isinstance(sizes, int) else sizes))
