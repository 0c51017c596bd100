import keras
from keras import layers


def conv_block(x, growth_rate):
    x1 = layers.BatchNormalization(epsilon=1.001e-5)(x)
    x1 = layers.Activation("relu")(x1)
    x1 = layers.Conv2D(4 * growth_rate, 1, use_bias=False)(x1)
    x1 = layers.BatchNormalization(epsilon=1.001e-5)(x1)
    x1 = layers.Activation("relu")(x1)
    x1 = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(x1)
    return layers.Concatenate()([x, x1])


def dense_block(x, blocks, growth_rate):
    for _ in range(blocks):
        x = conv_block(x, growth_rate)
    return x


def transition_block(x, reduction):
    x = layers.BatchNormalization(epsilon=1.001e-5)(x)
    x = layers.Activation("relu")(x)
    x = layers.Conv2D(int(x.shape[-1] * reduction), 1, use_bias=False)(x)
    return layers.AveragePooling2D(2, strides=2)(x)


inputs = keras.Input((24, 24, 3))
x = layers.Conv2D(8, 3, padding="same", use_bias=False)(inputs)
x = dense_block(x, 2, 4)
x = transition_block(x, 0.5)
x = dense_block(x, 3, 4)
x = layers.GlobalAveragePooling2D()(x)
outputs = layers.Dense(9, activation="softmax")(x)
model = keras.Model(inputs, outputs)
