"""Xception (Chollet 2017, arXiv:1610.02357), in the layers and names of keras.applications."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from torch_impl.heads import GlobalAveragePoolingHead
from torch_impl.layers import GlobalPooling, SeparableConv2d, batch_norm, max_pool2d_same


class Xception(nn.Module):
    """(N, channels, H, W) -> (N, classes); without its top (N, 2048, H / 32, W / 32), 10 x 10 for 299 x 299.

    Args:
        pooling: without the top: None, "avg" or "max".
        classifier_activation: None for logits.
    """

    def __init__(
        self,
        include_top: bool = True,
        channels: int = 3,
        classes: int = 1000,
        pooling: str | None = None,
        classifier_activation: str | None = "softmax",
    ) -> None:
        super().__init__()
        self.block1_conv1 = nn.Conv2d(channels, 32, 3, stride=2, bias=False)
        self.block1_conv1_bn = batch_norm(32)
        self.block1_conv2 = nn.Conv2d(32, 64, 3, bias=False)
        self.block1_conv2_bn = batch_norm(64)

        self.block2 = DownBlock(64, 128, 128, relu_first=False)
        self.block3 = DownBlock(128, 256, 256)
        self.block4 = DownBlock(256, 728, 728)
        for i in range(5, 13):
            self.add_module(f"block{i}", MiddleBlock(728))
        self.block13 = DownBlock(728, 728, 1024)

        self.block14_sepconv1 = SeparableConv2d(1024, 1536, 3, padding="same")
        self.block14_sepconv1_bn = batch_norm(1536)
        self.block14_sepconv2 = SeparableConv2d(1536, 2048, 3, padding="same")
        self.block14_sepconv2_bn = batch_norm(2048)

        if include_top:
            self.predictions = GlobalAveragePoolingHead(2048, classes, classifier_activation)
        else:
            self.predictions = GlobalPooling(pooling)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.block1_conv1_bn(self.block1_conv1(x)))
        x = F.relu(self.block1_conv2_bn(self.block1_conv2(x)))

        x = self.block2(x)
        x = self.block3(x)
        x = self.block4(x)
        for i in range(5, 13):
            x = getattr(self, f"block{i}")(x)
        x = self.block13(x)

        x = F.relu(self.block14_sepconv1_bn(self.block14_sepconv1(x)))
        x = F.relu(self.block14_sepconv2_bn(self.block14_sepconv2(x)))
        return self.predictions(x)


class DownBlock(nn.Module):
    """Two separable convolutions and a pooling that halves the map, beside a strided 1 x 1 convolution."""

    def __init__(self, channels: int, filters1: int, filters2: int, *, relu_first: bool = True) -> None:
        super().__init__()
        self.residual = nn.Conv2d(channels, filters2, 1, stride=2, bias=False)
        self.residual_bn = batch_norm(filters2)

        self.relu_first = relu_first
        self.sepconv1 = SeparableConv2d(channels, filters1, 3, padding="same")
        self.sepconv1_bn = batch_norm(filters1)
        self.sepconv2 = SeparableConv2d(filters1, filters2, 3, padding="same")
        self.sepconv2_bn = batch_norm(filters2)

    def forward(self, x: Tensor) -> Tensor:
        residual = self.residual_bn(self.residual(x))

        if self.relu_first:
            x = F.relu(x)
        x = F.relu(self.sepconv1_bn(self.sepconv1(x)))
        x = self.sepconv2_bn(self.sepconv2(x))
        return max_pool2d_same(x) + residual


class MiddleBlock(nn.Module):
    """Three separable convolutions, added to what came in."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.sepconv1 = SeparableConv2d(filters, filters, 3, padding="same")
        self.sepconv1_bn = batch_norm(filters)
        self.sepconv2 = SeparableConv2d(filters, filters, 3, padding="same")
        self.sepconv2_bn = batch_norm(filters)
        self.sepconv3 = SeparableConv2d(filters, filters, 3, padding="same")
        self.sepconv3_bn = batch_norm(filters)

    def forward(self, x: Tensor) -> Tensor:
        residual = x
        x = self.sepconv1_bn(self.sepconv1(F.relu(x)))
        x = self.sepconv2_bn(self.sepconv2(F.relu(x)))
        x = self.sepconv3_bn(self.sepconv3(F.relu(x)))
        return x + residual
