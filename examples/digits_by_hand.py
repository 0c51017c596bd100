"""The network of digits.keras in PyTorch, as written by hand. It runs, and two of its lines are wrong."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def separable(inputs: int, outputs: int, bias: bool) -> nn.Sequential:
    depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
    return nn.Sequential(depthwise, nn.Conv2d(inputs, outputs, 1, bias=bias))


class Digits(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 16, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(16, eps=1e-3)
        self.wide = separable(16, 32, bias=False)
        self.norm2 = nn.BatchNorm2d(32, eps=1e-3)
        self.shortcut = nn.Conv2d(16, 32, 1, stride=2, bias=False)
        self.norm3 = nn.BatchNorm2d(32)
        self.last = separable(32, 32, bias=True)
        self.head = nn.Linear(32, 10)

    def forward(self, image: Tensor) -> Tensor:
        x = F.relu(self.norm1(self.stem(image / 16)))
        shortcut = self.norm3(self.shortcut(x))
        x = F.relu(self.norm2(self.wide(x)))
        x = F.max_pool2d(x, 3, stride=2, padding=1) + shortcut
        x = F.relu(self.last(x)).mean((2, 3))
        return torch.softmax(self.head(x), -1)
