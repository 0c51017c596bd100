"""A LeNet: average pooling, a learned slope, and a flattened map, which torch flattens channels first."""

from __future__ import annotations

from typing import Any

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_lenet() -> Any:
    return keras.Sequential(
        [
            keras.Input((22, 16, 3)),
            layers.Rescaling(1 / 128, offset=-1.0, name="rescale"),
            layers.Conv2D(6, 5, padding="same", name="c1"),
            layers.PReLU(shared_axes=[1, 2], name="slope"),
            layers.AveragePooling2D(2, name="s2"),
            layers.Conv2D(10, (3, 2), name="c3"),
            layers.Activation("tanh", name="tanh"),
            layers.AveragePooling2D(3, strides=2, padding="same", name="s4"),
            layers.Flatten(name="flatten"),
            layers.Dense(24, activation="tanh", name="f5"),
            layers.Dropout(0.5, name="drop"),
            layers.Dense(15, activation="sigmoid", name="f6"),
            layers.Dense(7, name="logits"),
        ],
        name="lenet",
    )


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(3, 6, 5, padding=2)
        self.slope = nn.PReLU(6)
        self.c3 = nn.Conv2d(6, 10, (3, 2))
        self.f5 = nn.Linear(10 * 5 * 4, 24)
        self.drop = nn.Dropout(0.5)
        self.f6 = nn.Linear(24, 15)
        self.logits = nn.Linear(15, 7)

    def forward(self, x: Tensor) -> Tensor:
        x = x / 128 - 1.0
        x = F.avg_pool2d(self.slope(self.c1(x)), 2)
        x = torch.tanh(self.c3(x))
        x = F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
        x = x.flatten(1)
        x = self.drop(torch.tanh(self.f5(x)))
        x = torch.sigmoid(self.f6(x))
        return self.logits(x)


PAIR = WrittenPair(
    "lenet",
    keras_lenet,
    LeNet,
    lambda random: [(40 * pictures(random, 3, 22, 16, 3) + 128).clip(0, 255).round()],
    flattened={"f5": (5, 4)},
)
