"""A MobileNet: inverted residuals, depthwise convolutions, and a squeeze; torch's side is of nn.Sequential."""

from __future__ import annotations

from typing import Any

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_inverted(x: Any, filters: int, name: str, stride: int = 1) -> Any:
    channels = x.shape[-1]
    y = layers.Conv2D(3 * channels, 1, use_bias=False, name=f"{name}_expand")(x)
    y = layers.BatchNormalization(momentum=0.9, name=f"{name}_expand_bn")(y)
    y = layers.ReLU(6.0, name=f"{name}_expand_relu")(y)
    if stride == 2:
        y = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"{name}_pad")(y)
    padding = "same" if stride == 1 else "valid"
    y = layers.DepthwiseConv2D(3, strides=stride, padding=padding, use_bias=False, name=f"{name}_depthwise")(y)
    y = layers.BatchNormalization(momentum=0.9, name=f"{name}_depthwise_bn")(y)
    y = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(y)
    y = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project")(y)
    y = layers.BatchNormalization(momentum=0.9, name=f"{name}_project_bn")(y)
    if stride == 1 and channels == filters:
        y = layers.Add(name=f"{name}_add")([x, y])
    return y


def keras_mobilenet() -> Any:
    image = keras.Input((24, 28, 3), name="image")
    x = layers.Conv2D(5, 3, strides=2, padding="same", use_bias=False, name="conv1")(image)
    x = layers.BatchNormalization(momentum=0.9, name="bn1")(x)
    x = layers.Activation("hard_swish", name="swish1")(x)
    x = keras_inverted(x, 5, "block1")
    x = keras_inverted(x, 7, "block2", stride=2)
    x = keras_inverted(x, 7, "block3")
    x = keras_inverted(x, 7, "block4")
    squeeze = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze_pool")(x)
    squeeze = layers.Conv2D(3, 1, activation="relu", name="squeeze")(squeeze)
    squeeze = layers.Conv2D(7, 1, activation="hard_sigmoid", name="excite")(squeeze)
    x = layers.Multiply(name="scaled")([x, squeeze])
    x = layers.GlobalAveragePooling2D(keepdims=True, name="pool")(x)
    x = layers.Conv2D(8, 1, name="logits")(x)
    x = layers.Flatten(name="flat")(x)
    return keras.Model(image, layers.Softmax(name="softmax")(x), name="mobilenet")


def conv_bn(
    channels: int, filters: int, kernel: int, stride: int = 1, padding: int = 0, groups: int = 1
) -> list[nn.Module]:
    return [
        nn.Conv2d(channels, filters, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(filters, eps=1e-3, momentum=0.1),
    ]


class InvertedResidual(nn.Module):
    def __init__(self, channels: int, filters: int, stride: int = 1) -> None:
        super().__init__()
        hidden = 3 * channels
        self.use_res_connect = stride == 1 and channels == filters
        pad = nn.ZeroPad2d((0, 1, 0, 1)) if stride == 2 else nn.Identity()
        self.conv = nn.Sequential(
            *conv_bn(channels, hidden, 1),
            nn.ReLU6(),
            pad,
            *conv_bn(hidden, hidden, 3, stride, 0 if stride == 2 else 1, groups=hidden),
            nn.ReLU6(),
            *conv_bn(hidden, filters, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        if self.use_res_connect:
            return x + self.conv(x)
        return self.conv(x)


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, hidden)
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        scale = x.mean((2, 3))
        scale = F.relu(self.fc1(scale))
        scale = F.hardsigmoid(self.fc2(scale))
        return x * scale[:, :, None, None]


class MobileNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), *conv_bn(3, 5, 3, 2), nn.Hardswish())
        self.features = nn.Sequential(
            InvertedResidual(5, 5), InvertedResidual(5, 7, stride=2), InvertedResidual(7, 7), InvertedResidual(7, 7)
        )
        self.se = SqueezeExcite(7, 3)
        self.classifier = nn.Linear(7, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.se(self.features(self.stem(x)))
        x = torch.flatten(F.adaptive_avg_pool2d(x, 1), 1)
        return torch.softmax(self.classifier(x), dim=1)


def _places() -> dict[str, str]:
    found = {"conv1": "stem.1", "bn1": "stem.2", "squeeze": "se.fc1", "excite": "se.fc2", "logits": "classifier"}
    parts = {"expand": 0, "expand_bn": 1, "depthwise": 4, "depthwise_bn": 5, "project": 7, "project_bn": 8}
    for block in range(4):
        found |= {f"block{block + 1}_{part}": f"features.{block}.conv.{index}" for part, index in parts.items()}
    return found


PAIR = WrittenPair(
    "mobilenet", keras_mobilenet, MobileNet, lambda random: [pictures(random, 3, 24, 28, 3)], places=_places()
)
