"""A small MobileNetV2 in Keras, and the handwritten digits that it is trained on."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits


class Digits(NamedTuple):
    """Images (N, 8, 8, 1) from 0 to 1 and their digits, those to train on and those held out."""

    images: np.ndarray
    labels: np.ndarray
    held_images: np.ndarray
    held_labels: np.ndarray


def digits() -> Digits:
    """scikit-learn's 1,797 digits, the last 297 held out: other people wrote them."""
    images, labels = load_digits(return_X_y=True)
    images = (images.reshape(-1, 8, 8, 1) / 16).astype("float32")
    return Digits(images[:1500], labels[:1500], images[1500:], labels[1500:])


def small_mobilenet() -> keras.Model:
    """(N, 8, 8, 1) → (N, 10) logits, as keras.applications.MobileNetV2 is built; pooled by Flatten."""
    image = keras.Input((8, 8, 1), name="image")
    x = layers.Conv2D(16, 3, padding="same", use_bias=False, name="stem")(image)
    x = layers.BatchNormalization(name="stem_norm")(x)
    x = layers.ReLU(6.0, name="stem_relu")(x)
    x = _block(x, 24, strides=2, name="block_1")
    x = _block(x, 24, strides=1, name="block_2")
    x = _block(x, 32, strides=2, name="block_3")
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    return keras.Model(image, layers.Dense(10, name="digit")(x), name="small_mobilenet")


def _block(x: Any, filters: int, strides: int, name: str) -> Any:
    """Wider, a convolution of each channel, narrower again; and what came in, if it has that shape."""
    h = layers.Conv2D(3 * x.shape[-1], 1, use_bias=False, name=f"{name}_expand")(x)
    h = layers.BatchNormalization(name=f"{name}_expand_norm")(h)
    h = layers.ReLU(6.0, name=f"{name}_expand_relu")(h)
    h = layers.DepthwiseConv2D(3, strides, padding="same", use_bias=False, name=f"{name}_depthwise")(h)
    h = layers.BatchNormalization(name=f"{name}_depthwise_norm")(h)
    h = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(h)
    h = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project")(h)
    h = layers.BatchNormalization(name=f"{name}_project_norm")(h)
    return layers.Add(name=f"{name}_add")([x, h]) if h.shape == x.shape else h


def trained(data: Digits, epochs: int = 12) -> keras.Model:
    """The model, trained; the same versions on the same kind of machine give the same weights."""
    keras.utils.set_random_seed(0)
    model = small_mobilenet()
    model.compile(keras.optimizers.Adam(3e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(data.images, data.labels, batch_size=32, epochs=epochs, verbose=0)
    return model
