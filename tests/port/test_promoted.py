"""What Keras makes of tensors on the way into a layer or a nested model: floats, declared dtypes, stacked lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

from equivalence import Ported, port
from equivalence.errors import Refused


def whole_numbers_into_layers() -> Any:
    ids = keras.Input((7, 3), dtype="int32", name="ids")
    outputs = [
        layers.Dense(4)(ids),
        layers.LSTM(4)(ids),
        layers.Bidirectional(layers.GRU(2))(ids),
        layers.TimeDistributed(layers.Dense(2))(ids),
        layers.MultiHeadAttention(2, 4)(ids, ids),
    ]
    return keras.Model(ids, outputs, name="whole_numbers_into_layers")


def whole_numbers_into_a_model() -> Any:
    steps = keras.Input((7, 3))
    inner = keras.Model(steps, layers.Conv1D(4, 2)(steps * 0.5), name="inner")
    ids = keras.Input((7, 3), dtype="int32", name="ids")
    return keras.Model(ids, inner(layers.Masking(1)(ids)), name="whole_numbers_into_a_model")


def floats_into_a_model_of_indices() -> Any:
    words = keras.Input((7,), dtype="int32")
    inner = keras.Model(words, layers.Embedding(9, 3)(words), name="inner")
    x = keras.Input((7,), name="x")
    return keras.Model(x, inner(keras.ops.clip(x * 4.0, 0.0, 8.0)), name="floats_into_a_model_of_indices")


def activations_of_recurrent_layers() -> Any:
    x = keras.Input((7, 3), name="x")
    tanh = {"module": "builtins", "class_name": "function", "config": "tanh", "registered_name": "function"}
    outputs = [
        layers.SimpleRNN(4, activation=layers.LeakyReLU(negative_slope=0.25))(x),
        layers.SimpleRNN(4, activation=keras.activations.get("relu"))(x),
        layers.GRU(4, activation=layers.ELU(alpha=0.5))(x),
        layers.LSTM(4, activation=keras.activations.get(tanh["config"]))(x),
    ]
    return keras.Model(x, outputs, name="activations_of_recurrent_layers")


MODELS = [
    whole_numbers_into_layers,
    whole_numbers_into_a_model,
    floats_into_a_model_of_indices,
    activations_of_recurrent_layers,
]

STACKED = r"'act'.*a list of one tensor, which Keras stacks"


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_tensors_are_what_keras_makes_of_them(
    make: Callable[[], Any], saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    report = verified(saved(make)).report
    assert report.verified, report.because


def test_whole_numbers_are_refused_where_keras_computes_with_them_as_they_are() -> None:
    ids = keras.Input((7, 3), dtype="int32")
    model = keras.Model(ids, layers.LayerNormalization(name="norm")(ids))
    with pytest.raises(Refused, match=r"'norm'.*is called on int32"):
        port(model, verify=False)


def test_a_list_of_one_tensor_is_refused_where_keras_stacks_it() -> None:
    x = keras.Input((5,))
    inner = keras.Model(x, [layers.Dense(4)(x)], name="inner")
    outer = keras.Input((5,))
    stacked = keras.Model(outer, layers.ReLU(name="act")(inner(outer)))
    assert stacked(keras.ops.ones((3, 5))).shape == (1, 3, 4)
    with pytest.raises(Refused, match=STACKED):
        port(stacked, verify=False)
    chain = keras.Sequential([keras.Input((5,)), inner, layers.ReLU(name="act")])
    with pytest.raises(Refused, match=STACKED):
        port(chain, verify=False)
    picked = keras.Model(outer, layers.ReLU(name="act")(inner(outer)[0]))
    assert port(picked).report.verified
