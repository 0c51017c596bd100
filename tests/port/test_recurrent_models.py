"""Layers inside layers, in whole models: every one compared, and written as a person would write it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

from equivalence import Ported, port
from equivalence.errors import Refused


def video() -> Any:
    """Images step by step, through a chain of wrapped layers."""
    frames = keras.Input((4, 8, 6, 3), name="frames")
    x = layers.TimeDistributed(layers.Conv2D(5, 3, strides=2, padding="same"), name="conv")(frames)
    x = layers.TimeDistributed(layers.BatchNormalization(), name="norm")(x)
    x = layers.TimeDistributed(layers.Flatten(), name="flat")(x)
    x = layers.TimeDistributed(layers.Dense(7), name="dense")(x)
    return keras.Model(frames, layers.LSTM(2, name="lstm")(x), name="video")


def deeply_wrapped() -> Any:
    """Sentences word by word, then sentence by sentence; with shared and frozen layers."""
    sentences = keras.Input((4, 7, 3), name="sentences")
    words = layers.TimeDistributed(layers.Bidirectional(layers.GRU(5, reset_after=False)), name="words")
    shared = layers.Bidirectional(layers.LSTM(3, return_sequences=True), merge_mode="sum", name="shared")
    frozen = layers.Bidirectional(layers.GRU(6), name="frozen", trainable=False)
    x = layers.Dense(3, name="narrow")(words(sentences))
    return keras.Model(sentences, frozen(shared(layers.Dense(3, name="again")(shared(x)))), name="deeply_wrapped")


def cells() -> Any:
    """Cells run by RNN, one upon the other, in both directions, on every step of a sequence."""
    steps = keras.Input((6, 3), name="steps")
    stacked = [layers.LSTMCell(4), layers.GRUCell(5, reset_after=False), layers.LSTMCell(4, use_bias=False)]
    x = layers.RNN(stacked, return_sequences=True, name="stacked")(steps)
    both = layers.RNN([layers.SimpleRNNCell(3), layers.SimpleRNNCell(4)], return_sequences=True)
    x = layers.Bidirectional(both, merge_mode="mul", name="both")(x)
    x = layers.RNN(layers.GRUCell(3), return_sequences=True, name="one", trainable=False)(x)
    return keras.Model(steps, layers.Bidirectional(layers.RNN(layers.LSTMCell(2)), name="last")(x), name="cells")


def next_frame() -> Any:
    frames = keras.Input((None, 8, 6, 1), name="frames")
    x = layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True, name="first")(frames)
    x = layers.BatchNormalization(name="norm")(x)
    x, h, _ = layers.ConvLSTM2D(3, 3, strides=2, padding="same", return_sequences=True, return_state=True)(x)
    backwards = layers.ConvLSTM2D(2, 3, go_backwards=True, name="backwards")(x)
    frame = layers.Conv3D(1, 3, padding="same", activation="sigmoid", name="frame")(x)
    return keras.Model(frames, [frame, layers.Conv2D(2, 3, name="last")(h), backwards], name="next_frame")


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("make", [video, deeply_wrapped, cells, next_frame], ids=lambda make: make.__name__)
def test_every_layer_is_compared_and_equal(
    make: Callable[[], Any], ending: str, saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    report = verified(saved(make, ending)).report
    assert report.verified, report.because
    assert {row["path"] for row in report.layers} == {call.path for call in report.emitted}


def test_wrapped_layers_in_a_row_fold_time_into_the_batch_once(
    saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    source = verified(saved(video)).source
    assert source.count(".flatten(0, 1)") == source.count(".unflatten(0, ") == 1


def test_both_directions_are_one_torch_layer(saved: Callable[..., Path], verified: Callable[..., Ported]) -> None:
    source = verified(saved(deeply_wrapped)).source
    assert "self.shared = nn.LSTM(3, 3, batch_first=True, bidirectional=True)" in source
    assert "self.frozen = nn.GRU(3, 6, batch_first=True, bidirectional=True)" in source


def test_bidirectional_with_the_states_of_another_layer() -> None:
    """Keras takes the first of two states for each direction of a GRU, without a word."""
    x, states = keras.Input((7, 3)), [keras.Input((4,)) for _ in range(4)]
    model = keras.Model([x, *states], keras.layers.Bidirectional(keras.layers.GRU(4))(x, initial_state=states))
    with pytest.raises(Refused, match="called with 2 initial states for each direction, not 1"):
        port(model, verify=False)
