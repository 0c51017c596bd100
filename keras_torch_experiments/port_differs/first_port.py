"""The network in PyTorch, as somebody wrote it by hand who knows PyTorch well. It runs, and gives other numbers."""

from __future__ import annotations

import keras
import torch
from torch import Tensor, nn


def conv(inputs: int, outputs: int, size: int = 1, stride: int = 1, groups: int = 1, relu: bool = True) -> nn.Module:
    layers = [
        nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, nn.ReLU()) if relu else nn.Sequential(*layers)


class InvertedResidual(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        hidden = 3 * inputs
        self.residual = stride == 1 and inputs == outputs
        self.conv = nn.Sequential(
            conv(inputs, hidden),
            conv(hidden, hidden, 3, stride, groups=hidden),
            conv(hidden, outputs, relu=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.residual else self.conv(x)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            conv(1, 16, 3),
            InvertedResidual(16, 24, stride=2),
            InvertedResidual(24, 24, stride=1),
            InvertedResidual(24, 32, stride=2),
        )
        self.dropout = nn.Dropout(0.2)
        self.classifier = nn.Linear(128, 10)

    def forward(self, image: Tensor) -> Tensor:
        x = self.features(image)
        x = self.dropout(x.flatten(1))
        return self.classifier(x)


def load(net: Net, model: keras.Model) -> Net:
    """The weights of the Keras model, in the order in which both have their layers."""
    with_weights = [layer for layer in model.layers if layer.weights]
    modules = [m for m in net.modules() if isinstance(m, (nn.Conv2d, nn.BatchNorm2d, nn.Linear))]
    for layer, module in zip(with_weights, modules, strict=True):
        arrays = [torch.from_numpy(array) for array in layer.get_weights()]
        if isinstance(module, nn.BatchNorm2d):
            tensors = [module.weight, module.bias, module.running_mean, module.running_var]
        elif isinstance(module, nn.Linear):
            tensors, arrays[0] = [module.weight, module.bias], arrays[0].T
        else:
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            tensors, arrays[0] = [module.weight], arrays[0].permute((2, 3, 0, 1) if depthwise else (3, 2, 0, 1))
        for tensor, array in zip(tensors, arrays, strict=True):
            tensor.data.copy_(array)
    return net.eval()
