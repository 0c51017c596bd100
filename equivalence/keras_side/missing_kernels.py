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
    such way for the maximum, whose operation does not take float64. Images it resizes in float32, whatever they are,
    and has gradients for some kinds of it only where they are given so.
    """
    if keras.config.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    pool, resize = backend.nn.average_pool, backend.image.resize

    def average_pool(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if len(inputs.shape) != VOLUME:
            return pool(inputs, *args, **kwargs)
        return tf.function(lambda tensor: pool(tensor, *args, **kwargs), jit_compile=True)(inputs)

    def resized(images: Any, size: Any, interpolation: str = "bilinear", *args: Any, **kwargs: Any) -> Any:
        given = images if interpolation == "nearest" else tf.cast(images, "float32")
        return resize(given, size, interpolation, *args, **kwargs)

    backend.nn.average_pool, backend.image.resize = average_pool, resized
    try:
        yield
    finally:
        backend.nn.average_pool, backend.image.resize = pool, resize
