"""Tensors that layers keep on themselves, and that other calls read."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops
from test_written_models import randomised
from traced_calls import equal

from equivalence import port


class Reversible(layers.Layer):
    """Normalises a series, and puts back what it took away: one layer called twice."""

    def build(self, shape: Any) -> None:
        self.scale = self.add_weight(shape=(shape[-1],), name="scale")

    def call(self, x: Any, back: bool = False) -> Any:
        if back:
            return x / self.scale * self.spread + self.mean
        self.mean, self.spread = ops.mean(x, axis=1, keepdims=True), ops.std(x, axis=1, keepdims=True)
        return (x - self.mean) / self.spread * self.scale


class Forecast(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.reversible, self.head = Reversible(), layers.Dense(3)

    def call(self, x: Any) -> Any:
        return self.reversible(self.head(self.reversible(x)), back=True)


class Attending(layers.Layer):
    """Keeps its scores, for whoever wants to look at them."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = layers.MultiHeadAttention(2, 3)

    def call(self, x: Any) -> Any:
        y, self.scores = self.attention(x, x, return_attention_scores=True)
        self.width = ops.cast(ops.shape(x)[-1], "float32")
        return x + y


class Around(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Attending()

    def call(self, x: Any) -> Any:
        return self.inner(x) * 2.0


class Reading(layers.Layer):
    """Reads what was kept in a layer within another one."""

    def __init__(self, other: Around) -> None:
        super().__init__()
        self.other = [lambda: other.inner]

    def call(self, x: Any) -> Any:
        kept = self.other[0]()
        return ops.einsum("bhts,bsc->btc", kept.scores, x) / kept.width


class Maps(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = [Around(), Around()]
        self.reading = Reading(self.blocks[0])

    def call(self, x: Any) -> Any:
        for block in self.blocks:
            x = block(x)
        return {"read": self.reading(x), "scores": [block.inner.scores for block in self.blocks]}


class Encoder(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.convolutions = [layers.Conv1D(width, 3, padding="same") for width in (4, 5)]

    def call(self, x: Any) -> Any:
        self.skips = []
        for convolution in self.convolutions:
            x = convolution(x)
            self.skips.append(x)
            x = ops.relu(x)
        return x


class Decoder(layers.Layer):
    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder, self.head = encoder, layers.Dense(2)

    def call(self, x: Any) -> Any:
        return self.head(ops.concatenate([x, *self.encoder.skips], axis=-1))


def test_what_one_call_of_a_layer_keeps_for_another() -> None:
    x = keras.Input((7, 3))
    made = equal(keras.Model(x, Forecast()(x)))
    assert "def forward_2(self, x: Tensor, " in made.source


def test_what_others_read_of_a_layer_within_a_layer() -> None:
    model = Maps()
    model(np.zeros((2, 5, 6), "float32"))
    made = port(randomised(model), inputs=keras.Input((None, 6)))
    assert made.report.verified, made.report.because
    x = np.random.default_rng(0).normal(size=(3, 4, 6)).astype("float32")
    found, expected = made.predict(x), model(x)
    np.testing.assert_allclose(found["read"], expected["read"], rtol=1e-4, atol=1e-5)
    for ours, keras_s in zip(found["scores"], expected["scores"], strict=True):
        np.testing.assert_allclose(ours, keras_s, rtol=1e-4, atol=1e-5)


def test_a_list_that_the_next_layer_reads() -> None:
    x = keras.Input((None, 3))
    encoder = Encoder()
    equal(keras.Model(x, Decoder(encoder)(encoder(x))))
