"""Models on sequences of any length that shrink a lot, or cut thousands of steps off: tried on sizes that suit them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers

from equivalence import port


def text_pyramid() -> Any:
    words = keras.Input((None,), dtype="int32")
    x = layers.Embedding(9, 4)(words)
    for _ in range(4):
        x = layers.MaxPooling1D(5)(layers.Conv1D(4, 5, activation="relu")(x))
    return keras.Model(words, layers.GlobalMaxPooling1D()(layers.Conv1D(3, 3)(x)))


def cropped_ends() -> Any:
    signal = keras.Input((None, 2))
    return keras.Model(signal, layers.Conv1D(3, 4, strides=3)(layers.Cropping1D((2000, 2500))(signal)))


def graph_of_nodes() -> Any:
    """Inputs whose open sizes must be one: nodes, and how much each hears of each."""
    nodes, weights = keras.Input((None, 3)), keras.Input((None, None))
    heard = layers.Dense(4)(keras.ops.matmul(weights, nodes))
    return keras.Model([nodes, weights], layers.GlobalAveragePooling1D()(heard))


@pytest.mark.parametrize("make", [text_pyramid, cropped_ends, graph_of_nodes], ids=lambda make: make.__name__)
def test_the_sizes_grow_until_the_model_runs(make: Callable[[], Any]) -> None:
    ported = port(make())
    assert ported.report.verified, ported.report.because


def test_what_comes_out_keeps_its_length_open() -> None:
    model = cropped_ends()
    ported = port(model, verify=False)
    given = np.random.default_rng(0).standard_normal((1, 4613, 2)).astype(np.float32)
    with torch.no_grad():
        found = ported.module(torch.from_numpy(given).transpose(1, 2)).transpose(1, 2).numpy()
    np.testing.assert_allclose(found, model(given), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("items", [1, 4])
def test_a_last_axis_of_one_goes_where_it_is_met(items: int) -> None:
    """Keras's one-hot categories of (batch, 1) are (batch, depth)."""
    ids = keras.Input((None,), dtype="int32")
    model = keras.Model(ids, layers.CategoryEncoding(5, output_mode="one_hot")(ids))
    given = np.random.default_rng(0).integers(0, 5, (3, items))
    found = port(model, verify=False).module(torch.from_numpy(given)).numpy()
    np.testing.assert_array_equal(found, model(given))
