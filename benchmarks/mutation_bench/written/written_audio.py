"""A causal network for sound: dilated blocks that look alike, with gates; torch's side is channels first inside."""

from __future__ import annotations

from typing import Any

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_block(x: Any, dilation: int) -> tuple[Any, Any]:
    name = f"dilation{dilation}"
    signal = layers.Conv1D(8, 3, dilation_rate=dilation, padding="causal", activation="tanh", name=f"{name}_signal")(x)
    gate = layers.Conv1D(8, 3, dilation_rate=dilation, padding="causal", activation="sigmoid", name=f"{name}_gate")(x)
    y = layers.Multiply(name=f"{name}_gated")([signal, gate])
    skip = layers.Conv1D(8, 1, name=f"{name}_skip")(y)
    y = layers.Conv1D(8, 1, name=f"{name}_back")(y)
    return layers.Add(name=f"{name}_add")([x, y]), skip


def keras_audio() -> Any:
    sound = keras.Input((38, 2), name="sound")
    x = layers.Conv1D(8, 5, padding="causal", name="first")(sound)
    skips = []
    for dilation in (1, 2, 4):
        x, skip = keras_block(x, dilation)
        skips.append(skip)
    x = layers.Add(name="skips")([*skips, x])
    x = layers.Activation("relu", name="relu")(x)
    x = layers.SpatialDropout1D(0.25, name="drop")(x)
    x = layers.MaxPooling1D(3, strides=2, padding="same", name="pool")(x)
    x = layers.Conv1D(6, 4, strides=2, padding="same", activation="relu", name="strided")(x)
    x = layers.GlobalMaxPooling1D(name="loudest")(x)
    return keras.Model(sound, layers.Dense(5, name="words")(x), name="audio")


class CausalConv1d(nn.Conv1d):
    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, dilation: int = 1) -> None:
        super().__init__(in_channels, out_channels, kernel_size, dilation=dilation)
        self.left = dilation * (kernel_size - 1)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, (self.left, 0)))


class GatedBlock(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.filter = CausalConv1d(channels, channels, 3, dilation)
        self.gate = CausalConv1d(channels, channels, 3, dilation)
        self.skip = nn.Conv1d(channels, channels, 1)
        self.residual = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = torch.tanh(self.filter(x)) * torch.sigmoid(self.gate(x))
        return x + self.residual(y), self.skip(y)


class WaveNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.input_conv = CausalConv1d(2, 8, 5)
        self.blocks = nn.ModuleList([GatedBlock(8, 1), GatedBlock(8, 2), GatedBlock(8, 4)])
        self.dropout = nn.Dropout1d(0.25)
        self.pool = nn.MaxPool1d(3, stride=2, ceil_mode=True)
        self.reduce = nn.Conv1d(8, 6, 4, stride=2)
        self.fc = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.input_conv(x.transpose(1, 2))
        total: Tensor | float = 0.0
        for block in self.blocks:
            x, skip = block(x)
            total = total + skip
        x = self.pool(self.dropout(F.relu(total + x)))
        x = F.relu(self.reduce(F.pad(x, (1, 2))))
        return self.fc(x.max(dim=2).values)


def _places() -> dict[str, str]:
    found = {"first": "input_conv", "strided": "reduce", "words": "fc"}
    parts = {"signal": "filter", "gate": "gate", "skip": "skip", "back": "residual"}
    for block, dilation in enumerate((1, 2, 4)):
        found |= {f"dilation{dilation}_{theirs}": f"blocks.{block}.{ours}" for theirs, ours in parts.items()}
    return found


PAIR = WrittenPair("audio", keras_audio, WaveNet, lambda random: [pictures(random, 3, 38, 2)], places=_places())
