"""Two pictures through one tower: how far apart they are."""

from __future__ import annotations

from typing import Any

import keras
import torch
import torch.nn.functional as F
from keras import layers, ops
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_tower() -> Any:
    image = keras.Input((18, 14, 1), name="picture")
    x = layers.Conv2D(6, 4, activation="tanh", name="conv1")(image)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    x = layers.Conv2D(8, 3, padding="same", name="conv2")(x)
    x = layers.BatchNormalization(name="norm2")(x)
    x = layers.ReLU(negative_slope=0.125, name="relu2")(x)
    x = layers.GlobalAveragePooling2D(name="pool2")(x)
    x = layers.Dense(10, name="embedding")(x)
    return keras.Model(image, layers.UnitNormalization(name="unit")(x), name="tower")


def keras_siamese() -> Any:
    tower = keras_tower()
    left, right = keras.Input((18, 14, 1), name="left"), keras.Input((18, 14, 1), name="right")
    one, two = tower(left), tower(right)
    apart = layers.Subtract(name="apart")([one, two])
    apart = ops.square(apart)
    alike = layers.Dot(axes=1, name="alike")([one, two])
    x = layers.Concatenate(name="both")([apart, alike])
    x = layers.Dense(6, activation="selu", name="hidden")(x)
    return keras.Model([left, right], layers.Dense(1, activation="sigmoid", name="same")(x), name="siamese")


class EmbeddingNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 4)
        self.pool = nn.MaxPool2d(3, stride=2, padding=(0, 0), ceil_mode=True)
        self.conv2 = nn.Conv2d(6, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8, eps=1e-3, momentum=0.01)
        self.fc = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.tanh(self.conv1(x))
        x = F.pad(x, (1, 0, 1, 0), value=float("-inf")) if x.shape[-1] % 2 else x
        x = self.pool(x)
        x = F.leaky_relu(self.bn(self.conv2(x)), 0.125)
        x = self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))
        return F.normalize(x, dim=1)


class SiameseNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = EmbeddingNet()
        self.fc1 = nn.Linear(11, 6)
        self.fc2 = nn.Linear(6, 1)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        a = self.backbone(left)
        b = self.backbone(right)
        squared = (a - b) ** 2
        similarity = (a * b).sum(dim=1, keepdim=True)
        x = torch.cat([squared, similarity], dim=1)
        x = F.selu(self.fc1(x))
        return torch.sigmoid(self.fc2(x))


PAIR = WrittenPair(
    "siamese",
    keras_siamese,
    SiameseNet,
    lambda random: [pictures(random, 3, 18, 14, 1) for _ in range(2)],
    places={
        "tower/conv1": "backbone.conv1",
        "tower/conv2": "backbone.conv2",
        "tower/norm2": "backbone.bn",
        "tower/embedding": "backbone.fc",
        "hidden": "fc1",
        "same": "fc2",
    },
)
