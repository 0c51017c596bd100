"""The ways from a feature map (8, 8, channels) to two logits that are held against each other, in both frameworks.

Each is one of the heads of `keras_impl.heads` and `torch_impl.heads`, with what people try before it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import torch
from keras import layers
from torch import nn

import keras_impl.heads as in_keras
import torch_impl.heads as in_torch

HEIGHT = WIDTH = 8
CLASSES = 2
UNITS = 1000  # of a hidden Dense


@dataclass(frozen=True)
class Candidate:
    """`keras_block`: number of channels -> function of a tensor; `torch_module`: number of channels -> module."""

    name: str
    keras_block: Callable[[int], Callable[[Any], Any]]
    torch_module: Callable[[int], nn.Module]
    zeros: bool = False  # whether the weights begin at zero

    def module(self, channels: int, seed: int = 0) -> nn.Module:
        """The torch module, (N, channels, 8, 8) -> (N, 2), with Keras's initial weights from `seed`."""
        module = self.torch_module(channels)
        initialise(module, seed, zeros=self.zeros)
        return module

    def model(self, channels: int) -> keras.Model:
        """The Keras model, (N, 8, 8, channels) -> (N, 2)."""
        inputs = layers.Input((HEIGHT, WIDTH, channels))
        return keras.Model(inputs, self.keras_block(channels)(inputs))


def initialise(module: nn.Module, seed: int, *, zeros: bool = False) -> None:
    """Keras's defaults: Glorot's uniform kernels (or zeros), biases of zero."""
    generator = torch.Generator().manual_seed(seed)
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.Conv2d):
            if zeros:
                nn.init.zeros_(part.weight)
            else:
                nn.init.xavier_uniform_(part.weight, generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


def _chain(*blocks: Any) -> Callable[[Any], Any]:
    """Keras blocks, one after the other."""

    def apply(x: Any) -> Any:
        for block in blocks:
            x = block(x)
        return x

    return apply


def _modules(**parts: nn.Module) -> nn.Sequential:
    """The same in torch, under the names of the Keras layers."""
    return nn.Sequential(OrderedDict(parts))


def _convolution(name: str, size: int, stride: int, filters: int, dropout: float) -> Candidate:
    """A convolution with ReLU, of channels * filters / 64 filters, in place of pooling."""
    height = (HEIGHT - size) // stride + 1

    def keras_block(channels: int) -> Callable[[Any], Any]:
        kept = channels * filters // 64
        return _chain(
            layers.Conv2D(kept, size, strides=stride, activation="relu", name="convolution"),
            layers.Dropout(dropout),
            in_keras.FlattenHead(height, height, kept, CLASSES),
        )

    def torch_module(channels: int) -> nn.Module:
        kept = channels * filters // 64
        return _modules(
            convolution=nn.Conv2d(channels, kept, size, stride=stride),
            relu=nn.ReLU(),
            dropout=nn.Dropout(dropout),
            predictions=in_torch.FlattenHead(height, height, kept, CLASSES),
        )

    return Candidate(name, keras_block, torch_module)


def _flatten_dropout(rate: float) -> Candidate:
    return Candidate(
        f"flatten, dropout {rate}",
        lambda c: _chain(layers.Dropout(rate), in_keras.FlattenHead(HEIGHT, WIDTH, c, CLASSES)),
        lambda c: _modules(dropout=nn.Dropout(rate), predictions=in_torch.FlattenHead(HEIGHT, WIDTH, c, CLASSES)),
    )


def _adaptive(n: int) -> Candidate:
    return Candidate(
        f"pool to {n} × {n}",
        lambda c: in_keras.AdaptivePoolingHead(n, c, CLASSES),
        lambda c: _modules(predictions=in_torch.AdaptivePoolingHead(n, c, CLASSES)),
    )


def _hidden(name: str, pooled: bool, dropout: float = 0.0) -> Candidate:
    """A hidden Dense(1000) with ReLU after pooling or flattening, as many write it."""

    def keras_block(channels: int) -> Callable[[Any], Any]:
        return _chain(
            in_keras.GlobalAveragePoolingHead(channels, UNITS, name="hidden")
            if pooled
            else in_keras.FlattenHead(HEIGHT, WIDTH, channels, UNITS, name="hidden"),
            layers.ReLU(),
            layers.Dropout(dropout),
            layers.Dense(CLASSES, name="predictions"),
        )

    def torch_module(channels: int) -> nn.Module:
        return _modules(
            hidden=in_torch.GlobalAveragePoolingHead(channels, UNITS)
            if pooled
            else in_torch.FlattenHead(HEIGHT, WIDTH, channels, UNITS),
            relu=nn.ReLU(),
            dropout=nn.Dropout(dropout),
            predictions=nn.Linear(UNITS, CLASSES),
        )

    return Candidate(name, keras_block, torch_module)


POOL = Candidate(
    "pool",
    lambda c: in_keras.GlobalAveragePoolingHead(c, CLASSES),
    lambda c: _modules(predictions=in_torch.GlobalAveragePoolingHead(c, CLASSES)),
)
FLATTEN = Candidate(
    "flatten",
    lambda c: in_keras.FlattenHead(HEIGHT, WIDTH, c, CLASSES),
    lambda c: _modules(predictions=in_torch.FlattenHead(HEIGHT, WIDTH, c, CLASSES)),
)
CANDIDATES = (
    POOL,
    FLATTEN,
    _flatten_dropout(0.5),
    _flatten_dropout(0.6),
    Candidate("flatten, weights from zero", FLATTEN.keras_block, FLATTEN.torch_module, zeros=True),
    Candidate(
        "batch normalisation, flatten",
        lambda c: _chain(
            layers.BatchNormalization(name="normalisation"), in_keras.FlattenHead(HEIGHT, WIDTH, c, CLASSES)
        ),
        lambda c: _modules(
            normalisation=nn.BatchNorm2d(c, eps=1e-3, momentum=0.01),
            predictions=in_torch.FlattenHead(HEIGHT, WIDTH, c, CLASSES),
        ),
    ),
    _adaptive(2),
    _adaptive(4),
    _convolution("1 × 1 convolution, flatten", 1, 1, 1, 0.0),
    _convolution("1 × 1 convolution, dropout 0.5, flatten", 1, 1, 1, 0.5),
    _convolution("strided convolution, flatten", 3, 2, 4, 0.0),
    _convolution("strided convolution, dropout 0.5, flatten", 3, 2, 4, 0.5),
)
#: With a hidden layer, whose weights are many: for fewer channels.
HIDDEN_POOL = _hidden("pool, Dense(1000), Dense(2)", pooled=True)
HIDDEN_FLATTEN = _hidden("flatten, Dense(1000), Dense(2)", pooled=False)
HIDDEN = (
    HIDDEN_POOL,
    HIDDEN_FLATTEN,
    _hidden("flatten, Dense(1000), dropout 0.5, Dense(2)", pooled=False, dropout=0.5),
    _hidden("flatten, Dense(1000), dropout 0.6, Dense(2)", pooled=False, dropout=0.6),
)
