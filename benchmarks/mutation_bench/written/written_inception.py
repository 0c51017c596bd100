"""Parallel branches of equal shapes, put side by side; Keras's layers bear the names that Keras gives by itself."""

from __future__ import annotations

from typing import Any

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair


class _Numbered:
    """Names of layers as Keras makes them: conv2d, conv2d_1, ..."""

    def __init__(self) -> None:
        self.made = 0

    def conv(self, x: Any, filters: int, kernel: Any, **options: Any) -> Any:
        number = f"_{self.made}" if self.made else ""
        self.made += 1
        x = layers.Conv2D(filters, kernel, padding="same", use_bias=False, name=f"conv2d{number}", **options)(x)
        x = layers.BatchNormalization(scale=False, name=f"batch_normalization{number}")(x)
        return layers.Activation("relu", name=f"activation{number}")(x)

    def mixed(self, x: Any, name: str) -> Any:
        one = self.conv(x, 6, 1)
        three = self.conv(self.conv(x, 5, 1), 6, 3)
        five = self.conv(self.conv(x, 5, 1), 6, 5)
        pool = layers.AveragePooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
        pool = self.conv(pool, 6, 1)
        return layers.Concatenate(name=name)([one, three, five, pool])


def keras_inception() -> Any:
    numbered = _Numbered()
    image = keras.Input((16, 20, 3), name="image")
    x = numbered.conv(image, 8, 3)
    x = layers.MaxPooling2D(3, strides=2, name="max_pooling2d")(x)
    x = numbered.mixed(x, "mixed0")
    x = numbered.mixed(x, "mixed1")
    x = layers.GlobalMaxPooling2D(name="global_max_pooling2d")(x)
    return keras.Model(image, layers.Dense(10, name="predictions")(x), name="inception")


class BasicConv(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, padding="same", bias=False)
        self.norm = nn.BatchNorm2d(out_channels, eps=0.001, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.norm(self.conv(x)))


class Mixed(nn.Module):
    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.one = BasicConv(in_channels, 6, 1)
        self.three = nn.Sequential(BasicConv(in_channels, 5, 1), BasicConv(5, 6, 3))
        self.five = nn.Sequential(BasicConv(in_channels, 5, 1), BasicConv(5, 6, 5))
        self.pool = BasicConv(in_channels, 6, 1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(pooled)], dim=1)


class Inception(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = BasicConv(3, 8, 3)
        self.a = Mixed(8)
        self.b = Mixed(24)
        self.head = nn.Linear(24, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.stem(x), 3, stride=2)
        x = self.b(self.a(x))
        x = torch.amax(x, dim=(2, 3))
        return self.head(x)


def _places() -> dict[str, str]:
    order = [
        "stem",
        *(f"{block}.{part}" for block in "ab" for part in ("one", "three.0", "three.1", "five.0", "five.1", "pool")),
    ]
    found = {"predictions": "head"}
    for number, path in enumerate(order):
        end = f"_{number}" if number else ""
        found |= {f"conv2d{end}": f"{path}.conv", f"batch_normalization{end}": f"{path}.norm"}
    return found


PAIR = WrittenPair(
    "inception", keras_inception, Inception, lambda random: [pictures(random, 3, 16, 20, 3)], places=_places()
)
