"""Residual networks whose shortcuts are pooled, as ResNetV2's are: faults there, and faults beside them."""

from __future__ import annotations

from functools import cache

import keras
import pytest
from by_hand import randomised, verified
from keras import layers
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence import check
from equivalence.verification.ported import Ported

EPSILON = 1.001e-5


@cache
def pooled() -> Ported:
    """Three blocks; the shortcuts of the last two are pooled, the picture odd."""
    image = layers.Input((9, 11, 3), name="image")
    x = layers.Conv2D(8, 3, name="stem")(image)
    for name, stride in (("one", 1), ("two", 2), ("three", 2)):
        y = layers.ReLU(name=f"{name}_relu")(layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_bn")(x))
        y = layers.Conv2D(8, 3, strides=stride, padding="valid", name=f"{name}_conv")(
            layers.ZeroPadding2D(1, name=f"{name}_pad")(y)
        )
        shortcut = layers.MaxPooling2D(1, strides=stride, name=f"{name}_pool")(x) if stride > 1 else x
        x = layers.Add(name=f"{name}_out")([shortcut, y])
    return verified(randomised(keras.Model(image, layers.Dense(4)(layers.GlobalAveragePooling2D()(x)))))


class Block(nn.Module):
    def __init__(self, stride: int, eps: float, shortcut: str) -> None:
        super().__init__()
        self.stride, self.kind = stride, shortcut
        self.norm, self.conv = nn.BatchNorm2d(8, eps=eps), nn.Conv2d(8, 8, 3, stride, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        active = F.relu(self.norm(x))
        y = self.conv(active)
        y += self.shortcut(x, active) if self.stride > 1 else x
        return y

    def shortcut(self, x: Tensor, active: Tensor) -> Tensor:
        if self.kind == "part":
            return x[:, :, ::2, ::2]
        if self.kind == "mean":
            return F.avg_pool2d(x, 2, 2, ceil_mode=True)
        size = 2 if self.kind == "window" else 1
        return F.max_pool2d(active if self.kind == "active" else x, size, 2, ceil_mode=True)


class Pooled(nn.Module):
    def __init__(self, shortcut: str = "pooled", eps: float = EPSILON) -> None:
        super().__init__()
        self.stem, self.head = nn.Conv2d(3, 8, 3), nn.Linear(8, 4)
        self.blocks = nn.Sequential(*(Block(stride, eps, shortcut) for stride in (1, 2, 2)))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))


@pytest.mark.parametrize("shortcut", ["pooled", "part"])
def test_a_window_of_one_is_a_part(shortcut: str) -> None:
    assert check(pooled(), Pooled(shortcut)).equal is True


@pytest.mark.parametrize("eps", [EPSILON, 1e-5])
@pytest.mark.parametrize(
    ("shortcut", "says"),
    [
        ("window", "kernel_size of max_pool2d is 2, where Keras (pool_size) needs 1"),
        ("mean", "avg_pool2d("),
        ("active", "max_pool2d takes another tensor: the output of"),
        ("part", ""),
    ],
)
def test_faults_in_the_shortcut_are_there_and_nowhere_else(shortcut: str, says: str, eps: float) -> None:
    found = check(pooled(), Pooled(shortcut, eps))
    pools = [fault for fault in found.faults if fault.keras.endswith("_pool")]
    norms = [fault for fault in found.faults if fault.keras.endswith("_bn")]
    assert len(found.faults) == len(pools) + len(norms)
    assert [fault.keras for fault in pools] == (["two_pool", "three_pool"] if says else [])
    assert [fault.keras for fault in norms] == (["one_bn", "two_bn", "three_bn"] if eps != EPSILON else [])
    for fault in pools:
        assert fault.cause is not None and fault.cause.says.startswith(says)
    for fault in norms:
        assert fault.cause is not None and fault.cause.says.startswith("eps of batch_norm is 1e-05")
