"""Ten models of different kinds, small, whose ports are read: by eye, by ruff, by what they are counted to hold.

The size of a head of attention is a power of 4: Keras rounds the root of any other to float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops


def mobile() -> Any:
    """MobileNetV2: paddings of their own, ReLU6, blocks with and without a residual."""
    options = {"weights": None, "classifier_activation": None, "classes": 7}
    return keras.applications.MobileNetV2(input_shape=(64, 64, 3), **options)


def separable() -> Any:
    """Xception: eight middle blocks that are alike."""
    options = {"weights": None, "classifier_activation": None, "classes": 7}
    return keras.applications.Xception(input_shape=(71, 71, 3), **options)


def squeezed() -> Any:
    """EfficientNetB0: squeeze and excitation, dropped paths."""
    options = {"weights": None, "classifier_activation": None, "classes": 7}
    return keras.applications.EfficientNetB0(input_shape=(64, 64, 3), **options)


def dense() -> Any:
    """DenseNet121: everything is concatenated."""
    options = {"weights": None, "classifier_activation": None, "classes": 7}
    return keras.applications.DenseNet121(input_shape=(64, 64, 3), **options)


def transformer() -> Any:
    """An encoder over words of which some are masked."""
    words = keras.Input((None,), dtype="int32", name="words")
    x = layers.Embedding(50, 32, mask_zero=True, name="embedding")(words)
    for index in range(2):
        attended = layers.MultiHeadAttention(8, 4, dropout=0.125, name=f"attention_{index}")(x, x)
        x = layers.LayerNormalization(epsilon=2.0**-20, name=f"attention_norm_{index}")(layers.Add()([x, attended]))
        y = layers.Dense(64, activation="relu", name=f"widen_{index}")(x)
        y = layers.Dropout(0.125)(layers.Dense(32, name=f"narrow_{index}")(y))
        x = layers.LayerNormalization(epsilon=2.0**-20, name=f"norm_{index}")(layers.Add()([x, y]))
    return keras.Model(words, layers.Dense(5, name="out")(layers.GlobalAveragePooling1D()(x)), name="transformer")


def decoder() -> Any:
    """A decoder: causal attention, and attention to another sequence of other masks."""
    words, source = (keras.Input((n,), dtype="int32", name=name) for n, name in ((12, "words"), (9, "source")))
    embedding = layers.Embedding(50, 32, mask_zero=True, name="embedding")
    x, memory = embedding(words), embedding(source)
    x = x + layers.MultiHeadAttention(8, 4, name="self_attention")(x, x, use_causal_mask=True)
    x = layers.LayerNormalization(name="self_norm")(x)
    x = x + layers.MultiHeadAttention(8, 4, value_dim=6, name="cross_attention")(x, memory)
    x = layers.LayerNormalization(name="cross_norm")(x)
    return keras.Model([words, source], layers.Dense(50, name="logits")(x), name="decoder")


def translating() -> Any:
    """Sequence to sequence: the states of one LSTM are the first of another."""
    source, target = keras.Input((None, 7), name="source"), keras.Input((None, 5), name="target")
    _, h, c = layers.LSTM(16, return_state=True, name="encoder")(source)
    y, h, c = layers.LSTM(16, return_sequences=True, return_state=True, name="decoder")(target, initial_state=[h, c])
    y = layers.Dense(5, activation="softmax", name="out")(y)
    return keras.Model([source, target], [y, h, c], name="translating")


def down_and_up() -> Any:
    """A U-Net."""

    def twice(x: Any, filters: int) -> Any:
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        return x

    image = keras.Input((32, 24, 3), name="image")
    x, skipped = image, []
    for filters in (4, 6, 8):
        x = twice(x, filters)
        skipped.append(x)
        x = layers.MaxPooling2D()(x)
    x = twice(x, 10)
    for filters, beside in zip((8, 6, 4), reversed(skipped), strict=True):
        x = layers.Conv2DTranspose(filters, 2, strides=2, padding="same")(x)
        x = twice(layers.Concatenate()([x, beside]), filters)
    return keras.Model(image, layers.Conv2D(1, 1, activation="sigmoid")(x), name="down_and_up")


def siamese() -> Any:
    """One tower for two images, and a second pair of towers that are alike."""

    def tower(name: str) -> Any:
        x = image = keras.Input((28, 22, 1))
        for filters in (4, 6):
            x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(filters, 3)(x)))
        return keras.Model(image, layers.Dense(8)(layers.GlobalAveragePooling2D()(x)), name=name)

    left, right = keras.Input((28, 22, 1), name="left"), keras.Input((28, 22, 1), name="right")
    both, first, second = tower("both"), tower("first"), tower("second")
    x = layers.Concatenate()([ops.abs(both(left) - both(right)), first(left), second(right)])
    return keras.Model([left, right], layers.Dense(1, activation="sigmoid", name="same")(x), name="siamese")


def both_ways() -> Any:
    """Bidirectional GRUs over words of which some are masked."""
    words = keras.Input((20,), dtype="int32", name="words")
    x = layers.Embedding(100, 24, mask_zero=True)(words)
    x = layers.Bidirectional(layers.GRU(16, return_sequences=True))(x)
    x = layers.Bidirectional(layers.GRU(12))(x)
    return keras.Model(words, layers.Dense(4, activation="softmax")(x), name="both_ways")


def films() -> Any:
    """Convolutional LSTMs over frames."""
    frames = keras.Input((5, 16, 12, 1), name="frames")
    x = layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True)(frames)
    x = layers.ConvLSTM2D(6, 3, padding="same")(layers.BatchNormalization()(x))
    return keras.Model(frames, layers.Conv2D(1, 3, padding="same", activation="sigmoid")(x), name="films")


DIVERSE: dict[str, Callable[[], Any]] = {
    made.__name__: made
    for made in (
        mobile, separable, squeezed, dense, transformer, decoder, translating, down_and_up, siamese, both_ways, films,
    )
}  # fmt: skip
