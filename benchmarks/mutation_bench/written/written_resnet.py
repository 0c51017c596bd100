"""A small residual network with projection shortcuts; torch's side has the names of torchvision."""

from __future__ import annotations

from typing import Any

import keras
import torch.nn.functional as F
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair

EPSILON = 1.001e-5


def keras_block(x: Any, filters: int, name: str, stride: int = 1, project: bool = False) -> Any:
    shortcut = x
    if project:
        shortcut = layers.Conv2D(filters, 1, strides=stride, name=f"{name}_0_conv")(x)
        shortcut = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_0_bn")(shortcut)
    x = layers.Conv2D(filters, 3, strides=stride, padding="same", name=f"{name}_1_conv")(x)
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_1_bn")(x)
    x = layers.Activation("relu", name=f"{name}_1_relu")(x)
    x = layers.Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x)
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_2_bn")(x)
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.Activation("relu", name=f"{name}_out")(x)


def keras_resnet() -> Any:
    image = keras.Input((30, 24, 3), name="image")
    x = layers.ZeroPadding2D(((3, 2), (2, 3)), name="conv1_pad")(image)
    x = layers.Conv2D(8, 5, strides=2, use_bias=False, name="conv1_conv")(x)
    x = layers.BatchNormalization(epsilon=EPSILON, name="conv1_bn")(x)
    x = layers.Activation("relu", name="conv1_relu")(x)
    x = layers.MaxPooling2D(2, name="pool1_pool")(x)
    x = keras_block(x, 8, "conv2_block1")
    x = keras_block(x, 8, "conv2_block2")
    x = keras_block(x, 12, "conv3_block1", stride=2, project=True)
    x = keras_block(x, 12, "conv3_block2")
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return keras.Model(image, layers.Dense(9, activation="softmax", name="predictions")(x), name="resnet")


class BasicBlock(nn.Module):
    def __init__(self, inplanes: int, planes: int, stride: int = 1, downsample: bool = False) -> None:
        super().__init__()
        self.stride = stride
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride=stride, padding=0 if stride == 2 else 1)
        self.bn1 = nn.BatchNorm2d(planes, eps=1.001e-5, momentum=0.01)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(planes, eps=1.001e-5, momentum=0.01)
        self.downsample = None
        if downsample:
            self.downsample = nn.Sequential(
                nn.Conv2d(inplanes, planes, 1, stride=stride), nn.BatchNorm2d(planes, eps=1.001e-5, momentum=0.01)
            )

    def forward(self, x: Tensor) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)
        out = F.pad(x, (0, 1, 0, 1)) if self.stride == 2 else x
        out = F.relu(self.bn1(self.conv1(out)))
        out = self.bn2(self.conv2(out))
        out = out + identity
        return F.relu(out)


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5, stride=2, bias=False)
        self.bn1 = nn.BatchNorm2d(8, eps=1.001e-5, momentum=0.01)
        self.maxpool = nn.MaxPool2d(2)
        self.layer1 = nn.Sequential(BasicBlock(8, 8), BasicBlock(8, 8))
        self.layer2 = nn.Sequential(BasicBlock(8, 12, stride=2, downsample=True), BasicBlock(12, 12))
        self.fc = nn.Linear(12, 9)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (2, 3, 3, 2))
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.maxpool(x)
        x = self.layer2(self.layer1(x))
        x = x.mean(dim=(2, 3))
        return F.softmax(self.fc(x), dim=-1)


def _places() -> dict[str, str]:
    found = {"conv1_conv": "conv1", "conv1_bn": "bn1", "predictions": "fc"}
    for stage in (1, 2):
        for block in (1, 2):
            keras_name, torch_name = f"conv{stage + 1}_block{block}", f"layer{stage}.{block - 1}"
            found |= {f"{keras_name}_0_conv": f"{torch_name}.downsample.0"}
            found |= {f"{keras_name}_0_bn": f"{torch_name}.downsample.1"}
            for part in (1, 2):
                found |= {f"{keras_name}_{part}_conv": f"{torch_name}.conv{part}"}
                found |= {f"{keras_name}_{part}_bn": f"{torch_name}.bn{part}"}
    return found


PAIR = WrittenPair("resnet", keras_resnet, ResNet, lambda random: [pictures(random, 3, 30, 24, 3)], places=_places())
