"""InceptionV3 (Szegedy et al. 2016, arXiv:1512.00567), in the layers and order of keras.applications.

keras.applications leaves most layers unnamed (conv2d, conv2d_1, ...); here each is named for the
block and branch that it stands in.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_impl.heads import GlobalAveragePoolingHead
from torch_impl.layers import ConvBN, GlobalPooling, InceptionStem, avg_pool2d_same


class InceptionV3(nn.Module):
    """(N, channels, H, W) -> (N, classes); without its top (N, 2048, 8, 8) for 299 x 299. At least 75 x 75.

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
        self.mixed0 = InceptionA(192, 32)
        self.mixed1 = InceptionA(256, 64)
        self.mixed2 = InceptionA(288, 64)
        self.mixed3 = InceptionB(288)
        self.mixed4 = InceptionC(768, 128)
        self.mixed5 = InceptionC(768, 160)
        self.mixed6 = InceptionC(768, 160)
        self.mixed7 = InceptionC(768, 192)
        self.mixed8 = InceptionD(768)
        self.mixed9 = InceptionE(1280)
        self.mixed10 = InceptionE(2048)

        if include_top:
            self.predictions = GlobalAveragePoolingHead(2048, classes, classifier_activation)
        else:
            self.predictions = GlobalPooling(pooling)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = self.mixed0(x)
        x = self.mixed1(x)
        x = self.mixed2(x)
        x = self.mixed3(x)
        x = self.mixed4(x)
        x = self.mixed5(x)
        x = self.mixed6(x)
        x = self.mixed7(x)
        x = self.mixed8(x)
        x = self.mixed9(x)
        x = self.mixed10(x)
        return self.predictions(x)


class InceptionA(nn.Module):
    """At 35 x 35: branches of 1 x 1, 5 x 5, twice 3 x 3, and pooling."""

    def __init__(self, channels: int, pool_filters: int) -> None:
        super().__init__()
        self.branch1x1 = ConvBN(channels, 64, 1)

        self.branch5x5_1 = ConvBN(channels, 48, 1)
        self.branch5x5_2 = ConvBN(48, 64, 5)

        self.branch3x3dbl_1 = ConvBN(channels, 64, 1)
        self.branch3x3dbl_2 = ConvBN(64, 96, 3)
        self.branch3x3dbl_3 = ConvBN(96, 96, 3)

        self.branch_pool = ConvBN(channels, pool_filters, 1)

    def forward(self, x: Tensor) -> Tensor:
        branch1x1 = self.branch1x1(x)

        branch5x5 = self.branch5x5_1(x)
        branch5x5 = self.branch5x5_2(branch5x5)

        branch3x3dbl = self.branch3x3dbl_1(x)
        branch3x3dbl = self.branch3x3dbl_2(branch3x3dbl)
        branch3x3dbl = self.branch3x3dbl_3(branch3x3dbl)

        branch_pool = avg_pool2d_same(x)
        branch_pool = self.branch_pool(branch_pool)
        return torch.cat([branch1x1, branch5x5, branch3x3dbl, branch_pool], dim=1)


class InceptionB(nn.Module):
    """From 35 x 35 to 17 x 17."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch3x3 = ConvBN(channels, 384, 3, stride=2, padding="valid")

        self.branch3x3dbl_1 = ConvBN(channels, 64, 1)
        self.branch3x3dbl_2 = ConvBN(64, 96, 3)
        self.branch3x3dbl_3 = ConvBN(96, 96, 3, stride=2, padding="valid")

    def forward(self, x: Tensor) -> Tensor:
        branch3x3 = self.branch3x3(x)

        branch3x3dbl = self.branch3x3dbl_1(x)
        branch3x3dbl = self.branch3x3dbl_2(branch3x3dbl)
        branch3x3dbl = self.branch3x3dbl_3(branch3x3dbl)

        branch_pool = F.max_pool2d(x, 3, stride=2)
        return torch.cat([branch3x3, branch3x3dbl, branch_pool], dim=1)


class InceptionC(nn.Module):
    """At 17 x 17: 7 x 7 convolutions taken apart into 1 x 7 and 7 x 1."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        self.branch1x1 = ConvBN(channels, 192, 1)

        self.branch7x7_1 = ConvBN(channels, filters, 1)
        self.branch7x7_2 = ConvBN(filters, filters, (1, 7))
        self.branch7x7_3 = ConvBN(filters, 192, (7, 1))

        self.branch7x7dbl_1 = ConvBN(channels, filters, 1)
        self.branch7x7dbl_2 = ConvBN(filters, filters, (7, 1))
        self.branch7x7dbl_3 = ConvBN(filters, filters, (1, 7))
        self.branch7x7dbl_4 = ConvBN(filters, filters, (7, 1))
        self.branch7x7dbl_5 = ConvBN(filters, 192, (1, 7))

        self.branch_pool = ConvBN(channels, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        branch1x1 = self.branch1x1(x)

        branch7x7 = self.branch7x7_1(x)
        branch7x7 = self.branch7x7_2(branch7x7)
        branch7x7 = self.branch7x7_3(branch7x7)

        branch7x7dbl = self.branch7x7dbl_1(x)
        branch7x7dbl = self.branch7x7dbl_2(branch7x7dbl)
        branch7x7dbl = self.branch7x7dbl_3(branch7x7dbl)
        branch7x7dbl = self.branch7x7dbl_4(branch7x7dbl)
        branch7x7dbl = self.branch7x7dbl_5(branch7x7dbl)

        branch_pool = avg_pool2d_same(x)
        branch_pool = self.branch_pool(branch_pool)
        return torch.cat([branch1x1, branch7x7, branch7x7dbl, branch_pool], dim=1)


class InceptionD(nn.Module):
    """From 17 x 17 to 8 x 8."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch3x3_1 = ConvBN(channels, 192, 1)
        self.branch3x3_2 = ConvBN(192, 320, 3, stride=2, padding="valid")

        self.branch7x7x3_1 = ConvBN(channels, 192, 1)
        self.branch7x7x3_2 = ConvBN(192, 192, (1, 7))
        self.branch7x7x3_3 = ConvBN(192, 192, (7, 1))
        self.branch7x7x3_4 = ConvBN(192, 192, 3, stride=2, padding="valid")

    def forward(self, x: Tensor) -> Tensor:
        branch3x3 = self.branch3x3_1(x)
        branch3x3 = self.branch3x3_2(branch3x3)

        branch7x7x3 = self.branch7x7x3_1(x)
        branch7x7x3 = self.branch7x7x3_2(branch7x7x3)
        branch7x7x3 = self.branch7x7x3_3(branch7x7x3)
        branch7x7x3 = self.branch7x7x3_4(branch7x7x3)

        branch_pool = F.max_pool2d(x, 3, stride=2)
        return torch.cat([branch3x3, branch7x7x3, branch_pool], dim=1)


class InceptionE(nn.Module):
    """At 8 x 8: 3 x 3 convolutions taken apart into 1 x 3 and 3 x 1, side by side."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch1x1 = ConvBN(channels, 320, 1)

        self.branch3x3_1 = ConvBN(channels, 384, 1)
        self.branch3x3_2a = ConvBN(384, 384, (1, 3))
        self.branch3x3_2b = ConvBN(384, 384, (3, 1))

        self.branch3x3dbl_1 = ConvBN(channels, 448, 1)
        self.branch3x3dbl_2 = ConvBN(448, 384, 3)
        self.branch3x3dbl_3a = ConvBN(384, 384, (1, 3))
        self.branch3x3dbl_3b = ConvBN(384, 384, (3, 1))

        self.branch_pool = ConvBN(channels, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        branch1x1 = self.branch1x1(x)

        branch3x3 = self.branch3x3_1(x)
        branch3x3_a = self.branch3x3_2a(branch3x3)
        branch3x3_b = self.branch3x3_2b(branch3x3)
        branch3x3 = torch.cat([branch3x3_a, branch3x3_b], dim=1)

        branch3x3dbl = self.branch3x3dbl_1(x)
        branch3x3dbl = self.branch3x3dbl_2(branch3x3dbl)
        branch3x3dbl_a = self.branch3x3dbl_3a(branch3x3dbl)
        branch3x3dbl_b = self.branch3x3dbl_3b(branch3x3dbl)
        branch3x3dbl = torch.cat([branch3x3dbl_a, branch3x3dbl_b], dim=1)

        branch_pool = avg_pool2d_same(x)
        branch_pool = self.branch_pool(branch_pool)
        return torch.cat([branch1x1, branch3x3, branch3x3dbl, branch_pool], dim=1)
