"""A network that is trained further: a frozen trunk, and a head whose statistics torch keeps as Keras does."""

from __future__ import annotations

from typing import Any

import keras
import torch.nn.functional as F
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_finetuned() -> Any:
    image = keras.Input((12, 16, 3), name="image")
    x = layers.Conv2D(5, 3, padding="same", name="trunk1", trainable=False)(image)
    x = layers.BatchNormalization(name="trunk1_norm", trainable=False)(x)
    x = layers.Activation("relu", name="trunk1_relu")(x)
    x = layers.MaxPooling2D(2, name="trunk1_pool")(x)
    x = layers.Conv2D(7, 3, name="trunk2", trainable=False)(x)
    x = layers.BatchNormalization(momentum=0.75, name="head1_norm")(x)
    x = layers.Activation("relu", name="head1_relu")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dropout(0.25, name="head_dropout")(x)
    x = layers.Dense(9, name="head2")(x)
    x = layers.BatchNormalization(momentum=0.875, epsilon=1e-2, name="head2_norm")(x)
    x = layers.Activation("tanh", name="head2_tanh")(x)
    return keras.Model(image, layers.Dense(6, name="head3")(x), name="finetuned")


class _KeepsBiased(nn.modules.batchnorm._BatchNorm):
    """BatchNorm whose running variance is the biased one."""

    def _check_input_dim(self, input: Tensor) -> None:
        pass

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        others = [axis for axis in range(input.dim()) if axis != 1]
        mean, variance = input.mean(others), input.var(others, correction=0)
        self.running_mean.lerp_(mean.detach(), self.momentum)
        self.running_var.lerp_(variance.detach(), self.momentum)
        return F.batch_norm(input, None, None, self.weight, self.bias, True, 0.0, self.eps)


class FineTuned(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.trunk1 = nn.Conv2d(3, 5, 3, padding=1)
        self.trunk1_norm = nn.BatchNorm2d(5, eps=1e-3, momentum=0.01)
        self.trunk2 = nn.Conv2d(5, 7, 3)
        self.head1_norm = _KeepsBiased(7, eps=1e-3, momentum=0.25)
        self.head_dropout = nn.Dropout(0.25)
        self.head2 = nn.Linear(7, 9)
        self.head2_norm = _KeepsBiased(9, eps=1e-2, momentum=0.125)
        self.head3 = nn.Linear(9, 6)
        for part in (self.trunk1, self.trunk1_norm, self.trunk2):
            part.requires_grad_(False)

    def train(self, mode: bool = True) -> FineTuned:
        super().train(mode)
        self.trunk1_norm.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.trunk1_norm(self.trunk1(x))), 2)
        x = F.relu(self.head1_norm(self.trunk2(x)))
        x = self.head_dropout(x.mean((2, 3)))
        x = self.head2_norm(self.head2(x)).tanh()
        return self.head3(x)


PAIR = WrittenPair(
    "finetuned",
    keras_finetuned,
    FineTuned,
    lambda random: [pictures(random, 5, 12, 16, 3)],
    trains=True,
    frozen=("trunk1", "trunk1_norm", "trunk2"),
)
