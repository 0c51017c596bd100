"""EmotionModel: port of the Keras model in emotion_model.hdf5 (58,423 parameters).

Input    input_1       float32 (N, 1, 64, 64)   Keras: (N, 64, 64, 1)
Output   predictions   float32 (N, 7)

In training, BatchNormalization: nn.BatchNorm keeps the unbiased batch variance, n / (n - 1) of
Keras's, as its running one.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn


class SeparableConv2d(nn.Module):
    """A convolution of each channel by itself, then one of size 1 across them, with the bias."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        depth_multiplier: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        channels = in_channels * depth_multiplier
        self.depthwise = nn.Conv2d(
            in_channels,
            channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups=in_channels,
            bias=False,
        )
        self.pointwise = nn.Conv2d(channels, out_channels, 1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))


class EmotionModel(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv2d_1 = nn.Conv2d(1, 8, kernel_size=3, bias=False)
        self.batch_normalization_1 = nn.BatchNorm2d(8, eps=0.001, momentum=0.01)
        self.conv2d_2 = nn.Conv2d(8, 8, kernel_size=3, bias=False)
        self.batch_normalization_2 = nn.BatchNorm2d(8, eps=0.001, momentum=0.01)
        self.separable_conv2d_1 = SeparableConv2d(8, 16, kernel_size=3, padding=1, bias=False)
        self.batch_normalization_4 = nn.BatchNorm2d(16, eps=0.001, momentum=0.01)
        self.separable_conv2d_2 = SeparableConv2d(16, 16, kernel_size=3, padding=1, bias=False)
        self.batch_normalization_5 = nn.BatchNorm2d(16, eps=0.001, momentum=0.01)
        self.conv2d_3 = nn.Conv2d(8, 16, kernel_size=1, stride=2, bias=False)
        self.max_pooling2d_1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.batch_normalization_3 = nn.BatchNorm2d(16, eps=0.001, momentum=0.01)
        self.separable_conv2d_3 = SeparableConv2d(16, 32, kernel_size=3, padding=1, bias=False)
        self.batch_normalization_7 = nn.BatchNorm2d(32, eps=0.001, momentum=0.01)
        self.separable_conv2d_4 = SeparableConv2d(32, 32, kernel_size=3, padding=1, bias=False)
        self.batch_normalization_8 = nn.BatchNorm2d(32, eps=0.001, momentum=0.01)
        self.conv2d_4 = nn.Conv2d(16, 32, kernel_size=1, stride=2, bias=False)
        self.max_pooling2d_2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.batch_normalization_6 = nn.BatchNorm2d(32, eps=0.001, momentum=0.01)
        self.separable_conv2d_5 = SeparableConv2d(32, 64, kernel_size=3, padding=1, bias=False)
        self.batch_normalization_10 = nn.BatchNorm2d(64, eps=0.001, momentum=0.01)
        self.separable_conv2d_6 = SeparableConv2d(64, 64, kernel_size=3, padding=1, bias=False)
        self.batch_normalization_11 = nn.BatchNorm2d(64, eps=0.001, momentum=0.01)
        self.conv2d_5 = nn.Conv2d(32, 64, kernel_size=1, stride=2, bias=False)
        self.max_pooling2d_3 = nn.MaxPool2d(3, stride=2, padding=1)
        self.batch_normalization_9 = nn.BatchNorm2d(64, eps=0.001, momentum=0.01)
        self.separable_conv2d_7 = SeparableConv2d(64, 128, kernel_size=3, padding=1, bias=False)
        self.batch_normalization_13 = nn.BatchNorm2d(128, eps=0.001, momentum=0.01)
        self.separable_conv2d_8 = SeparableConv2d(128, 128, kernel_size=3, padding=1, bias=False)
        self.batch_normalization_14 = nn.BatchNorm2d(128, eps=0.001, momentum=0.01)
        self.conv2d_6 = nn.Conv2d(64, 128, kernel_size=1, stride=2, bias=False)
        self.max_pooling2d_4 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.batch_normalization_12 = nn.BatchNorm2d(128, eps=0.001, momentum=0.01)
        self.conv2d_7 = nn.Conv2d(128, 7, kernel_size=3, padding=1)

    def forward(self, input_1: Tensor) -> Tensor:
        x = F.relu(self.batch_normalization_1(self.conv2d_1(input_1)))
        conv2d_2 = F.relu(self.batch_normalization_2(self.conv2d_2(x)))
        x = F.relu(self.batch_normalization_4(self.separable_conv2d_1(conv2d_2)))
        x = self.max_pooling2d_1(self.batch_normalization_5(self.separable_conv2d_2(x)))
        add_1 = x + self.batch_normalization_3(self.conv2d_3(conv2d_2))
        x = F.relu(self.batch_normalization_7(self.separable_conv2d_3(add_1)))
        x = self.max_pooling2d_2(self.batch_normalization_8(self.separable_conv2d_4(x)))
        add_2 = x + self.batch_normalization_6(self.conv2d_4(add_1))
        x = F.relu(self.batch_normalization_10(self.separable_conv2d_5(add_2)))
        x = self.max_pooling2d_3(self.batch_normalization_11(self.separable_conv2d_6(x)))
        add_3 = x + self.batch_normalization_9(self.conv2d_5(add_2))
        x = F.relu(self.batch_normalization_13(self.separable_conv2d_7(add_3)))
        x = self.max_pooling2d_4(self.batch_normalization_14(self.separable_conv2d_8(x)))
        x = x + self.batch_normalization_12(self.conv2d_6(add_3))
        return F.softmax(self.conv2d_7(x).mean(dim=(2, 3)), dim=-1)


WEIGHTS = Path(__file__).with_suffix(".safetensors")


def load(path: str | Path = WEIGHTS) -> EmotionModel:
    """The EmotionModel with its trained weights, in eval mode."""
    with torch.device("meta"):
        model = EmotionModel()
    model.load_state_dict(load_file(path), assign=True)
    return model.eval()
