"""A DenseNet: every layer sees all before it; torch's modules bear the names of Keras's layers."""

from __future__ import annotations

from typing import Any

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair

GROWTH = 4


def keras_dense_layer(x: Any, name: str) -> Any:
    y = layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_0_bn")(x)
    y = layers.Activation("relu", name=f"{name}_0_relu")(y)
    y = layers.Conv2D(3 * GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(y)
    y = layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_1_bn")(y)
    y = layers.Activation("relu", name=f"{name}_1_relu")(y)
    y = layers.Conv2D(GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(y)
    return layers.Concatenate(name=f"{name}_concat")([x, y])


def keras_densenet() -> Any:
    image = keras.Input((17, 21, 3), name="image")
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="conv0")(image)
    for layer in (1, 2, 3):
        x = keras_dense_layer(x, f"dense1_{layer}")
    x = layers.BatchNormalization(epsilon=1.001e-5, name="pool1_bn")(x)
    x = layers.Activation("relu", name="pool1_relu")(x)
    x = layers.Conv2D(10, 1, use_bias=False, name="pool1_conv")(x)
    x = layers.AveragePooling2D(2, strides=2, name="pool1_pool")(x)
    for layer in (1, 2):
        x = keras_dense_layer(x, f"dense2_{layer}")
    x = layers.BatchNormalization(epsilon=1.001e-5, name="bn")(x)
    x = layers.Activation("relu", name="relu")(x)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return keras.Model(image, layers.Dense(6, name="predictions")(x), name="densenet")


def batch_norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1.001e-5, momentum=0.01)


class DenseLayer(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bn_0 = batch_norm(channels)
        self.conv_1 = nn.Conv2d(channels, 12, 1, bias=False)
        self.bn_1 = batch_norm(12)
        self.conv_2 = nn.Conv2d(12, 4, 3, padding="same", bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv_1(self.bn_0(x).relu())
        y = self.conv_2(self.bn_1(y).relu())
        return torch.cat((x, y), 1)


class DenseNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False)
        self.dense1 = nn.ModuleList([DenseLayer(8), DenseLayer(12), DenseLayer(16)])
        self.pool1_bn = batch_norm(20)
        self.pool1_conv = nn.Conv2d(20, 10, 1, bias=False)
        self.dense2 = nn.ModuleList([DenseLayer(10), DenseLayer(14)])
        self.bn = batch_norm(18)
        self.predictions = nn.Linear(18, 6)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv0(x)
        for layer in self.dense1:
            x = layer(x)
        x = self.pool1_conv(self.pool1_bn(x).relu())
        x = F.avg_pool2d(x, 2)
        for layer in self.dense2:
            x = layer(x)
        x = self.bn(x).relu()
        return self.predictions(x.mean((2, 3)))


def _places() -> dict[str, str]:
    found = {}
    for stage, layers_in_it in ((1, 3), (2, 2)):
        for layer in range(layers_in_it):
            keras_name, torch_name = f"dense{stage}_{layer + 1}", f"dense{stage}.{layer}"
            found |= {f"{keras_name}_{part}_bn": f"{torch_name}.bn_{part}" for part in (0, 1)}
            found |= {f"{keras_name}_{part}_conv": f"{torch_name}.conv_{part}" for part in (1, 2)}
    return found


PAIR = WrittenPair(
    "densenet", keras_densenet, DenseNet, lambda random: [pictures(random, 3, 17, 21, 3)], places=_places()
)
