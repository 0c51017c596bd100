"""Makes the Keras 2 files beside it: `pip install tf-keras`, then `TF_USE_LEGACY_KERAS=1 python make.py`.

Every array is filled with `mark(layer, position)`, so a test can tell whose array it is.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any


def mark(layer: str, position: int) -> float:
    """The value of all elements of a layer's array at this position of its list."""
    return zlib.crc32(f"{layer}/{position}".encode()) % 1000 / 8


def nested() -> Any:
    """TFOpLambda and SlicingOpLambda calls, a nested model called twice, a frozen layer, dicts in and out."""
    import tensorflow as tf
    from tf_keras import Model, Sequential, layers

    image, inner = layers.Input((6, 5, 3), name="image"), layers.Input((6, 5, 3), name="inner")
    frozen = layers.Conv2D(7, 2, name="conv_b", trainable=False)
    x = layers.BatchNormalization(name="norm_a")(layers.Conv2D(4, 3, name="conv_a")(inner))
    encoder = Model(inner, layers.BatchNormalization(name="norm_b")(frozen(x)), name="encoder")
    stem = Sequential([layers.Conv2D(3, 1, name="conv_s")], name="stem")
    a, b = encoder(stem(image)), encoder(image * 2.0)
    x = tf.reduce_mean(tf.concat([a, b[:, :, :, 1:3]], axis=-1), axis=[1, 2])
    x = 1.0 - (x + 0.5)
    y = layers.Dense(3, name="out")(x)
    z = layers.Dense(2, name="side")(layers.Multiply(name="square")([x, x]))
    return Model({"image": image}, {"y": y, "z": z}, name="two_heads")


def text() -> Any:
    """A Sequential with layers in layers, a nested Sequential, and a state handed to a recurrent layer."""
    from tf_keras import Model, Sequential, layers

    head = Sequential([layers.Dense(4, input_shape=(5,), name="hidden"), layers.Dense(2, name="out")], name="head")
    words, state = layers.Input((7,), name="words"), layers.Input((5,), name="state")
    x = layers.Embedding(9, 4, mask_zero=True, name="embedding")(words)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both_ways")(x)
    return Model([words, state], head(layers.GRU(5, name="gru")(x, initial_state=state)), name="text")


def fill(model: Any) -> None:
    for layer in model.layers:
        if hasattr(layer, "layers"):
            fill(layer)
        else:
            for position, weight in enumerate(layer.trainable_weights + layer.non_trainable_weights):
                weight.assign(weight * 0 + mark(layer.name, position))


if __name__ == "__main__":
    for make, endings in ((nested, (".h5", ".keras")), (text, (".h5",))):
        model = make()
        fill(model)
        for ending in endings:
            model.save(Path(__file__).with_name(make.__name__ + ending))
