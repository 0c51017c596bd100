"""Xception (Chollet 2017, arXiv:1610.02357), in the layers and names of keras.applications."""

from __future__ import annotations

import keras
from keras import layers

from keras_impl.heads import GlobalAveragePoolingHead
from keras_impl.layers import Block, GlobalPooling, Tensor


def Xception(
    include_top: bool = True,
    input_shape: tuple[int | None, int | None, int] = (299, 299, 3),
    classes: int = 1000,
    pooling: str | None = None,
    classifier_activation: str | None = "softmax",
) -> keras.Model:
    """(N, *input_shape) -> (N, classes); without its top (N, H / 32, W / 32, 2048), 10 x 10 for 299 x 299.

    Args:
        pooling: without the top: None, "avg" or "max".
        classifier_activation: None for logits.
    """
    inputs = layers.Input(input_shape, name="input_layer")
    x = layers.Conv2D(32, 3, strides=2, use_bias=False, name="block1_conv1")(inputs)
    x = layers.BatchNormalization(name="block1_conv1_bn")(x)
    x = layers.Activation("relu", name="block1_conv1_act")(x)
    x = layers.Conv2D(64, 3, use_bias=False, name="block1_conv2")(x)
    x = layers.BatchNormalization(name="block1_conv2_bn")(x)
    x = layers.Activation("relu", name="block1_conv2_act")(x)

    x = DownBlock(128, 128, relu_first=False, name="block2")(x)
    x = DownBlock(256, 256, name="block3")(x)
    x = DownBlock(728, 728, name="block4")(x)
    for i in range(5, 13):
        x = MiddleBlock(728, name=f"block{i}")(x)
    x = DownBlock(728, 1024, name="block13")(x)

    x = layers.SeparableConv2D(1536, 3, padding="same", use_bias=False, name="block14_sepconv1")(x)
    x = layers.BatchNormalization(name="block14_sepconv1_bn")(x)
    x = layers.Activation("relu", name="block14_sepconv1_act")(x)
    x = layers.SeparableConv2D(2048, 3, padding="same", use_bias=False, name="block14_sepconv2")(x)
    x = layers.BatchNormalization(name="block14_sepconv2_bn")(x)
    x = layers.Activation("relu", name="block14_sepconv2_act")(x)

    if include_top:
        x = GlobalAveragePoolingHead(2048, classes, classifier_activation, name="predictions")(x)
    else:
        x = GlobalPooling(pooling)(x)
    return keras.Model(inputs, x, name="xception")


def DownBlock(filters1: int, filters2: int, *, relu_first: bool = True, name: str) -> Block:
    """Two separable convolutions and a pooling that halves the map, beside a strided 1 x 1 convolution."""

    def apply(x: Tensor) -> Tensor:
        residual = layers.Conv2D(filters2, 1, strides=2, padding="same", use_bias=False, name=f"{name}_residual")(x)
        residual = layers.BatchNormalization(name=f"{name}_residual_bn")(residual)

        if relu_first:
            x = layers.Activation("relu", name=f"{name}_sepconv1_act")(x)
        x = layers.SeparableConv2D(filters1, 3, padding="same", use_bias=False, name=f"{name}_sepconv1")(x)
        x = layers.BatchNormalization(name=f"{name}_sepconv1_bn")(x)
        x = layers.Activation("relu", name=f"{name}_sepconv2_act")(x)
        x = layers.SeparableConv2D(filters2, 3, padding="same", use_bias=False, name=f"{name}_sepconv2")(x)
        x = layers.BatchNormalization(name=f"{name}_sepconv2_bn")(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(x)
        return layers.Add(name=f"{name}_add")([x, residual])

    return apply


def MiddleBlock(filters: int, *, name: str) -> Block:
    """Three separable convolutions, added to what came in."""

    def apply(x: Tensor) -> Tensor:
        residual = x
        for i in (1, 2, 3):
            x = layers.Activation("relu", name=f"{name}_sepconv{i}_act")(x)
            x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_sepconv{i}")(x)
            x = layers.BatchNormalization(name=f"{name}_sepconv{i}_bn")(x)
        return layers.Add(name=f"{name}_add")([x, residual])

    return apply
