"""What several of the networks are built from, and what Keras has as a layer and torch has not."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


def batch_norm(channels: int, *, scale: bool = True) -> nn.BatchNorm2d:
    """Batch normalisation with Keras's defaults: epsilon 1e-3; a momentum of 0.99 is torch's 1 - 0.99.

    Without `scale` the weight stays at one: it is no parameter of the model and gets no gradient.
    """
    bn = nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
    bn.weight.requires_grad_(scale)
    return bn


class SeparableConv2d(nn.Module):
    """A 3 x 3 or similar convolution of each channel by itself, then a 1 x 1 convolution across them; no bias."""

    def __init__(self, channels: int, filters: int, kernel_size: int, padding: str = "valid") -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, kernel_size, padding=padding, groups=channels, bias=False)
        self.pointwise = nn.Conv2d(channels, filters, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))


def max_pool2d_same(x: Tensor) -> Tensor:
    """Keras's MaxPooling2D(3, strides=2, padding="same"): (N, C, H, W) -> (N, C, ceil(H / 2), ceil(W / 2)).

    Keras pads an odd size by one on both sides and an even size by one at the end alone, which is
    where `ceil_mode` lets the last window reach over the edge.
    """
    height, width = x.shape[2:]
    return F.max_pool2d(x, 3, stride=2, padding=(height % 2, width % 2), ceil_mode=True)


def avg_pool2d_same(x: Tensor) -> Tensor:
    """Keras's AveragePooling2D(3, strides=1, padding="same"): padding does not count in the mean."""
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


class ConvBN(nn.Module):
    """Convolution without bias, batch normalisation without scale, ReLU."""

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel_size: int | tuple[int, int],
        stride: int = 1,
        padding: str = "same",
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, filters, kernel_size, stride=stride, padding=padding, bias=False)
        self.bn = batch_norm(filters, scale=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class InceptionStem(nn.Module):
    """The first layers of InceptionV3 and InceptionResNetV2: (3, 299, 299) -> (192, 35, 35)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_1a = ConvBN(channels, 32, 3, stride=2, padding="valid")
        self.conv_2a = ConvBN(32, 32, 3, padding="valid")
        self.conv_2b = ConvBN(32, 64, 3)
        self.pool_3a = nn.MaxPool2d(3, stride=2)
        self.conv_3b = ConvBN(64, 80, 1, padding="valid")
        self.conv_4a = ConvBN(80, 192, 3, padding="valid")
        self.pool_5a = nn.MaxPool2d(3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_1a(x)
        x = self.conv_2a(x)
        x = self.conv_2b(x)
        x = self.pool_3a(x)
        x = self.conv_3b(x)
        x = self.conv_4a(x)
        return self.pool_5a(x)


class GlobalPooling(nn.Module):
    """What a network without its top ends in: its feature map (None), or each channel's "avg" or "max".

    Raises:
        ValueError: `pooling` is none of the three.
    """

    def __init__(self, pooling: str | None) -> None:
        super().__init__()
        if pooling not in (None, "avg", "max"):
            raise ValueError(f'pooling must be None, "avg" or "max", not {pooling!r}')
        self.pooling = pooling

    def forward(self, x: Tensor) -> Tensor:
        if self.pooling == "avg":
            return x.mean((2, 3))
        if self.pooling == "max":
            return x.amax((2, 3))
        return x
