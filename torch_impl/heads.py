"""Three ways from a feature map (N, channels, H, W) to (N, classes), each ending in a dense layer.

    global average pooling    channels * classes weights              where a feature is does not count
    flatten                   H * W * channels * classes weights      every position has its own
    adaptive pooling to n x n n * n * channels * classes weights      between the two

`activation` is None for logits, or "softmax" or "sigmoid". A head is its dense layer with a
reduction before it, so its parameters are `weight` and `bias`, as those of Keras's Dense.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class GlobalAveragePoolingHead(nn.Linear):
    """Each channel's mean, then Dense.

    Raises:
        ValueError: the input is not (N, channels, H, W).
    """

    def __init__(self, channels: int, classes: int, activation: str | None = None) -> None:
        super().__init__(channels, classes)
        self.channels = channels
        self.activation = Activation(activation)

    def forward(self, x: Tensor) -> Tensor:
        expect_feature_map(x, None, None, self.channels)
        x = x.mean((2, 3))
        return self.activation(super().forward(x))


class FlattenHead(nn.Linear):
    """Every number of the map in the order rows, columns, channels (Keras's), then Dense.

    Raises:
        ValueError: the input is not (N, channels, height, width).
    """

    def __init__(self, height: int, width: int, channels: int, classes: int, activation: str | None = None) -> None:
        super().__init__(height * width * channels, classes)
        self.height, self.width, self.channels = height, width, channels
        self.activation = Activation(activation)

    def forward(self, x: Tensor) -> Tensor:
        expect_feature_map(x, self.height, self.width, self.channels)
        x = flatten(x)
        return self.activation(super().forward(x))


class AdaptivePoolingHead(nn.Linear):
    """Means over n x n regions of each channel, flattened as in `FlattenHead`, then Dense.

    Raises:
        ValueError: the input is not (N, channels, H, W).
    """

    def __init__(self, n: int, channels: int, classes: int, activation: str | None = None) -> None:
        super().__init__(n * n * channels, classes)
        self.n, self.channels = n, channels
        self.activation = Activation(activation)

    def forward(self, x: Tensor) -> Tensor:
        expect_feature_map(x, None, None, self.channels)
        x = F.adaptive_avg_pool2d(x, self.n)
        x = flatten(x)
        return self.activation(super().forward(x))


def flatten(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, H * W * C), in Keras's order: so a Dense kernel behind it carries over plainly."""
    return x.permute(0, 2, 3, 1).flatten(1)


class Activation(nn.Module):
    """Keras's `activation` argument of a classifier: None, "softmax" or "sigmoid", over the last axis.

    Raises:
        ValueError: `activation` is none of the three.
    """

    def __init__(self, activation: str | None) -> None:
        super().__init__()
        if activation not in (None, "softmax", "sigmoid"):
            raise ValueError(f'activation must be None, "softmax" or "sigmoid", not {activation!r}')
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        if self.activation == "softmax":
            return x.softmax(-1)
        if self.activation == "sigmoid":
            return torch.sigmoid(x)
        return x


def expect_feature_map(x: Tensor, height: int | None, width: int | None, channels: int) -> None:
    """Raise a ValueError that names both shapes unless x is (N, channels, height, width); None is any size."""
    expected = (channels, height, width)
    actual = tuple(x.shape[1:])
    if len(actual) == 3 and all(size in (None, got) for size, got in zip(expected, actual, strict=True)):
        return
    wanted = f"(N, {channels}, {height or 'H'}, {width or 'W'})"
    message = f"the head expects a feature map {wanted}, not {tuple(x.shape)}"
    if len(actual) == 3 and actual[2] == channels != actual[0]:
        message += ": its channels come last, torch's come first; x.permute(0, 3, 1, 2)"
    raise ValueError(message)
