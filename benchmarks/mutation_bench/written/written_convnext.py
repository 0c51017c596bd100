"""A ConvNeXt: channels last for its LayerNormalizations and Dense layers, groups at the end."""

from __future__ import annotations

from typing import Any

import keras
import torch
import torch.nn.functional as F
from keras import layers, ops
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_block(x: Any, channels: int, name: str) -> Any:
    y = layers.DepthwiseConv2D(5, padding="same", name=f"{name}_depthwise")(x)
    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm")(y)
    y = layers.Dense(2 * channels, name=f"{name}_wide")(y)
    y = layers.Activation("gelu", name=f"{name}_gelu")(y)
    y = layers.Dense(channels, name=f"{name}_narrow")(y)
    return layers.Add(name=f"{name}_add")([x, y])


def keras_convnext() -> Any:
    image = keras.Input((20, 28, 3), name="image")
    x = layers.Conv2D(6, 4, strides=4, name="stem")(image)
    x = layers.LayerNormalization(epsilon=1e-6, name="stem_norm")(x)
    x = keras_block(x, 6, "block1")
    x = keras_block(x, 6, "block2")
    x = layers.GroupNormalization(3, epsilon=1e-3, name="groups")(x)
    x = ops.silu(x)
    x = layers.Conv2D(10, 3, dilation_rate=2, padding="same", groups=2, name="dilated")(x)
    x = layers.Permute((2, 1, 3), name="turned")(x)
    x = layers.Reshape((7, 50), name="columns")(x)
    x = layers.Dense(4, activation="elu", name="per_column")(x)
    return keras.Model(image, layers.Flatten(name="flat")(x), name="convnext")


class ConvNeXtBlock(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, kernel_size=5, padding=2, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pwconv1 = nn.Linear(dim, 2 * dim)
        self.act = nn.GELU()
        self.pwconv2 = nn.Linear(2 * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        residual = x
        x = self.dwconv(x).permute(0, 2, 3, 1)
        x = self.pwconv2(self.act(self.pwconv1(self.norm(x))))
        return residual + x.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, 6, 4, stride=4)
        self.embed_norm = nn.LayerNorm(6, eps=1e-6)
        self.stages = nn.ModuleList([ConvNeXtBlock(6) for _ in range(2)])
        self.group_norm = nn.GroupNorm(3, 6, eps=1e-3)
        self.conv = nn.Conv2d(6, 10, 3, padding=2, dilation=2, groups=2)
        self.proj = nn.Linear(50, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed_norm(self.embed(x).movedim(1, -1)).movedim(-1, 1)
        for stage in self.stages:
            x = stage(x)
        x = self.conv(F.silu(self.group_norm(x)))
        x = x.permute(0, 3, 2, 1).reshape(-1, 7, 50)
        return torch.flatten(F.elu(self.proj(x)), 1)


PAIR = WrittenPair(
    "convnext",
    keras_convnext,
    ConvNeXt,
    lambda random: [pictures(random, 2, 20, 28, 3)],
    places={
        "stem": "embed",
        "stem_norm": "embed_norm",
        **{
            f"block{block + 1}_{theirs}": f"stages.{block}.{ours}"
            for block in range(2)
            for theirs, ours in (("depthwise", "dwconv"), ("norm", "norm"), ("wide", "pwconv1"), ("narrow", "pwconv2"))
        },
        "groups": "group_norm",
        "dilated": "conv",
        "per_column": "proj",
    },
    bound=1e-8,
    because="Keras's gelu takes the root of two in float32, whatever it computes in",
)
