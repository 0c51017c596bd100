"""Masks through whole models: from Embedding and Masking, by every kind of file, to every layer that heeds them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers

from equivalence import Ported, port

WORDS = 9  # a ninth of the words drawn is padding, wherever it falls: nothing here is padded on the right alone


def text_classifier() -> Any:
    words = keras.Input((7,), dtype="int32", name="words")
    x = layers.Embedding(WORDS, 5, mask_zero=True)(words)
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True))(x)
    x = layers.TimeDistributed(layers.Dense(6, activation="tanh"))(x)
    x = layers.Bidirectional(layers.LSTM(3), merge_mode="ave")(x)
    return keras.Model(words, layers.Dense(2)(x), name="text_classifier")


def text_chain() -> Any:
    return keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            layers.Embedding(WORDS, 5, mask_zero=True),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
            layers.Dropout(0.25),
            layers.GRU(3, return_sequences=True, go_backwards=True),
            layers.LSTM(6, activation="relu", recurrent_activation="hard_sigmoid"),
            layers.Dense(2),
        ],
        name="text_chain",
    )


def masked_steps() -> Any:
    """Steps whose two features are both below the threshold, a quarter or so of them, are masked."""
    return keras.Sequential(
        [
            keras.Input((6, 2)),
            layers.ReLU(),
            layers.Masking(0.0),
            layers.LSTM(4, return_sequences=True),
            layers.TimeDistributed(layers.Dense(5)),
            layers.SimpleRNN(3, return_sequences=True),
            layers.GRU(5, reset_after=False),
        ],
        name="masked_steps",
    )


def masked_steps_called() -> Any:
    """The same as a functional model, in whose files masks are operations of their own."""
    steps = keras.Input((6, 2), name="steps")
    x = layers.Masking(0.0)(layers.ReLU()(steps))
    sequence, h, c = layers.LSTM(4, return_sequences=True, return_state=True)(x)
    y = layers.LSTM(4, return_sequences=True)(sequence, initial_state=[h, c])
    y = layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True), merge_mode="sum")(y)
    return keras.Model(steps, [sequence, layers.GRU(5)(y)], name="masked_steps_called")


def transformer_block() -> Any:
    words = keras.Input((7,), dtype="int32", name="words")
    x = layers.Embedding(WORDS, 8, mask_zero=True)(words)
    attended = layers.MultiHeadAttention(2, 4)(x, x)
    x = layers.LayerNormalization()(layers.Add()([x, attended]))
    x = layers.Add()([x, layers.Dense(8)(layers.Dense(12, activation="relu")(x))])
    return keras.Model(words, layers.LSTM(3)(x), name="transformer_block")


def translator() -> Any:
    """Queries and values with masks of their own, and a causal one."""
    source = keras.Input((6,), dtype="int32", name="source")
    target = keras.Input((7,), dtype="int32", name="target")
    memory = layers.GRU(8, return_sequences=True)(layers.Embedding(WORDS, 5, mask_zero=True)(source))
    x = layers.Embedding(WORDS, 8, mask_zero=True)(target)
    x = layers.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)
    x = layers.MultiHeadAttention(3, 4, value_dim=2)(x, memory)
    return keras.Model([source, target], layers.Attention()([x, memory]), name="translator")


def square_image() -> Any:
    """Masks of images whose sides are equal: one is an input, one is computed channels first in torch."""
    image = keras.Input((7, 7, 3), name="image")
    valid = keras.Input((7, 7), dtype="bool", name="valid")
    x = layers.BatchNormalization()(image, mask=valid)
    x = layers.Maximum()([x, layers.Dense(3)(layers.Flatten()(image))])
    bright = keras.ops.squeeze(layers.Conv2D(1, 3, padding="same")(image) > 0, -1)
    y = layers.Minimum()([layers.BatchNormalization()(image, mask=bright), x * 2.0])
    return keras.Model([image, valid], [x, y], name="square_image")


def sentences() -> Any:
    """Words are masked in each sentence; the layer that wraps an Embedding keeps its mask for itself."""
    words = keras.Input((4, 6), dtype="int32", name="words")
    outputs = []
    for embedded in (
        layers.Embedding(WORDS, 5, mask_zero=True)(words),
        layers.TimeDistributed(layers.Embedding(WORDS, 5, mask_zero=True))(words),
    ):
        outputs.append(layers.TimeDistributed(layers.LSTM(4))(embedded))
        x = layers.TimeDistributed(layers.Bidirectional(layers.GRU(4, return_sequences=True)))(embedded)
        outputs.append(layers.TimeDistributed(layers.GlobalAveragePooling1D())(x))
    return keras.Model(words, outputs, name="sentences")


#: What Keras 3 writes of a functional model's masks to `.h5`, it cannot read itself: there are no such files to port.
FILES = [
    *((make, ".keras") for make in (text_classifier, text_chain, masked_steps, masked_steps_called, transformer_block)),
    (translator, ".keras"),
    (square_image, ".keras"),
    (sentences, ".keras"),
    (text_chain, ".h5"),
    (masked_steps, ".h5"),
]


@pytest.mark.parametrize(("make", "ending"), FILES, ids=lambda part: getattr(part, "__name__", part))
def test_every_layer_is_masked_as_in_keras(
    make: Callable[[], Any], ending: str, saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    report = verified(saved(make, ending)).report
    assert report.verified, report.because


@pytest.mark.parametrize("make", [text_classifier, text_chain, transformer_block], ids=lambda make: make.__name__)
def test_the_vector_of_padding_changes_nothing_and_that_of_a_word_does(
    make: Callable[[], Any], saved: Callable[..., Path]
) -> None:
    ported = port(saved(make), verify=False)
    words = np.array([[3, 0, 5, 2, 0, 1, 0]], np.int32)
    before = ported.predict(words)
    rows = next(parameter for name, parameter in ported.module.named_parameters() if name.startswith("embedding"))
    with torch.no_grad():
        rows[0] += 1.0
        assert np.array_equal(ported.predict(words), before)
        rows[5] += 1.0
    assert np.abs(ported.predict(words) - before).max() > 1e-3


def test_a_masked_model_trains(saved: Callable[..., Path]) -> None:
    ported = port(saved(text_classifier), verify=False)
    words = torch.tensor([[3, 0, 5, 2, 0, 1, 0], [0, 0, 0, 4, 4, 1, 2]], dtype=torch.int32)
    ported.module.train()(words).square().sum().backward()
    gradients = {name: p.grad for name, p in ported.module.named_parameters() if p.requires_grad}
    (embedding,) = (name for name in gradients if name.startswith("embedding"))  # Keras counts names on
    padding = gradients.pop(embedding)[0]
    assert not padding.any()
    assert all(gradient is not None and gradient.isfinite().all() and gradient.any() for gradient in gradients.values())


def encoder() -> Any:
    """What leaves with its state as well: an encoder as translators have it."""
    words = keras.Input((7,), dtype="int32", name="words")
    x = layers.Embedding(WORDS, 5, mask_zero=True)(words)
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)
    sequence, h, c = layers.LSTM(4, return_sequences=True, return_state=True)(x)
    return keras.Model(words, [sequence, h, c, layers.SimpleRNN(3)(layers.GRU(4, return_sequences=True)(x))])


def test_a_masked_model_has_no_loop_and_exports_with_any_batch(saved: Callable[..., Path]) -> None:
    ported = port(saved(encoder), verify=False)
    assert " for " not in ported.source
    first, second = (torch.randint(0, WORDS, (count, 7), dtype=torch.int32) for count in (3, 5))
    exported = torch.export.export(ported.module, (first,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    with torch.no_grad():
        torch.testing.assert_close(exported.module()(second), ported.module(second))
