"""What TensorFlow computes in float64 only when compiled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras.src import backend

VOLUME = 5  # axes, with batch and channels


@contextmanager
def missing_kernels() -> Iterator[None]:
    """Have the mean over windows of a volume compiled by XLA while this lasts: TensorFlow has no kernel in float64.

    Keras does the same where a convolution has none (`conv` in keras/src/backend/tensorflow/nn.py). There is no
    such way for the maximum, whose operation does not take float64.
    """
    if keras.config.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    pool = backend.nn.average_pool

    def average_pool(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if len(inputs.shape) != VOLUME:
            return pool(inputs, *args, **kwargs)
        return tf.function(lambda tensor: pool(tensor, *args, **kwargs), jit_compile=True)(inputs)

    backend.nn.average_pool = average_pool
    try:
        yield
    finally:
        backend.nn.average_pool = pool
