"""Makes the Keras 2 files beside it: `pip install tf-keras`, then `TF_USE_LEGACY_KERAS=1 python make.py`.

Every array of `nested` and `text` is filled with `mark(layer, position)`, so a test can tell whose array it is.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np


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


def image() -> Any:
    """What Keras 3 reads as well, for comparing what it computes."""
    from tf_keras import Model, layers

    image = layers.Input((9, 8, 3), name="image")
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="conv")(image)
    x = layers.LeakyReLU(alpha=0.125, name="leaky")(layers.BatchNormalization(name="norm")(x))
    x = layers.MaxPooling2D(2, padding="same", name="pool")(
        layers.Add(name="sum")(
            [layers.Conv2D(5, (2, 3), padding="same", name="wide")(x), layers.Conv2D(5, 1, name="side")(x)]
        )
    )
    x = layers.Dense(7, activation="tanh", name="hidden")(layers.Flatten(name="flat")(x))
    return Model(image, layers.Dense(3, activation="softmax", name="out")(x), name="image")


def masked() -> Any:
    """Masks through a wrapped function, attention and dropout; each head tells whether its input has one."""
    from tf_keras import Model, layers

    words = layers.Input((7,), dtype="int32", name="words")
    x = layers.Embedding(5, 6, mask_zero=True, name="embedding")(words)
    attended = layers.MultiHeadAttention(2, 4, name="attention")(layers.Dropout(0.25, name="dropout")(x), x)
    return Model(
        words,
        [
            layers.LSTM(4, name="of_product")(x * 2.0),
            layers.LSTM(4, name="of_sum")(layers.Add(name="sum")([x, attended])),
            layers.LSTM(4, name="of_input")(layers.Dense(5, name="dense")(x)),
            layers.LSTM(4, name="of_attended")(attended),
        ],
        name="masked",
    )


def video() -> Any:
    """A network for each frame, a part of which is frozen."""
    from tf_keras import Model, Sequential, layers

    frame = layers.Input((6, 5, 3), name="frame")
    x = layers.Conv2D(4, 3, padding="same", trainable=False, name="conv")(frame)
    body = Model(frame, layers.BatchNormalization(name="norm")(x), name="body")
    cnn = Sequential([body, layers.Conv2D(5, 2, name="after"), layers.GlobalMaxPooling2D(name="pool")], name="cnn")
    frames = layers.Input((None, 6, 5, 3), name="frames")
    x = layers.TimeDistributed(cnn, name="each")(frames)
    return Model(frames, layers.GRU(3, name="gru")(x), name="video")


def modes() -> Any:
    """Models in modes of their own, with layers in them that are called in others."""
    from tf_keras import Model, layers

    def inner(name: str, stated: bool) -> Any:
        x = given = layers.Input((5,), name="given")
        x = layers.BatchNormalization(name="stated")(layers.Dense(4, name="dense")(x), training=stated)
        return Model(given, layers.BatchNormalization(name="unsaid")(x), name=name)

    features = layers.Input((5,), name="features")
    on, off = inner("on", False)(features, training=True), inner("off", True)(features, training=False)
    x = layers.BatchNormalization(name="after")(layers.Subtract(name="apart")([on, off]))
    return Model(features, x, name="modes")


def stateful() -> Any:
    """Two calls in a row begin differently."""
    from tf_keras import Sequential, layers

    return Sequential(
        [
            layers.LSTM(4, stateful=True, return_sequences=True, batch_input_shape=(3, 6, 2), name="lstm"),
            layers.Bidirectional(layers.GRU(3, stateful=True), name="both"),
        ],
        name="stateful",
    )


def attending() -> Any:
    """Layers with keys that Keras 3 takes no more, and tensors that go into calls by keyword."""
    from tf_keras import Model, layers

    words = layers.Input((6, 5), name="words")
    x = layers.LSTM(4, return_sequences=True, name="lstm")(words)
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True), name="both")(x)
    x = layers.MultiHeadAttention(2, 3, name="attention")(x, value=words, key=words)
    return Model(words, layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], name="stack")(x), name="attending")


def mixed() -> Any:
    """Layers that compute in float16, and a last one that does not."""
    from tf_keras import Model, layers, mixed_precision

    policy = mixed_precision.Policy("mixed_float16")
    image = layers.Input((8, 7, 3), name="image")
    x = layers.Conv2D(4, 3, dtype=policy, name="conv")(image)
    x = layers.Flatten(dtype=policy, name="flat")(layers.BatchNormalization(dtype=policy, name="norm")(x))
    return Model(image, layers.Dense(3, name="out")(x), name="mixed")


def fill(model: Any) -> None:
    for layer in model.layers:
        if hasattr(layer, "layers"):
            fill(layer)
        else:
            for position, weight in enumerate(layer.trainable_weights + layer.non_trainable_weights):
                weight.assign(weight * 0 + mark(layer.name, position))


def fill_at_random(model: Any) -> None:
    random = np.random.default_rng(5)
    for weight in model.weights:
        positive = any(name in weight.name for name in ("gamma", "moving_variance"))
        weight.assign(random.uniform(0.5, 1.5, weight.shape) if positive else random.normal(0.0, 0.3, weight.shape))


if __name__ == "__main__":
    here = Path(__file__).parent
    for make, endings in (
        (nested, (".h5", ".keras")),
        (text, (".h5",)),
        (image, (".h5",)),
        (masked, (".h5",)),
        (video, (".h5",)),
        (modes, (".h5",)),
        (stateful, (".h5",)),
        (attending, (".h5",)),
        (mixed, (".h5",)),
    ):
        model = make()
        (fill if make in (nested, text) else fill_at_random)(model)
        for ending in endings:
            model.save(here / f"{make.__name__}{ending}")
        if make is masked:  # Keras 3 cannot load it: what Keras 2 computes stands beside it
            words = np.random.default_rng(7).integers(0, 5, (6, 7)).astype(np.int32)
            outputs = dict(zip(model.output_names, model(words), strict=True))
            np.savez(here / "masked.npz", words=words, **{name: array.numpy() for name, array in outputs.items()})
        if make is stateful:
            steps = np.random.default_rng(7).standard_normal((3, 6, 2)).astype(np.float32)
            np.savez(here / "stateful.npz", steps=steps, first=model.predict(steps), second=model.predict(steps))
        if make is modes:
            features = np.random.default_rng(7).standard_normal((6, 5)).astype(np.float32)
            np.savez(here / "modes.npz", features=features, out=model.predict(features, verbose=0))
        if make is video:
            frames = np.random.default_rng(7).standard_normal((3, 4, 6, 5, 3)).astype(np.float32)
            np.savez(here / "video.npz", frames=frames, out=model(frames).numpy())
