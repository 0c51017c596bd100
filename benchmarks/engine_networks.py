"""The networks that engines.py measures, each as a Keras file, as ONNX, and as the port with the same weights.

`python -m benchmarks.engine_networks NAME...` writes them to build/benchmarks where they are not there yet, and the
ports anew. Weights are random; statistics stay as they start, as speed does not depend on them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.measure import FOLDER, ROOT

STEPS, WORDS, WIDTH = 128, 5000, 256


def application(name: str) -> Callable[[], Any]:
    def make() -> Any:
        import keras

        return getattr(keras.applications, name)(weights=None)

    return make


def masked_bilstm() -> Any:
    """Two bidirectional LSTMs over words, padding masked."""
    import keras
    from keras import layers

    words = keras.Input((STEPS,), dtype="int32")
    x = layers.Embedding(WORDS, 64, mask_zero=True)(words)
    x = layers.Bidirectional(layers.LSTM(128, return_sequences=True))(x)
    x = layers.Bidirectional(layers.LSTM(64))(x)
    return keras.Model(words, layers.Dense(5, activation="softmax")(x))


def transformer_encoder() -> Any:
    """Four layers of attention and two Dense, normalised after each."""
    import keras
    from keras import layers

    x = steps = keras.Input((STEPS, WIDTH))
    for _ in range(4):
        x = layers.LayerNormalization(epsilon=1e-6)(x + layers.MultiHeadAttention(8, WIDTH // 8)(x, x))
        y = layers.Dense(WIDTH)(layers.Dense(4 * WIDTH, activation="relu")(x))  # tf2onnx knows no exact gelu
        x = layers.LayerNormalization(epsilon=1e-6)(x + y)
    return keras.Model(steps, layers.Dense(5)(layers.GlobalAveragePooling1D()(x)))


NETWORKS: dict[str, Callable[[], Any]] = {
    "Xception": application("Xception"),
    "InceptionV3": application("InceptionV3"),
    "MobileNetV2": application("MobileNetV2"),
    "EfficientNetB0": application("EfficientNetB0"),
    "masked_bilstm": masked_bilstm,
    "transformer_encoder": transformer_encoder,
}
SIDES = {"Xception": 299, "InceptionV3": 299, "MobileNetV2": 224, "EfficientNetB0": 224}


def given(name: str, batch: int) -> np.ndarray:
    """What a network is called on, in Keras's layout; the words of a row end after at least half of it."""
    random = np.random.default_rng(0)
    if name in SIDES:
        return random.uniform(0, 1, (batch, SIDES[name], SIDES[name], 3)).astype(np.float32)
    if name == "transformer_encoder":
        return random.normal(size=(batch, STEPS, WIDTH)).astype(np.float32)
    words = random.integers(1, WORDS, (batch, STEPS)).astype(np.int32)
    lengths = random.integers(STEPS // 2, STEPS, (batch, 1))
    return np.where(np.arange(STEPS) < lengths, words, 0).astype(np.int32)


def prepare(name: str) -> None:
    """Makes one network's files, in a process of its own."""
    subprocess.run([sys.executable, "-m", "benchmarks.engine_networks", name], check=True, cwd=ROOT)


def write(name: str) -> None:
    """The Keras file and the ONNX file, where they are missing, and the port anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path, converted = FOLDER / f"{name}.keras", FOLDER / f"{name}.onnx"
    if not (path.exists() and converted.exists()):
        import keras
        import tensorflow as tf
        import tf2onnx

        keras.utils.set_random_seed(1)
        model = NETWORKS[name]()
        model.save(path)
        call = tf.function(lambda x: model(x, training=False))
        sample = given(name, 1)
        signature = [tf.TensorSpec((None, *sample.shape[1:]), sample.dtype, name="x")]
        tf2onnx.convert.from_function(call, input_signature=signature, opset=17, output_path=str(converted))
    from equivalence.porting import port

    port(path, verify=False).save(FOLDER, force=True)


if __name__ == "__main__":
    for each in sys.argv[1:] or NETWORKS:
        write(each)
