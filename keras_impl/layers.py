"""What several of the networks are built from.

As in Keras itself, a block is a function that takes its sizes and a name and returns a function
of tensors: `x = ConvBN(32, 3, name="conv_1a")(x)`. Every layer it makes is a layer of the one flat
model, named `<block>_<layer>`; `torch_impl` keeps the same layer at `<block>.<layer>`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import keras
from keras import layers

Tensor: TypeAlias = keras.KerasTensor
Block: TypeAlias = Callable[[Tensor], Tensor]


def ConvBN(
    filters: int,
    kernel_size: int | tuple[int, int],
    strides: int = 1,
    padding: str = "same",
    *,
    name: str,
) -> Block:
    """Convolution without bias, batch normalisation without scale, ReLU."""

    def apply(x: Tensor) -> Tensor:
        x = layers.Conv2D(filters, kernel_size, strides=strides, padding=padding, use_bias=False, name=f"{name}_conv")(
            x
        )
        x = layers.BatchNormalization(scale=False, name=f"{name}_bn")(x)
        return layers.Activation("relu", name=f"{name}_relu")(x)

    return apply


def InceptionStem(name: str) -> Block:
    """The first layers of InceptionV3 and InceptionResNetV2: (299, 299, 3) -> (35, 35, 192)."""

    def apply(x: Tensor) -> Tensor:
        x = ConvBN(32, 3, strides=2, padding="valid", name=f"{name}_conv_1a")(x)
        x = ConvBN(32, 3, padding="valid", name=f"{name}_conv_2a")(x)
        x = ConvBN(64, 3, name=f"{name}_conv_2b")(x)
        x = layers.MaxPooling2D(3, strides=2, name=f"{name}_pool_3a")(x)
        x = ConvBN(80, 1, padding="valid", name=f"{name}_conv_3b")(x)
        x = ConvBN(192, 3, padding="valid", name=f"{name}_conv_4a")(x)
        return layers.MaxPooling2D(3, strides=2, name=f"{name}_pool_5a")(x)

    return apply


@keras.saving.register_keras_serializable(package="keras_impl")
class ScaledAdd(layers.Layer):
    """`shortcut + scale * residual` of the pair (shortcut, residual).

    Not Add and Rescaling: Rescaling rounds its scale to float32, so 0.17 would differ in float64.
    """

    def __init__(self, scale: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        shortcut, residual = inputs
        return shortcut + residual * self.scale

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale}


def GlobalPooling(pooling: str | None) -> Block:
    """What a network without its top ends in: its feature map (None), or each channel's "avg" or "max".

    Raises:
        ValueError: `pooling` is none of the three.
    """
    if pooling is None:
        return lambda x: x
    if pooling == "avg":
        return layers.GlobalAveragePooling2D(name="avg_pool")
    if pooling == "max":
        return layers.GlobalMaxPooling2D(name="max_pool")
    raise ValueError(f'pooling must be None, "avg" or "max", not {pooling!r}')
