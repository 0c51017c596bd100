"""Models whose blocks repeat, and models that look as if theirs did."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


def residual() -> Any:
    """Blocks of growing sizes, in a row of equal ones, and before them one that is like none of them."""
    image = keras.Input((12, 11, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", name="stem")(image)
    for index, (filters, strides) in enumerate([(4, 1), (4, 1), (4, 1), (4, 1), (6, 2), (8, 2), (10, 2), (12, 2)], 1):
        y = layers.BatchNormalization(epsilon=2**-8, name=f"stage{index}_norm")(x)
        y = layers.Activation("relu", name=f"stage{index}_relu")(y)
        y = layers.Conv2D(filters, 3, padding="same", name=f"stage{index}_conv1")(y)
        y = layers.Conv2D(filters, 1, strides, name=f"stage{index}_conv2")(y)
        if strides > 1:
            x = layers.Conv2D(filters, 1, strides, name=f"stage{index}_short")(x)
        x = layers.Add(name=f"stage{index}_add")([x, y])
    return keras.Model(image, layers.Dense(5, name="last")(layers.GlobalAveragePooling2D(name="mean")(x)))


def encoder() -> Any:
    """Attention blocks over words, whose mask goes into each of them, and recurrent ones behind."""
    words = keras.Input((7,), dtype="int32", name="words")
    x = layers.Embedding(11, 6, mask_zero=True, name="embedded")(words)
    for index in range(4):
        y = layers.MultiHeadAttention(2, 4, name=f"block_{index}_attention")(x, x)
        x = layers.LayerNormalization(epsilon=2**-8, name=f"block_{index}_norm1")(
            layers.Add(name=f"block_{index}_add1")([x, y])
        )
        y = layers.Dense(9, activation="elu", name=f"block_{index}_up")(x)
        y = layers.Dropout(0.25, name=f"block_{index}_drop")(layers.Dense(6, name=f"block_{index}_down")(y))
        x = layers.LayerNormalization(epsilon=2**-8, name=f"block_{index}_norm2")(
            layers.Add(name=f"block_{index}_add2")([x, y])
        )
    for units in (4, 5, 6):
        x = layers.LSTM(units, return_sequences=True, name=f"lstm{units}_run")(x)
        x = layers.Dense(4, activation="tanh", name=f"lstm{units}_out")(x)
        x = layers.LayerNormalization(epsilon=2**-8, name=f"lstm{units}_norm")(x)
    return keras.Model(words, layers.GlobalAveragePooling1D(name="mean")(x))


def decoder() -> Any:
    """Blocks that are given, besides what goes through them, the same tensor all."""
    steps, memory = keras.Input((5, 6), name="steps"), keras.Input((7, 4), name="memory")
    x = steps
    for index in range(6):
        y = layers.MultiHeadAttention(2, 4, name=f"layer{index}_cross")(x, memory)
        x = layers.LayerNormalization(epsilon=2**-8, name=f"layer{index}_norm")(
            layers.Add(name=f"layer{index}_add")([x, y])
        )
        y = layers.Dense(9, activation="relu", name=f"layer{index}_up")(x)
        x = layers.Add(name=f"layer{index}_sum")([x, layers.Dense(6, name=f"layer{index}_down")(y)])
    return keras.Model([steps, memory], x)


def counted() -> Any:
    """Layers that nobody has named: Keras counts them."""
    image = keras.Input((9, 8, 3), name="image")
    x = layers.Conv2D(4, 1, name="stem")(image)
    for index in range(6):
        y = layers.SeparableConv2D(4, 3, padding="same", name=f"separable_conv2d_{index + 4}")(x)
        y = layers.BatchNormalization(epsilon=2**-8, name=f"batch_normalization_{2 * index + 3}")(y)
        y = layers.Conv2D(4, 3, padding="same", name=f"conv2d_{index}")(y)
        y = layers.BatchNormalization(epsilon=2**-8, name=f"batch_normalization_{2 * index + 4}")(y)
        x = layers.Add(name=f"add_{index + 1}")([x, y])
    return keras.Model(image, x)


def nested() -> Any:
    """A model within the model, in which blocks repeat."""
    inner = residual()
    image = keras.Input((12, 11, 3), name="outer_image")
    wrapped = keras.Model(inner.input, inner.output, name="backbone")
    return keras.Model(image, layers.Dense(3, name="head")(wrapped(image)))


def unlike() -> Any:
    """Blocks that are alike but for what is no number: a strange activation, a constant, who else uses them."""
    image = keras.Input((9, 8, 4), name="image")
    x, seen = image, []
    for index, activation in enumerate(["relu", "tanh", "relu", "elu"]):
        y = layers.Conv2D(4, 3, padding="same", use_bias=index != 2, name=f"part{index}_conv")(x)
        y = layers.Activation(activation, name=f"part{index}_activation")(y)
        y = layers.DepthwiseConv2D(3, padding=["same", "valid"][index % 2], name=f"part{index}_depthwise")(y)
        seen.append(layers.GlobalMaxPooling2D(name=f"part{index}_largest")(y))
        x = layers.BatchNormalization(epsilon=2**-8, axis=[-1, 2][index % 2], name=f"part{index}_norm")(y)
    return keras.Model(image, [x, *seen])


def shared() -> Any:
    """One layer in all blocks, which can be in none of them."""
    steps = keras.Input((5, 6), name="steps")
    x, dense = steps, layers.Dense(6, name="dense")
    for index in range(4):
        x = layers.LayerNormalization(epsilon=2**-8, name=f"turn{index}_norm")(
            layers.Add(name=f"turn{index}_add")([dense(x), x])
        )
        x = layers.Dense(6, activation="relu", name=f"turn{index}_own")(x)
    return keras.Model(steps, x)


def in_training() -> Any:
    """Blocks of which some are always in inference."""
    image = keras.Input((9, 8, 4), name="image")
    x = image
    for index in range(6):
        x = layers.Conv2D(4, 3, padding="same", name=f"block{index}_conv")(x)
        norm = layers.BatchNormalization(epsilon=2**-8, name=f"block{index}_norm")
        x = norm(x, training=False) if index % 2 else norm(x)
        x = layers.Conv2D(4, 1, activation="relu", name=f"block{index}_other")(ops.tanh(x))
    return keras.Model(image, x)


def several_outputs() -> Any:
    """What blocks give inside is an output of the model, too."""
    steps = keras.Input((5, 6), name="steps")
    x, outputs = steps, []
    for index in range(4):
        y = layers.Dense(7, activation="relu", name=f"block{index}_up")(x)
        outputs.append(y)
        x = layers.LayerNormalization(epsilon=2**-8, name=f"block{index}_norm")(
            layers.Dense(6, name=f"block{index}_down")(y)
        )
    return keras.Model(steps, [x, *outputs])


def once() -> Any:
    """Nothing repeats."""
    steps = keras.Input((5, 6), name="steps")
    return keras.Model(steps, layers.Dense(3, name="last")(layers.LSTM(4, name="lstm")(steps)))
