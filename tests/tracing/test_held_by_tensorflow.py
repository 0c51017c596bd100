"""What a layer holds of TensorFlow's: variables, functions taken before the port, complex tensors, whole models."""

from __future__ import annotations

import functools
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from test_written_models import randomised
from traced_calls import calling, equal

from equivalence import port


@pytest.mark.parametrize(
    "read",
    [
        lambda table, x: tf.tile(table[None], [tf.shape(x)[0], 1, 1]) + x[:, :1, :1],
        lambda table, x: tf.matmul(x, table**2),
        lambda table, x: x @ tf.exp(table),
        lambda table, x: tf.broadcast_to(table, (tf.shape(x)[0], 4, 3)) * x[:, :1, :1],
    ],
    ids=["index", "power", "function", "broadcast"],
)
def test_a_variable_of_tensorflow_s_is_a_parameter(read: Any) -> None:
    table = tf.Variable(np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32), name="table")
    model = calling(lambda model, x: read(table, x), (None, 4))
    made = port(model, inputs=keras.Input((None, 4)))
    assert made.report.verified, made.report.because
    assert [tuple(parameter.shape) for parameter in made.module.parameters()] == [(4, 3)]


@pytest.mark.parametrize(
    "activation", [tf.nn.leaky_relu, functools.partial(tf.nn.leaky_relu, alpha=0.3)], ids=["function", "partial"]
)
def test_a_slope_taken_before_the_port(activation: Any) -> None:
    x = keras.Input((4,))
    equal(keras.Model(x, layers.Dense(3, activation=activation)(x)))


def test_code_that_is_less_exact_than_float64_is_compared_in_float32() -> None:
    model = calling(lambda model, x: tf.exp(tf.cast(x, tf.float32)), (4,))
    report = port(model, inputs=keras.Input((4,))).report
    assert report.verified, report.because
    assert report.float64 is None
    assert any("computes in less than float64" in note for note in report.notes)


def low_frequencies(x: Any) -> Any:
    shifted = tf.signal.fftshift(tf.signal.fft2d(tf.cast(x, tf.complex64)), axes=[1, 2])
    return tf.math.real(tf.signal.ifft2d(tf.signal.ifftshift(shifted[:, 1:5, 2:7], axes=[1, 2])))


def filtered(x: Any) -> Any:
    spectrum = tf.signal.rfft(x) * tf.complex(2.0, 0.5)
    kept = tf.pad(
        tf.einsum("bcf,ec->bef", spectrum[..., :3], tf.cast(tf.ones((5, 6)), tf.complex64)), [[0, 0], [0, 0], [0, 2]]
    )
    return tf.signal.irfft(kept, fft_length=[8])


def correlated(x: Any) -> Any:
    return tf.signal.irfft(tf.signal.rfft(x) * tf.math.conj(tf.signal.rfft(x)), fft_length=[8])


def in_two_directions(x: Any) -> Any:
    return tf.signal.irfft2d(tf.signal.rfft2d(x) * 2.0 / 3.0)


@pytest.mark.parametrize(
    "function", [low_frequencies, filtered, correlated, in_two_directions], ids=lambda function: function.__name__
)
def test_complex_tensors(function: Any) -> None:
    made = port(randomised(calling(lambda model, x: function(x), (6, 8))), inputs=keras.Input((6, 8)))
    assert made.report.verified, made.report.because


class Frame(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense, self.norm = layers.Dense(3), layers.BatchNormalization()

    def compute_output_shape(self, shape: Any) -> Any:
        return (*shape[:-1], 3)

    def call(self, x: Any, training: bool = False) -> Any:
        return self.norm(self.dense(x), training=training)


def test_a_model_of_one_s_own_over_time() -> None:
    x = keras.Input((None, 4))
    equal(keras.Model(x, layers.TimeDistributed(Frame())(x)))
