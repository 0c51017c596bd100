"""What tutorials do around tensors: parts made late, numbers of NumPy, variables of TensorFlow, losses, metrics."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from keras import layers, ops
from test_written_models import randomised
from traced_calls import Own, calling, equal, ported

from equivalence import port
from equivalence.errors import Refused


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


class Flow(keras.Model):
    """In training by default, where it goes the other way."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = layers.Dense(3)

    def call(self, x: Any, training: Any = True) -> Any:
        return x - self.shift(x) if training else (x + self.shift(x)) * 2.0


def test_a_call_that_is_in_training_by_default_is_in_inference_in_a_port() -> None:
    model = Flow()
    made = port(model, inputs=keras.Input((3,)))
    assert made.report.verified, made.report.because
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    np.testing.assert_allclose(made.predict(x), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
    trained = made.module.train()(torch.from_numpy(x)).detach()
    np.testing.assert_allclose(trained, model(x, training=True), rtol=1e-5, atol=1e-6)


class Found(NamedTuple):
    scores: Any
    hidden: Any


class Named(keras.Model):
    """It returns a tuple whose places have names."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = layers.Dense(5), layers.Dense(2)

    def call(self, x: Any) -> Found:
        hidden = self.first(x)
        return Found(scores=self.last(hidden), hidden=hidden)


def test_a_tuple_with_names_is_a_tuple() -> None:
    made = port(Named(), inputs=keras.Input((3,)))
    assert made.report.verified, made.report.because
    scores, hidden = made.predict(np.ones((4, 3), "float32"))
    assert (scores.shape, hidden.shape) == ((4, 2), (4, 5))


class Grouped(layers.Layer):
    """The spread within groups of four samples, as discriminators look at it."""

    def call(self, x: Any) -> Any:
        groups = ops.reshape(x, (4, -1, *x.shape[1:]))
        return ops.concatenate([x, ops.tile(ops.mean(ops.std(groups, axis=0), axis=-1, keepdims=True), (4, 1))], -1)


def test_batches_that_come_in_groups() -> None:
    x = keras.Input((5,))
    made = equal(keras.Model(x, Grouped()(x)))
    assert any("multiples of 12" in note for note in made.report.notes)
    assert made.predict(np.ones((8, 5), "float32")).shape == (8, 6)


def test_nodes_that_edges_of_the_model_point_at() -> None:
    edges = np.array([[0, 1], [2, 0], [2, 4]], "int32")

    def call(self: Any, nodes: Any) -> Any:
        return ops.segment_sum(ops.take(nodes, edges[:, 0], axis=0), edges[:, 1], num_segments=ops.shape(nodes)[0])

    equal(Own(call, [keras.Input((3,))]))


def test_whole_numbers_that_become_places() -> None:
    """Of a table that only takes what they add up to where they are small."""
    equal(
        calling(
            lambda self, words, answers: self.table(words + 9 * answers),
            (None,), (None,), dtype="int32", table=layers.Embedding(19, 4),
        )
    )  # fmt: skip


def test_the_first_of_an_open_axis() -> None:
    made = equal(calling(lambda self, x: ops.top_k(x, 3)[0], (None,)))
    with pytest.raises(RuntimeError):
        made.predict(np.ones((2, 2), "float32"))


@keras.saving.register_keras_serializable("habits")
class Cell(layers.Layer):
    """A step of its own."""

    def __init__(self, units: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.units = self.state_size = self.output_size = units

    def get_config(self) -> Any:
        return {**super().get_config(), "units": self.units}

    def build(self, shape: Any) -> None:
        self.inputs = self.add_weight(shape=(shape[-1], self.units), name="inputs")
        self.states = self.add_weight(shape=(self.units, self.units), name="states")

    def call(self, x: Any, states: Any) -> Any:
        (h,) = states if isinstance(states, (list, tuple)) else (states,)
        h = ops.tanh(x @ self.inputs + h @ self.states)
        return h, [h]


class Padding(layers.Layer):
    """In training by default; a Functional model keeps that as if it had been said."""

    def call(self, x: Any, training: Any = True) -> Any:
        return x * 3.0 if training else x


def test_a_layer_of_a_functional_model_that_is_in_training_by_default() -> None:
    x = keras.Input((3,))
    model = keras.Model(x, layers.Dense(2)(Padding()(x)))
    made = equal(model)
    given = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    np.testing.assert_allclose(made.predict(given), model.predict(given, verbose=0), rtol=1e-5, atol=1e-6)


def test_steps_that_are_counted_by_a_tensor() -> None:
    def call(self: Any, x: Any) -> Any:
        written, h = tf.TensorArray(x.dtype, size=5), x[:, 0]
        for step in tf.range(5):
            h = tf.tanh(h) + x[:, step]
            written = written.write(step, h)
        return sum(x[:, step] * ops.cast(step, x.dtype) for step in ops.arange(1, 5, 2)), tf.transpose(
            written.stack(), [1, 0, 2]
        )

    equal(calling(call, (5, 4)))


def test_both_ways_through_a_sequence_with_a_cell_of_one_s_own() -> None:
    x = keras.Input((4, 3))
    equal(keras.Model(x, layers.Bidirectional(layers.RNN(Cell(2), return_sequences=True))(x)))


def test_an_output_in_a_list_in_a_list_is_left_in_one() -> None:
    """Keras takes one list off what a functional model gives, as off its own."""
    x = keras.Input((3, 2))
    model = keras.Model(x, [[{"found": Twice()(x)}]])
    (found,) = port(model, verify=False).module(torch.ones(1, 3, 2))
    assert set(found) == set(*model(np.ones((1, 3, 2)))) == {"found"}


class Twice(layers.Layer):
    def call(self, x: Any) -> Any:
        return x * 2.0


def test_a_mask_by_keyword_around_a_model_in_a_model_is_refused() -> None:
    inside, around = keras.Input((4, 5)), keras.Input((4, 5))
    outer = keras.Model(around, keras.Model(inside, layers.Dense(3)(inside), name="inner")(around), name="outer")
    x, mask = keras.Input((4, 5)), keras.Input((4,), dtype="bool")
    with pytest.raises(Refused, match="model 'outer' is called with mask="):
        port(keras.Model([x, mask], Twice()(outer(x, mask=mask))), verify=False)


def test_a_mask_by_keyword_is_not_lost_on_the_way_into_a_model() -> None:
    """Its layers would run without it: the numbers were others, and nothing said so but the comparison."""
    inside = keras.Input((4, 5))
    inner = keras.Model(inside, layers.LSTM(3)(Twice()(inside)), name="inner")
    x, mask = keras.Input((4, 5)), keras.Input((4,), dtype="bool")
    with pytest.raises(Refused, match="model 'inner' is called with mask="):
        port(keras.Model([x, mask], inner(x, mask=mask)), verify=False)
