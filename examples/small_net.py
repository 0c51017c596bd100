"""A classifier as tutorials write it."""

from tensorflow import keras
from tensorflow.keras import layers

# images of 28 x 28, one channel
inputs = keras.Input(shape=(28, 28, 1), name="image")
x = layers.Conv2D(32, 3, padding="same", activation="relu")(inputs)
for width in (32, 64):
    # halved each time
    x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
x = layers.GlobalAveragePooling2D()(x)
outputs = layers.Dense(10, activation="softmax")(layers.Dropout(0.5)(x))
model = keras.Model(inputs, outputs)
