"""InceptionResNetV2 (Szegedy et al. 2017, arXiv:1602.07261), in the layers and order of keras.applications.

keras.applications leaves most layers unnamed (conv2d, conv2d_1, ...); here each is named for the
block and branch that it stands in.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_impl.heads import GlobalAveragePoolingHead
from torch_impl.layers import ConvBN, GlobalPooling, InceptionStem, avg_pool2d_same, batch_norm


class InceptionResNetV2(nn.Module):
    """(N, channels, H, W) -> (N, classes); without its top (N, 1536, 8, 8) for 299 x 299. At least 75 x 75.

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
        self.stem = InceptionStem(channels)
        self.mixed_5b = Mixed5b()
        for i in range(1, 11):
            self.add_module(f"block35_{i}", Block35(scale=0.17))
        self.mixed_6a = Mixed6a()
        for i in range(1, 21):
            self.add_module(f"block17_{i}", Block17(scale=0.1))
        self.mixed_7a = Mixed7a()
        for i in range(1, 10):
            self.add_module(f"block8_{i}", Block8(scale=0.2))
        self.block8_10 = Block8(scale=1.0, relu=False)

        self.conv_7b = nn.Conv2d(2080, 1536, 1, bias=False)
        self.conv_7b_bn = batch_norm(1536, scale=False)

        if include_top:
            self.predictions = GlobalAveragePoolingHead(1536, classes, classifier_activation)
        else:
            self.predictions = GlobalPooling(pooling)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = self.mixed_5b(x)
        for i in range(1, 11):
            x = getattr(self, f"block35_{i}")(x)
        x = self.mixed_6a(x)
        for i in range(1, 21):
            x = getattr(self, f"block17_{i}")(x)
        x = self.mixed_7a(x)
        for i in range(1, 11):
            x = getattr(self, f"block8_{i}")(x)

        x = F.relu(self.conv_7b_bn(self.conv_7b(x)))
        return self.predictions(x)


class Mixed5b(nn.Module):
    """At 35 x 35: from 192 channels to 320."""

    def __init__(self) -> None:
        super().__init__()
        self.branch_0 = ConvBN(192, 96, 1)

        self.branch_1a = ConvBN(192, 48, 1)
        self.branch_1b = ConvBN(48, 64, 5)

        self.branch_2a = ConvBN(192, 64, 1)
        self.branch_2b = ConvBN(64, 96, 3)
        self.branch_2c = ConvBN(96, 96, 3)

        self.branch_pool = ConvBN(192, 64, 1)

    def forward(self, x: Tensor) -> Tensor:
        branch_0 = self.branch_0(x)

        branch_1 = self.branch_1a(x)
        branch_1 = self.branch_1b(branch_1)

        branch_2 = self.branch_2a(x)
        branch_2 = self.branch_2b(branch_2)
        branch_2 = self.branch_2c(branch_2)

        branch_pool = avg_pool2d_same(x)
        branch_pool = self.branch_pool(branch_pool)
        return torch.cat([branch_0, branch_1, branch_2, branch_pool], dim=1)


class Mixed6a(nn.Module):
    """From 35 x 35 to 17 x 17: from 320 channels to 1088."""

    def __init__(self) -> None:
        super().__init__()
        self.branch_0 = ConvBN(320, 384, 3, stride=2, padding="valid")

        self.branch_1a = ConvBN(320, 256, 1)
        self.branch_1b = ConvBN(256, 256, 3)
        self.branch_1c = ConvBN(256, 384, 3, stride=2, padding="valid")

    def forward(self, x: Tensor) -> Tensor:
        branch_0 = self.branch_0(x)

        branch_1 = self.branch_1a(x)
        branch_1 = self.branch_1b(branch_1)
        branch_1 = self.branch_1c(branch_1)

        branch_pool = F.max_pool2d(x, 3, stride=2)
        return torch.cat([branch_0, branch_1, branch_pool], dim=1)


class Mixed7a(nn.Module):
    """From 17 x 17 to 8 x 8: from 1088 channels to 2080."""

    def __init__(self) -> None:
        super().__init__()
        self.branch_0a = ConvBN(1088, 256, 1)
        self.branch_0b = ConvBN(256, 384, 3, stride=2, padding="valid")

        self.branch_1a = ConvBN(1088, 256, 1)
        self.branch_1b = ConvBN(256, 288, 3, stride=2, padding="valid")

        self.branch_2a = ConvBN(1088, 256, 1)
        self.branch_2b = ConvBN(256, 288, 3)
        self.branch_2c = ConvBN(288, 320, 3, stride=2, padding="valid")

    def forward(self, x: Tensor) -> Tensor:
        branch_0 = self.branch_0a(x)
        branch_0 = self.branch_0b(branch_0)

        branch_1 = self.branch_1a(x)
        branch_1 = self.branch_1b(branch_1)

        branch_2 = self.branch_2a(x)
        branch_2 = self.branch_2b(branch_2)
        branch_2 = self.branch_2c(branch_2)

        branch_pool = F.max_pool2d(x, 3, stride=2)
        return torch.cat([branch_0, branch_1, branch_2, branch_pool], dim=1)


class Block35(nn.Module):
    """Inception-ResNet-A, at 35 x 35 with 320 channels."""

    def __init__(self, *, scale: float) -> None:
        super().__init__()
        self.branch_0 = ConvBN(320, 32, 1)

        self.branch_1a = ConvBN(320, 32, 1)
        self.branch_1b = ConvBN(32, 32, 3)

        self.branch_2a = ConvBN(320, 32, 1)
        self.branch_2b = ConvBN(32, 48, 3)
        self.branch_2c = ConvBN(48, 64, 3)

        self.conv = nn.Conv2d(128, 320, 1)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        branch_0 = self.branch_0(x)

        branch_1 = self.branch_1a(x)
        branch_1 = self.branch_1b(branch_1)

        branch_2 = self.branch_2a(x)
        branch_2 = self.branch_2b(branch_2)
        branch_2 = self.branch_2c(branch_2)

        mixed = torch.cat([branch_0, branch_1, branch_2], dim=1)
        up = self.conv(mixed)
        x = x + up * self.scale
        return F.relu(x)


class Block17(nn.Module):
    """Inception-ResNet-B, at 17 x 17 with 1088 channels."""

    def __init__(self, *, scale: float) -> None:
        super().__init__()
        self.branch_0 = ConvBN(1088, 192, 1)

        self.branch_1a = ConvBN(1088, 128, 1)
        self.branch_1b = ConvBN(128, 160, (1, 7))
        self.branch_1c = ConvBN(160, 192, (7, 1))

        self.conv = nn.Conv2d(384, 1088, 1)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        branch_0 = self.branch_0(x)

        branch_1 = self.branch_1a(x)
        branch_1 = self.branch_1b(branch_1)
        branch_1 = self.branch_1c(branch_1)

        mixed = torch.cat([branch_0, branch_1], dim=1)
        up = self.conv(mixed)
        x = x + up * self.scale
        return F.relu(x)


class Block8(nn.Module):
    """Inception-ResNet-C, at 8 x 8 with 2080 channels; the last of them without its ReLU."""

    def __init__(self, *, scale: float, relu: bool = True) -> None:
        super().__init__()
        self.branch_0 = ConvBN(2080, 192, 1)

        self.branch_1a = ConvBN(2080, 192, 1)
        self.branch_1b = ConvBN(192, 224, (1, 3))
        self.branch_1c = ConvBN(224, 256, (3, 1))

        self.conv = nn.Conv2d(448, 2080, 1)
        self.scale = scale
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        branch_0 = self.branch_0(x)

        branch_1 = self.branch_1a(x)
        branch_1 = self.branch_1b(branch_1)
        branch_1 = self.branch_1c(branch_1)

        mixed = torch.cat([branch_0, branch_1], dim=1)
        up = self.conv(mixed)
        x = x + up * self.scale
        return F.relu(x) if self.relu else x
