"""InceptionV3 (Szegedy et al. 2016, arXiv:1512.00567), in the layers and order of keras.applications.

keras.applications leaves most layers unnamed (conv2d, conv2d_1, ...); here each is named for the
block and branch that it stands in.
"""

from __future__ import annotations

import keras
from keras import layers

from keras_impl.heads import GlobalAveragePoolingHead
from keras_impl.layers import Block, ConvBN, GlobalPooling, InceptionStem, Tensor


def InceptionV3(
    include_top: bool = True,
    input_shape: tuple[int | None, int | None, int] = (299, 299, 3),
    classes: int = 1000,
    pooling: str | None = None,
    classifier_activation: str | None = "softmax",
) -> keras.Model:
    """(N, *input_shape) -> (N, classes); without its top (N, 8, 8, 2048) for 299 x 299. At least 75 x 75.

    Args:
        pooling: without the top: None, "avg" or "max".
        classifier_activation: None for logits.
    """
    inputs = layers.Input(input_shape, name="input_layer")
    x = InceptionStem(name="stem")(inputs)
    x = InceptionA(32, name="mixed0")(x)
    x = InceptionA(64, name="mixed1")(x)
    x = InceptionA(64, name="mixed2")(x)
    x = InceptionB(name="mixed3")(x)
    x = InceptionC(128, name="mixed4")(x)
    x = InceptionC(160, name="mixed5")(x)
    x = InceptionC(160, name="mixed6")(x)
    x = InceptionC(192, name="mixed7")(x)
    x = InceptionD(name="mixed8")(x)
    x = InceptionE(name="mixed9")(x)
    x = InceptionE(name="mixed10")(x)

    if include_top:
        x = GlobalAveragePoolingHead(2048, classes, classifier_activation, name="predictions")(x)
    else:
        x = GlobalPooling(pooling)(x)
    return keras.Model(inputs, x, name="inception_v3")


def InceptionA(pool_filters: int, *, name: str) -> Block:
    """At 35 x 35: branches of 1 x 1, 5 x 5, twice 3 x 3, and pooling."""

    def apply(x: Tensor) -> Tensor:
        branch1x1 = ConvBN(64, 1, name=f"{name}_branch1x1")(x)

        branch5x5 = ConvBN(48, 1, name=f"{name}_branch5x5_1")(x)
        branch5x5 = ConvBN(64, 5, name=f"{name}_branch5x5_2")(branch5x5)

        branch3x3dbl = ConvBN(64, 1, name=f"{name}_branch3x3dbl_1")(x)
        branch3x3dbl = ConvBN(96, 3, name=f"{name}_branch3x3dbl_2")(branch3x3dbl)
        branch3x3dbl = ConvBN(96, 3, name=f"{name}_branch3x3dbl_3")(branch3x3dbl)

        branch_pool = layers.AveragePooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
        branch_pool = ConvBN(pool_filters, 1, name=f"{name}_branch_pool")(branch_pool)
        return layers.Concatenate(name=name)([branch1x1, branch5x5, branch3x3dbl, branch_pool])

    return apply


def InceptionB(*, name: str) -> Block:
    """From 35 x 35 to 17 x 17."""

    def apply(x: Tensor) -> Tensor:
        branch3x3 = ConvBN(384, 3, strides=2, padding="valid", name=f"{name}_branch3x3")(x)

        branch3x3dbl = ConvBN(64, 1, name=f"{name}_branch3x3dbl_1")(x)
        branch3x3dbl = ConvBN(96, 3, name=f"{name}_branch3x3dbl_2")(branch3x3dbl)
        branch3x3dbl = ConvBN(96, 3, strides=2, padding="valid", name=f"{name}_branch3x3dbl_3")(branch3x3dbl)

        branch_pool = layers.MaxPooling2D(3, strides=2, name=f"{name}_pool")(x)
        return layers.Concatenate(name=name)([branch3x3, branch3x3dbl, branch_pool])

    return apply


def InceptionC(filters: int, *, name: str) -> Block:
    """At 17 x 17: 7 x 7 convolutions taken apart into 1 x 7 and 7 x 1."""

    def apply(x: Tensor) -> Tensor:
        branch1x1 = ConvBN(192, 1, name=f"{name}_branch1x1")(x)

        branch7x7 = ConvBN(filters, 1, name=f"{name}_branch7x7_1")(x)
        branch7x7 = ConvBN(filters, (1, 7), name=f"{name}_branch7x7_2")(branch7x7)
        branch7x7 = ConvBN(192, (7, 1), name=f"{name}_branch7x7_3")(branch7x7)

        branch7x7dbl = ConvBN(filters, 1, name=f"{name}_branch7x7dbl_1")(x)
        branch7x7dbl = ConvBN(filters, (7, 1), name=f"{name}_branch7x7dbl_2")(branch7x7dbl)
        branch7x7dbl = ConvBN(filters, (1, 7), name=f"{name}_branch7x7dbl_3")(branch7x7dbl)
        branch7x7dbl = ConvBN(filters, (7, 1), name=f"{name}_branch7x7dbl_4")(branch7x7dbl)
        branch7x7dbl = ConvBN(192, (1, 7), name=f"{name}_branch7x7dbl_5")(branch7x7dbl)

        branch_pool = layers.AveragePooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
        branch_pool = ConvBN(192, 1, name=f"{name}_branch_pool")(branch_pool)
        return layers.Concatenate(name=name)([branch1x1, branch7x7, branch7x7dbl, branch_pool])

    return apply


def InceptionD(*, name: str) -> Block:
    """From 17 x 17 to 8 x 8."""

    def apply(x: Tensor) -> Tensor:
        branch3x3 = ConvBN(192, 1, name=f"{name}_branch3x3_1")(x)
        branch3x3 = ConvBN(320, 3, strides=2, padding="valid", name=f"{name}_branch3x3_2")(branch3x3)

        branch7x7x3 = ConvBN(192, 1, name=f"{name}_branch7x7x3_1")(x)
        branch7x7x3 = ConvBN(192, (1, 7), name=f"{name}_branch7x7x3_2")(branch7x7x3)
        branch7x7x3 = ConvBN(192, (7, 1), name=f"{name}_branch7x7x3_3")(branch7x7x3)
        branch7x7x3 = ConvBN(192, 3, strides=2, padding="valid", name=f"{name}_branch7x7x3_4")(branch7x7x3)

        branch_pool = layers.MaxPooling2D(3, strides=2, name=f"{name}_pool")(x)
        return layers.Concatenate(name=name)([branch3x3, branch7x7x3, branch_pool])

    return apply


def InceptionE(*, name: str) -> Block:
    """At 8 x 8: 3 x 3 convolutions taken apart into 1 x 3 and 3 x 1, side by side."""

    def apply(x: Tensor) -> Tensor:
        branch1x1 = ConvBN(320, 1, name=f"{name}_branch1x1")(x)

        branch3x3 = ConvBN(384, 1, name=f"{name}_branch3x3_1")(x)
        branch3x3_a = ConvBN(384, (1, 3), name=f"{name}_branch3x3_2a")(branch3x3)
        branch3x3_b = ConvBN(384, (3, 1), name=f"{name}_branch3x3_2b")(branch3x3)
        branch3x3 = layers.Concatenate(name=f"{name}_branch3x3")([branch3x3_a, branch3x3_b])

        branch3x3dbl = ConvBN(448, 1, name=f"{name}_branch3x3dbl_1")(x)
        branch3x3dbl = ConvBN(384, 3, name=f"{name}_branch3x3dbl_2")(branch3x3dbl)
        branch3x3dbl_a = ConvBN(384, (1, 3), name=f"{name}_branch3x3dbl_3a")(branch3x3dbl)
        branch3x3dbl_b = ConvBN(384, (3, 1), name=f"{name}_branch3x3dbl_3b")(branch3x3dbl)
        branch3x3dbl = layers.Concatenate(name=f"{name}_branch3x3dbl")([branch3x3dbl_a, branch3x3dbl_b])

        branch_pool = layers.AveragePooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
        branch_pool = ConvBN(192, 1, name=f"{name}_branch_pool")(branch_pool)
        return layers.Concatenate(name=name)([branch1x1, branch3x3, branch3x3dbl, branch_pool])

    return apply
