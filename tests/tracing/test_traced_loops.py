"""Operations that are given functions: maps, scans, loops and branches, of Keras and of TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from traced_calls import calling, equal, ported

from equivalence import Refused

#: Of a tensor (N, 5, 4) and a weight (4, 4).
LOOPS: dict[str, Callable[..., Any]] = {
    "map over steps": lambda x, w: ops.map(lambda step: ops.tanh(step @ w), ops.transpose(x, (1, 0, 2))),
    "vectorized map": lambda x, w: ops.vectorized_map(lambda step: step * 2.0, ops.transpose(x, (1, 0, 2))),
    "scan": lambda x, w: ops.scan(lambda h, e: (ops.tanh(h @ w + e), h + e), x[:, 0], ops.transpose(x, (1, 0, 2))),
    "scan backwards": lambda x, w: ops.scan(
        lambda h, e: (ops.tanh(h @ w + e), h), x[:, 0] * 0.0, ops.transpose(x, (1, 0, 2)), reverse=True
    ),
    "scan of nothing": lambda x, w: ops.scan(lambda h, _: (ops.tanh(h @ w), None), x, length=3)[0],
    "associative": lambda x, w: ops.associative_scan(
        lambda a, b: (a[0] * b[0], b[0] * a[1] + b[1]), (ops.sigmoid(x), x), axis=1
    )[1],
    "associative backwards": lambda x, w: ops.associative_scan(
        lambda a, b: (a[0] * b[0], b[0] * a[1] + b[1]), (ops.sigmoid(x), x), reverse=True, axis=1
    )[1],
    "while": lambda x, w: ops.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, ops.tanh(y @ w)), (0, x))[1],
    "while at most": lambda x, w: ops.while_loop(lambda y: True, lambda y: y * 0.5, x, maximum_iterations=3),
    "switch": lambda x, w: ops.switch(1, [lambda y: y, lambda y: y @ w], x) + ops.switch(7, [ops.tanh, ops.relu], x),
    "switch by a number": lambda x, w: ops.switch(
        ops.cast(ops.sum(x) > 0, "int32"), [lambda y: y * 2.0, lambda y: y @ w], x
    ),
    "tf.map_fn": lambda x, w: tf.map_fn(lambda step: tf.nn.tanh(tf.matmul(step, w)), tf.transpose(x, [1, 0, 2])),
    "tf.scan": lambda x, w: tf.scan(lambda h, e: tf.matmul(h, w) + e, tf.transpose(x, [1, 0, 2])),
    "tf.scan from": lambda x, w: tf.scan(
        lambda h, e: tf.matmul(h, w) + e, tf.transpose(x, [1, 0, 2]), initializer=x[:, 2], reverse=True
    ),
    "tf.foldl": lambda x, w: tf.foldl(lambda h, e: tf.matmul(h, w) + e, tf.transpose(x, [1, 0, 2])),
    "tf.while_loop": lambda x, w: tf.while_loop(
        lambda i, y: tf.less(i, 3), lambda i, y: [i + 1, tf.matmul(y, w)], [tf.constant(0), x]
    )[1],
    "tf.cond": lambda x, w: tf.cond(tf.reduce_sum(x) > 0.0, lambda: x @ w, lambda: x - 1.0),
    "tf.switch_case": lambda x, w: tf.switch_case(
        tf.cast(tf.reduce_sum(x) > 0.0, tf.int32), [lambda: x @ w, lambda: -x], default=lambda: x
    ),
    "tf.case": lambda x, w: tf.case(
        [(tf.reduce_sum(x) > 9.0, lambda: x @ w), (x[0, 0, 0] > 0.0, lambda: -x)], lambda: x
    ),
}


class Weighted(layers.Layer):
    """A function of its input and a weight of its own."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def build(self, shape: Any) -> None:
        self.w = self.add_weight(shape=(shape[-1], shape[-1]), name="w")

    def call(self, x: Any) -> Any:
        return self.function(x, self.w)


@pytest.mark.parametrize("what", LOOPS)
def test_loops_of_known_length(what: str) -> None:
    equal(calling(lambda self, x: self.own(x), (5, 4), own=Weighted(LOOPS[what])))


#: Of a tensor (N, T, 4) and a weight (4, 4), at any length.
OPEN: dict[str, Callable[..., Any]] = {
    "samples": lambda x, w: ops.map(lambda sample: ops.tanh(sample @ w) @ ops.transpose(sample), x[:, :4]),
    "scan": lambda x, w: ops.scan(
        lambda h, e: ((ops.tanh(h[0] @ w + e), h[0] + e), (h[1], h[0] * 2.0)),
        (x[:, 0], x[:, 1]),
        ops.transpose(x, (1, 0, 2)),
    ),
    "scan backwards": lambda x, w: ops.scan(
        lambda h, e: (ops.tanh(h @ w + e) * x[:, 0], h), x[:, 0] * 0.0, ops.transpose(x, (1, 0, 2)), reverse=True
    ),
    "counted": lambda x, w: ops.scan(
        lambda h, e: ((h[0] + e, h[1] + 1.0), (h[0] / h[1], h[1])), (x[:, 0], ops.ones(())), ops.transpose(x, (1, 0, 2))
    ),
    "tf.map_fn": lambda x, w: tf.map_fn(lambda sample: tf.matmul(sample, w), x),
    "tf.scan": lambda x, w: tf.scan(lambda h, e: tf.matmul(h, w) + e, tf.transpose(x, [1, 0, 2])),
    "tf.foldl": lambda x, w: tf.foldl(lambda h, e: tf.tanh(tf.matmul(h, w) + e), tf.transpose(x, [1, 0, 2])),
}


@pytest.mark.parametrize("what", OPEN)
def test_loops_of_open_length(what: str) -> None:
    made = equal(calling(lambda self, x: self.own(x), (None, 4), own=Weighted(OPEN[what])))
    assert "step_by_step(" in made.source


class Cell(layers.Layer):
    """A step with two states, and a layer inside."""

    state_size = (3, 3)

    def __init__(self) -> None:
        super().__init__()
        self.inner = layers.Dense(3)

    def build(self, shape: Any) -> None:
        self.inner.build((None, shape[-1] + 3))

    def call(self, x: Any, states: Any) -> Any:
        h, c = states
        c = 0.5 * c + ops.tanh(self.inner(ops.concatenate([x, h], axis=-1)))
        h = ops.sigmoid(c) * h + c
        return h, [h, c]


def test_a_cell_of_ones_own_at_any_length() -> None:
    words = keras.Input((None,), dtype="int32")
    x = layers.Embedding(9, 4, mask_zero=True)(words)
    everything = layers.RNN(Cell(), return_sequences=True, return_state=True)(x)
    backwards = layers.RNN(Cell(), return_sequences=True, go_backwards=True, zero_output_for_mask=True)(x)
    unmasked = layers.RNN([Cell(), Cell()])(x + 1.0)
    model = keras.Model(words, [*everything, backwards, unmasked])
    made = equal(model)
    given = np.array([[1, 0, 3, 4, 0], [0, 0, 2, 8, 8], [5, 6, 7, 0, 0]], "int32")
    for ours, expected in zip(made.predict(given), model(given), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)


def test_many_steps_are_one_that_is_repeated() -> None:
    x = keras.Input((300, 2))
    made = equal(keras.Model(x, layers.RNN(Cell())(x)))
    assert len(made.source.splitlines()) < 150


def test_a_loop_on_numbers_of_tensors_is_refused() -> None:
    model = calling(lambda self, x: ops.while_loop(lambda y: ops.sum(y) < 9.0, lambda y: y + 1.0, x), (4,))
    with pytest.raises(Refused, match="how often a while loop runs depends on a tensor"):
        ported(model)
