import keras
from keras import layers


def se_block(tensor, ratio=4):
    """Squeeze and excite."""
    filters = tensor.shape[-1]
    se = layers.GlobalAveragePooling2D()(tensor)
    se = layers.Reshape((1, 1, filters))(se)
    se = layers.Dense(filters // ratio, activation="relu", use_bias=False)(se)
    se = layers.Dense(filters, activation="sigmoid", use_bias=False)(se)
    return layers.multiply([tensor, se])


inputs = keras.Input((24, 20, 3))
x = layers.Conv2D(12, 3, padding="same")(inputs)
x = layers.BatchNormalization()(x)
x = layers.Activation("swish")(x)
x = se_block(x)
x = layers.Conv2D(16, 3, strides=2, padding="same")(x)
x = layers.BatchNormalization()(x)
x = layers.Activation("swish")(x)
x = se_block(x, ratio=2)
x = layers.GlobalMaxPooling2D()(x)
outputs = layers.Dense(6, activation="softmax")(x)
model = keras.Model(inputs, outputs)
