# ruff: noqa: B905, F403, F405
from tensorflow.keras.layers import *
from tensorflow.keras.models import Model


def unet(input_size=(64, 64, 1)):
    inputs = Input(input_size)
    skips = []
    x = inputs
    for f in (8, 16, 32):
        x = Conv2D(f, 3, activation="relu", padding="same", kernel_initializer="he_normal")(x)
        x = Conv2D(f, 3, activation="relu", padding="same", kernel_initializer="he_normal")(x)
        skips.append(x)
        x = MaxPooling2D((2, 2))(x)
    x = Conv2D(64, 3, activation="relu", padding="same")(x)
    x = Dropout(0.5)(x)
    for f, skip in zip((32, 16, 8), reversed(skips)):
        x = Conv2DTranspose(f, 2, strides=2, padding="same")(x)
        x = concatenate([x, skip], axis=3)
        x = Conv2D(f, 3, activation="relu", padding="same")(x)
    outputs = Conv2D(1, 1, activation="sigmoid")(x)
    return Model(inputs=inputs, outputs=outputs)


model = unet()
