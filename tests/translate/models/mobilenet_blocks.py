import keras
from keras import layers


def depthwise_block(x, filters, strides):
    x = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU(6.0)(x)
    x = layers.Conv2D(filters, 1, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.ReLU(6.0)(x)


inputs = keras.Input((32, 32, 3))
x = layers.Rescaling(1.0 / 256)(inputs)
x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
x = layers.BatchNormalization()(x)
x = layers.ReLU(6.0)(x)
x = depthwise_block(x, 16, 1)
x = depthwise_block(x, 24, 2)
x = depthwise_block(x, 32, 2)
x = layers.GlobalAveragePooling2D(keepdims=True)(x)
x = layers.Conv2D(7, 1)(x)
outputs = layers.Reshape((7,))(x)
model = keras.Model(inputs, outputs)
