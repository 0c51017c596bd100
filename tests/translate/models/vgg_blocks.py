import keras
from keras import layers


def vgg_block(x, filters, convolutions):
    """A row of convolutions and a pooling."""
    for _ in range(convolutions):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return layers.MaxPooling2D(2, strides=2)(x)


inputs = keras.Input(shape=(32, 40, 3))
x = inputs
# five blocks in the paper, three here
for filters, convolutions in [(8, 1), (12, 2), (16, 2)]:
    x = vgg_block(x, filters, convolutions)
x = layers.Flatten()(x)
x = layers.Dense(48, activation="relu")(x)
x = layers.Dropout(0.5)(x)
outputs = layers.Dense(10, activation="softmax")(x)
model = keras.Model(inputs, outputs, name="small_vgg")
