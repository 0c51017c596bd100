"""A U-Net: maps on the way up beside those on the way down, enlarged by repetition."""

from __future__ import annotations

from typing import Any

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_double(x: Any, filters: int, name: str) -> Any:
    for part in "ab":
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"{name}{part}")(x)
    return x


def keras_unet() -> Any:
    image = keras.Input((16, 24, 3), name="image")
    down_1 = keras_double(image, 6, "down1")
    x = layers.MaxPooling2D(2, name="pool1")(down_1)
    down_2 = keras_double(x, 8, "down2")
    x = layers.MaxPooling2D(2, name="pool2")(down_2)
    x = keras_double(x, 12, "bottom")
    x = layers.SpatialDropout2D(0.25, name="drop")(x)
    x = layers.UpSampling2D(2, name="up2_size")(x)
    x = layers.Conv2D(8, 2, padding="same", name="up2_conv")(x)
    x = layers.Concatenate(name="merge2")([down_2, x])
    x = keras_double(x, 8, "up2")
    x = layers.Conv2DTranspose(6, 2, strides=2, name="up1_conv")(x)
    x = layers.Concatenate(name="merge1")([down_1, x])
    x = keras_double(x, 6, "up1")
    return keras.Model(image, layers.Conv2D(2, 1, activation="sigmoid", name="mask")(x), name="unet")


class DoubleConv(nn.Module):
    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, filters, 3, padding=1)
        self.second = nn.Conv2d(filters, filters, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(x))
        return F.relu(self.second(x))


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inc = DoubleConv(3, 6)
        self.down = DoubleConv(6, 8)
        self.middle = DoubleConv(8, 12)
        self.drop = nn.Dropout2d(0.25)
        self.after_up = nn.Conv2d(12, 8, 2)
        self.up_block = DoubleConv(16, 8)
        self.transposed = nn.ConvTranspose2d(8, 6, 2, stride=2)
        self.last_block = DoubleConv(12, 6)
        self.out = nn.Conv2d(6, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x1 = self.inc(x)
        x2 = self.down(F.max_pool2d(x1, 2))
        x3 = self.drop(self.middle(F.max_pool2d(x2, 2)))
        x = F.interpolate(x3, scale_factor=2, mode="nearest")
        x = self.after_up(F.pad(x, (0, 1, 0, 1)))
        x = self.up_block(torch.cat([x2, x], dim=1))
        x = self.transposed(x)
        x = self.last_block(torch.cat([x1, x], dim=1))
        return torch.sigmoid(self.out(x))


PAIR = WrittenPair(
    "unet",
    keras_unet,
    UNet,
    lambda random: [pictures(random, 2, 16, 24, 3)],
    places={
        "down1a": "inc.first",
        "down1b": "inc.second",
        "down2a": "down.first",
        "down2b": "down.second",
        "bottoma": "middle.first",
        "bottomb": "middle.second",
        "up2_conv": "after_up",
        "up2a": "up_block.first",
        "up2b": "up_block.second",
        "up1_conv": "transposed",
        "up1a": "last_block.first",
        "up1b": "last_block.second",
        "mask": "out",
    },
)
