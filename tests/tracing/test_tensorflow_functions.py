"""Functions of TensorFlow's in the code of own layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import pytest
import tensorflow as tf
from keras import layers, ops
from test_written_models import randomised
from traced_calls import calling, equal

from equivalence import Refused, port


class Raw(layers.Layer):
    """An own layer whose call is a function of TensorFlow's."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def build(self, shape: Any) -> None:
        self.w = self.add_weight(shape=(shape[-1], shape[-1]), name="w")

    def call(self, x: Any) -> Any:
        return self.function(x, self.w)


def _reshaped(x: Any, w: Any) -> Any:
    sizes = tf.shape(x)
    return tf.reshape(x, [sizes[0], sizes[1], 2, 3])


CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "matmul and softmax of a weight": lambda x, w: tf.matmul(x, tf.nn.softmax(w)),
    "a mean over axes": lambda x, w: tf.reduce_mean(x, axis=1, keepdims=True) + w[0],
    "concat and transpose": lambda x, w: tf.transpose(tf.concat([x, x * 2.0], axis=-1), perm=[0, 2, 1]),
    "square root of a sum of squares": lambda x, w: tf.sqrt(tf.reduce_sum(tf.square(x), axis=-1)),
    "a cast and a product": lambda x, w: tf.cast(x, tf.float32) * tf.nn.relu(x),
    "sizes": _reshaped,
    "expand and squeeze": lambda x, w: tf.squeeze(tf.expand_dims(x, axis=1), axis=1),
    "stack": lambda x, w: tf.stack([x, x], axis=2),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_functions_of_tensorflow(call: Callable[[Any, Any], Any]) -> None:
    x = keras.Input((None, 6))

    class Model(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.raw = Raw(call)

        def call(self, x: Any) -> Any:
            return self.raw(x)

    model = Model()
    model.build((None, 4, 6))
    made = port(randomised(model), inputs=x)
    assert made.report.verified, made.report.because
    in_single = made.report.float64 is None
    assert in_single == (call is CALLS["a cast and a product"])  # tf.float32 is float32, and nothing else


def test_a_function_that_nothing_translates_is_named() -> None:
    class Model(keras.Model):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return tf.math.bessel_i0e(x)

    with pytest.raises(Refused, match=r"TensorFlow's function 'tf\.math\.bessel_i0e': have the model use"):
        port(Model(), inputs=keras.Input((4,)))


def test_functions_of_tensorflow_that_keras_has_too() -> None:
    def call(self: Any, x: Any) -> Any:
        length = ops.shape(x)[1]
        band = tf.linalg.band_part(tf.ones((length, length), x.dtype), ops.minimum(length, 2), -1)
        x = tf.einsum("ij,njd->nid", band, x)
        place = tf.gather(tf.range(length), tf.zeros((3,), "int32") + 1)
        picked = tf.gather_nd(x, tf.stack([tf.zeros_like(place), place], axis=-1))
        order = ops.argsort(x, axis=-1)
        return tf.gather(x, order, batch_dims=2) + tf.reduce_sum(tf.split(picked, [1, 3], axis=-1)[1])

    equal(calling(call, (None, 4)))


def test_an_array_of_tensorflow_is_written_place_by_place() -> None:
    def call(self: Any, x: Any) -> Any:
        steps, state = tf.TensorArray(x.dtype, size=4), ops.zeros_like(x[:, 0])
        for index in range(4):
            state = ops.tanh(x[:, index] + 0.5 * state)
            steps = steps.write(index, state)
        return ops.transpose(steps.stack(), (1, 0, 2)) - steps.read(3)[:, None]

    equal(calling(call, (4, 3)))
