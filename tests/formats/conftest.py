"""Model files made by Keras, once for all tests of the readers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def two_heads() -> Any:
    """Operations, a shared layer, a nested model called twice, a frozen layer, dicts in and out."""
    import keras
    from keras import layers, ops

    image = keras.Input((6, 5, 3), name="image")
    extra = keras.Input((4,), name="extra")
    inner = keras.Input((6, 5, 3), name="inner")
    frozen = layers.Conv2D(7, 2, name="conv_b")
    x = layers.Conv2D(4, 3, name="conv_a")(inner)
    x = layers.BatchNormalization(name="norm_a")(x)
    x = layers.BatchNormalization(name="norm_b")(frozen(x))
    encoder = keras.Model(inner, x, name="encoder")
    frozen.trainable = False
    stem = keras.Sequential([keras.Input((6, 5, 3)), layers.Conv2D(3, 1, name="conv_s")], name="stem")
    shared = layers.Dense(7, name="shared")
    a, b = encoder(stem(image)), encoder(image * 2.0)
    both = ops.concatenate([a, b[:, :, :, 1:3]], axis=-1)
    y = shared(layers.Dense(4, name="first")(ops.mean(both, axis=(1, 2)))) + shared(extra)
    z = layers.Multiply(name="product")([y, ops.subtract(1.0, y)])
    return keras.Model({"image": image, "extra": extra}, {"z": z, "y": y}, name="two_heads")


def chain() -> Any:
    """A Sequential with a nested Functional model and a nested Sequential."""
    import keras
    from keras import layers

    inner = keras.Input((6, 5, 3), name="inner")
    body = keras.Model(inner, layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3, name="conv")(inner)))
    head = keras.Sequential([keras.Input((4,)), layers.Dense(8, name="hidden"), layers.Dense(2, name="out")])
    return keras.Sequential(
        [keras.Input((6, 5, 3)), body, layers.GlobalAveragePooling2D(name="pool"), layers.Dropout(0.5), head],
        name="chain",
    )


def recurrent() -> Any:
    """Layers within layers, several sub-paths each, and states of random generators."""
    import keras
    from keras import layers

    words = keras.Input((7,), name="words", dtype="int32")
    x = layers.Embedding(11, 4, mask_zero=True, name="embedding")(words)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True, dropout=0.25), name="both_ways")(x)
    x = layers.MultiHeadAttention(2, 5, dropout=0.25, name="attention")(x, x)
    x = layers.TimeDistributed(layers.Dense(8), name="each")(x)
    return keras.Model(words, layers.GRU(9, name="gru")(x), name="recurrent")


MODELS: dict[str, Callable[[], Any]] = {"two_heads": two_heads, "chain": chain, "recurrent": recurrent}


@pytest.fixture(scope="session")
def models() -> dict[str, Any]:
    """Every model of MODELS, all its weights random."""
    made = {name: make() for name, make in MODELS.items()}
    rng = np.random.default_rng(5)
    for model in made.values():
        model.set_weights([rng.normal(size=w.shape).astype(w.dtype) for w in model.get_weights()])
        model.compile("adam", "mse")
    return made


@pytest.fixture(scope="session")
def files(models: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each model as `NAME.keras` and `NAME.h5`."""
    folder = tmp_path_factory.mktemp("models")
    for name, model in models.items():
        model.save(folder / f"{name}.keras")
        model.save(folder / f"{name}.h5")
    return folder
