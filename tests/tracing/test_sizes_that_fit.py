"""Sizes that a model takes though Keras's own rules take others, and what code does with sizes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from traced_calls import calling, equal


class Centred(layers.Layer):
    def call(self, x: Any) -> Any:
        return x - ops.mean(x, axis=(1, 2), keepdims=True)


class Neighbours(layers.Layer):
    def build(self, shapes: Any) -> None:
        self.weight = self.add_weight(shape=(shapes[0][-1], 4), name="weight")

    def call(self, inputs: Any) -> Any:
        x, adjacent = inputs
        return ops.matmul(ops.matmul(adjacent, x), self.weight)


def unet() -> Any:
    x = image = keras.Input((None, None, 2))
    skips = []
    for width in (2, 3, 4):
        x = layers.Conv2D(width, 3, strides=2, padding="same")(x)
        skips.append(x := Centred()(x))
    for skip in skips[-2::-1]:
        x = layers.Concatenate()([layers.Conv2DTranspose(3, 3, strides=2, padding="same")(x), skip])
    return keras.Model(image, x)


def graph() -> Any:
    nodes, adjacent = keras.Input((None, 3)), keras.Input((None, None))
    return keras.Model([nodes, adjacent], Neighbours()([nodes, adjacent]))


@pytest.mark.parametrize(
    ("make", "shapes"),
    [(unet, [(1, 24, 16, 2)]), (graph, [(2, 6, 3), (2, 6, 6)])],
    ids=["multiples-of-eight", "one-size-in-two-inputs"],
)
def test_a_size_that_no_layer_refuses_without_numbers(make: Any, shapes: Any) -> None:
    model = make()
    made, random = equal(model), np.random.default_rng(1)
    given = [random.normal(size=shape).astype(np.float32) for shape in shapes]
    expected = ops.convert_to_numpy(model(given if len(given) > 1 else given[0]))
    np.testing.assert_allclose(made.predict(*given), expected, rtol=1e-4, atol=1e-5)


def test_a_bound_that_is_a_size() -> None:
    def placed(model: Any, x: Any) -> Any:
        steps = ops.shape(x)[1]
        places = ops.clip(ops.cast(ops.arange(steps), "int32") + 2, 0, steps - 1)
        return ops.take(x, places, axis=1)

    source = equal(calling(placed, (None, 3))).source
    assert ".clamp(0, x.shape[1] - 1)" in source


def test_a_product_of_sizes() -> None:
    def mean(model: Any, x: Any) -> Any:
        return ops.sum(x, axis=(1, 2)) / ops.cast(ops.prod(ops.shape(x)[1:3]), x.dtype)

    equal(calling(mean, (None, None, 3)))


def test_a_size_with_an_axis_before_it() -> None:
    def tiled(model: Any, x: Any) -> Any:
        batch, steps = tf.shape(x)[0], tf.shape(x)[1]
        mask = tf.reshape(tf.range(steps)[:, None] >= tf.range(steps), [1, steps, steps])
        times = tf.concat([batch[..., tf.newaxis], tf.constant([1, 1], dtype=tf.int32)], 0)
        return tf.where(tf.tile(mask, times), tf.matmul(x, x, transpose_b=True), 0.0)

    equal(calling(tiled, (None, 3)))


def test_the_shape_of_a_weight() -> None:
    class Noisy(layers.Layer):
        def build(self, shape: Any) -> None:
            self.mean = self.add_weight(shape=(shape[-1], 3), name="mean")

        def call(self, x: Any, training: bool = False) -> Any:
            drawn = keras.random.normal(self.mean.shape) if training else 0.0
            return ops.matmul(x, self.mean + drawn)

    x = keras.Input((4,))
    made = equal(keras.Model(x, Noisy()(x)))
    assert "def forward_in_training" in made.source
