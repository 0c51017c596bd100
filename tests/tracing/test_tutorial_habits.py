"""What tutorials do around tensors: parts made late, numbers of NumPy, variables of TensorFlow, losses, metrics."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from test_written_models import randomised
from traced_calls import calling, equal, ported

from equivalence import port


class Late(keras.Model):
    """Parts that nobody has called, models among them, some made in `build`."""

    def __init__(self) -> None:
        super().__init__()
        self.features = keras.Sequential([layers.Conv2D(3, 3), layers.Flatten()])

    def build(self, shape: Any) -> None:
        inside = keras.Input((4,))
        self.head = keras.Model(inside, layers.Dense(2, activation=tf.nn.gelu)(inside))
        self.narrow = layers.Dense(4)

    def call(self, x: Any) -> Any:
        return self.head(self.narrow(self.features(x)))


def test_parts_that_nobody_has_called() -> None:
    made = port(Late(), inputs=keras.Input((5, 6, 2)))
    assert made.report.verified, made.report.because
    assert made.report.float64 is not None


class StochasticDepth(layers.Layer):
    """Its rate comes from np.linspace, as it mostly does."""

    def __init__(self, rate: Any) -> None:
        super().__init__()
        self.rate, self.seed = rate, keras.random.SeedGenerator(1)

    def call(self, x: Any, training: Any = None) -> Any:
        if not training:
            return x
        kept = 1 - self.rate
        drawn = kept + keras.random.uniform((ops.shape(x)[0],) + (1,) * (len(x.shape) - 1), seed=self.seed)
        return (x / kept) * ops.floor(drawn)


def test_a_rate_of_numpy_s_leaves_tensors_as_they_are() -> None:
    x = keras.Input((5,))
    made = equal(keras.Model(x, [StochasticDepth(rate)(x) for rate in np.linspace(0.25, 0.5, 2)]))
    assert "def forward_in_training" in made.source
    torch.manual_seed(0)
    first, second = made.module.train()(torch.ones(400, 5))
    assert first.dtype == torch.float32
    for rows, rate in ((first, 0.25), (second, 0.5)):
        assert set(rows.unique().tolist()) == {0.0, float(np.float32(1 / (1 - rate)))}
        assert abs(float((rows[:, 0] == 0).float().mean()) - rate) < 0.1


class Quantizer(layers.Layer):
    """A codebook in a variable of TensorFlow's, which Keras does not know; a loss; a metric; straight through."""

    def __init__(self) -> None:
        super().__init__()
        self.codes = tf.Variable(np.random.default_rng(0).normal(size=(3, 7)).astype("float32"), trainable=True)
        self.seen = keras.metrics.Mean(name="seen")

    def call(self, x: Any) -> Any:
        flat = tf.reshape(x, [-1, 3])
        far = (
            tf.reduce_sum(flat**2, 1, keepdims=True) + tf.reduce_sum(self.codes**2, 0) - 2 * tf.matmul(flat, self.codes)
        )
        near = tf.matmul(tf.one_hot(tf.argmin(far, axis=1), 7), self.codes, transpose_b=True)
        near = tf.reshape(near, tf.shape(x))
        self.add_loss(tf.reduce_mean((near - tf.stop_gradient(x)) ** 2))
        self.seen.update_state(tf.reduce_mean(far))
        return x + tf.stop_gradient(near - x)


def test_what_a_call_does_beside_its_result_is_told() -> None:
    x = keras.Input((None, 3))
    made = port(keras.Model(x, Quantizer()(x)))
    assert made.report.verified, made.report.because
    assert "self.codes = nn.Parameter(torch.zeros(3, 7), requires_grad=False)" in made.source
    (note,) = [note for note in made.report.notes if note.startswith("Left out")]
    assert "adds a loss in 'quantizer'" in note
    assert "counts in the metric 'seen'" in note
    assert made.predict(np.ones((2, 9, 3), "float32")).shape == (2, 9, 3)


def test_a_cell_is_called_in_its_layer_and_by_itself() -> None:
    def call(self: Any, x: Any) -> Any:
        output, *state = self.rnn(x)
        for _ in range(2):
            output, state = self.cell(output, states=state)
        return output

    cell = layers.LSTMCell(3)
    equal(calling(call, (None, 3), cell=cell, rnn=layers.RNN(cell, return_state=True)))


def test_the_nearest_of_all_in_float64() -> None:
    equal(
        calling(lambda self, x: x + ops.cast(ops.argmin(x, axis=1) - ops.argmax(x, axis=1), x.dtype)[:, None], (5, 3))
    )


def test_a_whole_axis_backwards() -> None:
    made = ported(randomised(calling(lambda self, x: x[:, ::-1] + x[..., ::-1, 0][..., None], (None, 4))))
    assert made.report.verified
    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    np.testing.assert_allclose(made.predict(x), x[:, ::-1] + x[..., ::-1, 0][..., None], rtol=1e-6)


class Doubled(layers.Layer):
    """Of one step, as TimeDistributed calls it."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = layers.Dense(3)

    def build(self, shape: Any) -> None:
        self.inner.build(shape)

    def compute_output_shape(self, shape: Any) -> Any:
        return (*shape[:-1], 3)

    def call(self, x: Any) -> Any:
        return self.inner(x) * 2.0


def test_an_own_layer_distributed_over_steps() -> None:
    x = keras.Input((None, 4))
    made = equal(keras.Model(x, layers.TimeDistributed(Doubled())(x)))
    assert made.predict(np.ones((2, 9, 4), "float32")).shape == (2, 9, 3)


class Titles(layers.Layer):
    """Words of their own, looked up inside."""

    def __init__(self) -> None:
        super().__init__()
        self.lookup = layers.StringLookup(vocabulary=["a", "b"])
        self.embedding = layers.Embedding(3, 4)

    def call(self, words: Any) -> Any:
        return self.embedding(self.lookup(words))


def test_a_layer_s_own_vocabulary_goes_along() -> None:
    words = keras.Input((3,), dtype="string")
    model = keras.Model(words, Titles()(words))
    given = [["b", "a", "c"], ["a", "a", "b"]]
    found = port(model, verify=False).module(given).detach().numpy()
    np.testing.assert_allclose(found, model(tf.constant(given)), rtol=1e-6)
