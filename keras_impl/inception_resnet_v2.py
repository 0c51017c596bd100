"""InceptionResNetV2 (Szegedy et al. 2017, arXiv:1602.07261), in the layers and order of keras.applications.

keras.applications leaves most layers unnamed (conv2d, conv2d_1, ...); here each is named for the
block and branch that it stands in.
"""

from __future__ import annotations

import keras
from keras import layers

from keras_impl.heads import GlobalAveragePoolingHead
from keras_impl.layers import Block, ConvBN, GlobalPooling, InceptionStem, ScaledAdd, Tensor


def InceptionResNetV2(
    include_top: bool = True,
    input_shape: tuple[int | None, int | None, int] = (299, 299, 3),
    classes: int = 1000,
    pooling: str | None = None,
    classifier_activation: str | None = "softmax",
) -> keras.Model:
    """(N, *input_shape) -> (N, classes); without its top (N, 8, 8, 1536) for 299 x 299. At least 75 x 75.

    Args:
        pooling: without the top: None, "avg" or "max".
        classifier_activation: None for logits.
    """
    inputs = layers.Input(input_shape, name="input_layer")
    x = InceptionStem(name="stem")(inputs)
    x = Mixed5b(name="mixed_5b")(x)
    for i in range(1, 11):
        x = Block35(scale=0.17, name=f"block35_{i}")(x)
    x = Mixed6a(name="mixed_6a")(x)
    for i in range(1, 21):
        x = Block17(scale=0.1, name=f"block17_{i}")(x)
    x = Mixed7a(name="mixed_7a")(x)
    for i in range(1, 10):
        x = Block8(scale=0.2, name=f"block8_{i}")(x)
    x = Block8(scale=1.0, relu=False, name="block8_10")(x)

    x = layers.Conv2D(1536, 1, padding="same", use_bias=False, name="conv_7b")(x)
    x = layers.BatchNormalization(scale=False, name="conv_7b_bn")(x)
    x = layers.Activation("relu", name="conv_7b_ac")(x)

    if include_top:
        x = GlobalAveragePoolingHead(1536, classes, classifier_activation, name="predictions")(x)
    else:
        x = GlobalPooling(pooling)(x)
    return keras.Model(inputs, x, name="inception_resnet_v2")


def Mixed5b(*, name: str) -> Block:
    """At 35 x 35: from 192 channels to 320."""

    def apply(x: Tensor) -> Tensor:
        branch_0 = ConvBN(96, 1, name=f"{name}_branch_0")(x)

        branch_1 = ConvBN(48, 1, name=f"{name}_branch_1a")(x)
        branch_1 = ConvBN(64, 5, name=f"{name}_branch_1b")(branch_1)

        branch_2 = ConvBN(64, 1, name=f"{name}_branch_2a")(x)
        branch_2 = ConvBN(96, 3, name=f"{name}_branch_2b")(branch_2)
        branch_2 = ConvBN(96, 3, name=f"{name}_branch_2c")(branch_2)

        branch_pool = layers.AveragePooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
        branch_pool = ConvBN(64, 1, name=f"{name}_branch_pool")(branch_pool)
        return layers.Concatenate(name=name)([branch_0, branch_1, branch_2, branch_pool])

    return apply


def Mixed6a(*, name: str) -> Block:
    """From 35 x 35 to 17 x 17: from 320 channels to 1088."""

    def apply(x: Tensor) -> Tensor:
        branch_0 = ConvBN(384, 3, strides=2, padding="valid", name=f"{name}_branch_0")(x)

        branch_1 = ConvBN(256, 1, name=f"{name}_branch_1a")(x)
        branch_1 = ConvBN(256, 3, name=f"{name}_branch_1b")(branch_1)
        branch_1 = ConvBN(384, 3, strides=2, padding="valid", name=f"{name}_branch_1c")(branch_1)

        branch_pool = layers.MaxPooling2D(3, strides=2, name=f"{name}_pool")(x)
        return layers.Concatenate(name=name)([branch_0, branch_1, branch_pool])

    return apply


def Mixed7a(*, name: str) -> Block:
    """From 17 x 17 to 8 x 8: from 1088 channels to 2080."""

    def apply(x: Tensor) -> Tensor:
        branch_0 = ConvBN(256, 1, name=f"{name}_branch_0a")(x)
        branch_0 = ConvBN(384, 3, strides=2, padding="valid", name=f"{name}_branch_0b")(branch_0)

        branch_1 = ConvBN(256, 1, name=f"{name}_branch_1a")(x)
        branch_1 = ConvBN(288, 3, strides=2, padding="valid", name=f"{name}_branch_1b")(branch_1)

        branch_2 = ConvBN(256, 1, name=f"{name}_branch_2a")(x)
        branch_2 = ConvBN(288, 3, name=f"{name}_branch_2b")(branch_2)
        branch_2 = ConvBN(320, 3, strides=2, padding="valid", name=f"{name}_branch_2c")(branch_2)

        branch_pool = layers.MaxPooling2D(3, strides=2, name=f"{name}_pool")(x)
        return layers.Concatenate(name=name)([branch_0, branch_1, branch_2, branch_pool])

    return apply


def Block35(*, scale: float, name: str) -> Block:
    """Inception-ResNet-A, at 35 x 35 with 320 channels."""

    def apply(x: Tensor) -> Tensor:
        branch_0 = ConvBN(32, 1, name=f"{name}_branch_0")(x)

        branch_1 = ConvBN(32, 1, name=f"{name}_branch_1a")(x)
        branch_1 = ConvBN(32, 3, name=f"{name}_branch_1b")(branch_1)

        branch_2 = ConvBN(32, 1, name=f"{name}_branch_2a")(x)
        branch_2 = ConvBN(48, 3, name=f"{name}_branch_2b")(branch_2)
        branch_2 = ConvBN(64, 3, name=f"{name}_branch_2c")(branch_2)

        mixed = layers.Concatenate(name=f"{name}_mixed")([branch_0, branch_1, branch_2])
        up = layers.Conv2D(320, 1, padding="same", name=f"{name}_conv")(mixed)
        x = ScaledAdd(scale, name=f"{name}_add")([x, up])
        return layers.Activation("relu", name=f"{name}_ac")(x)

    return apply


def Block17(*, scale: float, name: str) -> Block:
    """Inception-ResNet-B, at 17 x 17 with 1088 channels."""

    def apply(x: Tensor) -> Tensor:
        branch_0 = ConvBN(192, 1, name=f"{name}_branch_0")(x)

        branch_1 = ConvBN(128, 1, name=f"{name}_branch_1a")(x)
        branch_1 = ConvBN(160, (1, 7), name=f"{name}_branch_1b")(branch_1)
        branch_1 = ConvBN(192, (7, 1), name=f"{name}_branch_1c")(branch_1)

        mixed = layers.Concatenate(name=f"{name}_mixed")([branch_0, branch_1])
        up = layers.Conv2D(1088, 1, padding="same", name=f"{name}_conv")(mixed)
        x = ScaledAdd(scale, name=f"{name}_add")([x, up])
        return layers.Activation("relu", name=f"{name}_ac")(x)

    return apply


def Block8(*, scale: float, relu: bool = True, name: str) -> Block:
    """Inception-ResNet-C, at 8 x 8 with 2080 channels; the last of them without its ReLU."""

    def apply(x: Tensor) -> Tensor:
        branch_0 = ConvBN(192, 1, name=f"{name}_branch_0")(x)

        branch_1 = ConvBN(192, 1, name=f"{name}_branch_1a")(x)
        branch_1 = ConvBN(224, (1, 3), name=f"{name}_branch_1b")(branch_1)
        branch_1 = ConvBN(256, (3, 1), name=f"{name}_branch_1c")(branch_1)

        mixed = layers.Concatenate(name=f"{name}_mixed")([branch_0, branch_1])
        up = layers.Conv2D(2080, 1, padding="same", name=f"{name}_conv")(mixed)
        x = ScaledAdd(scale, name=f"{name}_add")([x, up])
        return layers.Activation("relu", name=f"{name}_ac")(x) if relu else x

    return apply
