"""Layers that read weights of a layer that runs elsewhere: tied autoencoders, heads on an embedding."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers, ops
from test_written_models import randomised
from traced_calls import equal

from equivalence import port
from equivalence.emit.file_text import parameter_count


class Transposed(layers.Layer):
    """A Dense the other way round, on the weights of one."""

    def __init__(self, dense: Any, activation: str | None = None) -> None:
        super().__init__()
        self.dense, self.activation = dense, keras.activations.get(activation)

    def build(self, shape: Any) -> None:
        self.bias = self.add_weight(shape=(self.dense.kernel.shape[0],), name="bias")

    def call(self, x: Any) -> Any:
        return self.activation(ops.matmul(x, ops.transpose(self.dense.weights[0])) + self.bias)


class Scaled(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.scale = self.add_weight(shape=(4,), name="scale")

    def call(self, x: Any) -> Any:
        return x * self.scale


class Unscaled(layers.Layer):
    def __init__(self, other: Scaled) -> None:
        super().__init__()
        self.other = other

    def call(self, x: Any) -> Any:
        return x / (ops.abs(self.other.scale) + 1.0)


def autoencoder() -> Any:
    first, second = layers.Dense(6, activation="selu"), layers.Dense(3)
    encoder = keras.Sequential([keras.Input((5, 4)), layers.Flatten(), first, second])
    decoder = keras.Sequential([Transposed(second, "selu"), Transposed(first, "sigmoid"), layers.Reshape((5, 4))])
    return keras.Sequential([encoder, decoder])


def after_it_ran() -> Any:
    x, scaled = keras.Input((4,)), Scaled()
    return keras.Model(x, Unscaled(scaled)(layers.Dense(4)(scaled(x))))


def before_it_runs() -> Any:
    x, scaled = keras.Input((4,)), Scaled()
    return keras.Model(x, scaled(layers.Dense(4)(Unscaled(scaled)(x))))


class OneTemperature(keras.Model):
    """A weight of the model's, which two of its layers read."""

    class Cooled(layers.Layer):
        def __init__(self, by: Any) -> None:
            super().__init__()
            self.by = by

        def call(self, x: Any) -> Any:
            return x / (1.0 + self.by**2)

    def __init__(self) -> None:
        super().__init__()
        self.temperature = self.add_weight(shape=(), name="temperature")
        self.first, self.last, self.dense = (
            self.Cooled(self.temperature),
            self.Cooled(self.temperature),
            layers.Dense(3),
        )

    def call(self, x: Any) -> Any:
        return self.last(self.dense(self.first(x)))


@pytest.mark.parametrize("make", [autoencoder, after_it_ran, before_it_runs], ids=lambda make: make.__name__)
def test_one_weight_is_one_parameter(make: Any) -> None:
    model = make()
    made = equal(model)
    count = sum(int(parameter.numel()) for parameter in made.module.parameters())
    assert count == parameter_count(made.draft) == model.count_params()


def test_a_weight_of_the_model_s_in_two_layers() -> None:
    model = OneTemperature()
    model(ops.zeros((2, 5)))
    made = port(randomised(model))
    assert made.report.verified, made.report.because
    assert sum(int(parameter.numel()) for parameter in made.module.parameters()) == model.count_params()


def test_a_weight_s_first_axis_is_no_batch() -> None:
    source = equal(autoencoder()).source
    assert "kernel   float32 (6, 3)" in source
