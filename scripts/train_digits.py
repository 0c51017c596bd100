"""Trains examples/digits.keras, the small real model that this repository carries.

Needs the extra `bench` (scikit-learn brings its 1,797 handwritten digits of 8 x 8 pixels). The same
versions on the same kind of machine give the same weights. Prints the accuracy on the fifth held out.
"""

from __future__ import annotations

from pathlib import Path

import keras
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

PATH = Path(__file__).resolve().parent.parent / "examples" / "digits.keras"


def build() -> keras.Model:
    """(N, 8, 8, 1) in 0..16 -> (N, 10) probabilities; 3,306 parameters."""
    image = keras.Input((8, 8, 1), name="image")
    x = layers.Rescaling(1 / 16)(image)
    x = layers.Conv2D(16, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    shortcut = layers.Conv2D(32, 1, strides=2, padding="same", use_bias=False)(x)
    shortcut = layers.BatchNormalization()(shortcut)
    x = layers.SeparableConv2D(32, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = layers.Add()([x, shortcut])
    x = layers.SeparableConv2D(32, 3, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10, activation="softmax", name="digit")(x), name="digits")


def main() -> None:
    keras.utils.set_random_seed(20)
    tf.config.experimental.enable_op_determinism()
    digits = load_digits()
    images, labels = digits.images[..., None].astype("float32"), digits.target
    split = train_test_split(images, labels, test_size=0.2, random_state=0, stratify=labels)
    train_images, test_images, train_labels, test_labels = split
    model = build()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(train_images, train_labels, batch_size=32, epochs=40, verbose=0)
    _, accuracy = model.evaluate(test_images, test_labels, verbose=0)
    PATH.parent.mkdir(exist_ok=True)
    # a model around the same layers that was never compiled: the file holds no optimizer
    keras.Model(model.input, model.output, name=model.name).save(PATH)
    print(f"{PATH.name}: {model.count_params():,} parameters, {PATH.stat().st_size:,} bytes")
    print(f"accuracy on {len(test_labels)} digits held out: {accuracy:.1%}")


if __name__ == "__main__":
    main()
