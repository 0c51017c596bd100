"""Mistakes in the project's own networks, of hundreds of layers: attributes, one module's forward, weights."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.mutation_bench.injected_mistakes import Mistake
from benchmarks.mutation_bench.mistakes_in_weights import exchanged, left_constant, moved, taken_from

Change = Callable[[nn.Module], None]


def setting(path: str, **settings: Any) -> Change:
    """Attributes of a submodule."""

    def change(module: nn.Module) -> None:
        for name, value in settings.items():
            setattr(module.get_submodule(path), name, value)

    return change


def forward(path: str, function: Callable[..., Tensor]) -> Change:
    """A submodule's own forward instead of its class's."""

    def change(module: nn.Module) -> None:
        part = module.get_submodule(path)
        part.forward = MethodType(function, part)  # type: ignore[assignment]

    return change


def without_relu(self: Any, x: Tensor) -> Tensor:
    return self.bn(self.conv(x))


def relu_first(self: Any, x: Tensor) -> Tensor:
    return self.bn(F.relu(self.conv(x)))


def with_batch_statistics(self: Any, x: Tensor) -> Tensor:
    return F.batch_norm(x, None, None, self.weight, self.bias, True, 0.0, self.eps)


def nothing(self: Any, x: Tensor) -> Tensor:
    return x


def activated_between(self: Any, x: Tensor) -> Tensor:
    return self.pointwise(torch.relu(self.depthwise(x)))


def _turned(held: Tensor) -> Tensor:
    return held.transpose(-1, -2)


def _transposed(held: Tensor) -> Tensor:
    return held.transpose(0, 1)


def _made(pair: str, *rows: tuple[str, str, Change]) -> tuple[Mistake, ...]:
    return tuple(Mistake(kind, pair, tuple(layers.split()), change=change) for kind, layers, change in rows)


MISTAKES = (
    *_made(
        "mini_xception",
        ("bn-eps", "batch_normalization_1", setting("batch_normalization_1", eps=1e-5)),
        ("bn-eps", "batch_normalization_9", setting("batch_normalization_9", eps=1e-5)),
        ("bn-batch-statistics", "batch_normalization_7", forward("batch_normalization_7", with_batch_statistics)),
        ("bn-forgotten", "batch_normalization_12", forward("batch_normalization_12", nothing)),
        ("activation-in-separable", "separable_conv2d_5", forward("separable_conv2d_5", activated_between)),
        ("conv-padding-mode", "separable_conv2d_8", setting("separable_conv2d_8.depthwise", padding_mode="reflect", _reversed_padding_repeated_twice=[1, 1, 1, 1])),
        ("conv-turned", "separable_conv2d_3", moved(_turned, "separable_conv2d_3.depthwise.weight")),
        ("conv-channels-exchanged", "conv2d_2", moved(_transposed, "conv2d_2.weight")),
        ("weight-elsewhere", "batch_normalization_10", taken_from("batch_normalization_11", "batch_normalization_10")),
        ("bn-weights-in-order", "batch_normalization_14", exchanged("batch_normalization_14.weight", "batch_normalization_14.running_var")),
        ("bias-zero", "conv2d_7", left_constant(0.0, "conv2d_7.bias")),
    ),
    *_made(
        "xception",
        ("bn-eps", "block7_sepconv2_bn", setting("block7.sepconv2_bn", eps=1e-5)),
        ("bn-eps", "block1_conv2_bn", setting("block1_conv2_bn", eps=1e-5)),
        ("bn-batch-statistics", "block13_residual_bn", forward("block13.residual_bn", with_batch_statistics)),
        ("weight-elsewhere", "block9_sepconv1", taken_from("block8.sepconv1", "block9.sepconv1")),
        ("conv-turned", "block4_sepconv2", moved(_turned, "block4.sepconv2.depthwise.weight")),
        ("conv-channels-exchanged", "block11_sepconv3", moved(_transposed, "block11.sepconv3.pointwise.weight")),
        ("activation-in-separable", "block6_sepconv1", forward("block6.sepconv1", activated_between)),
        ("bn-forgotten", "block10_sepconv3_bn", forward("block10.sepconv3_bn", nothing)),
        ("weight-elsewhere", "block12_sepconv2", taken_from("block12.sepconv1", "block12.sepconv2")),
    ),
    *_made(
        "inception_v3",
        ("bn-eps", "mixed4_branch7x7_2_bn", setting("mixed4.branch7x7_2.bn", eps=1e-5)),
        ("activation-forgotten", "mixed6_branch7x7dbl_3_relu", forward("mixed6.branch7x7dbl_3", without_relu)),
        ("bn-after-activation", "mixed1_branch5x5_2_bn mixed1_branch5x5_2_relu", forward("mixed1.branch5x5_2", relu_first)),
        ("weight-elsewhere", "mixed5_branch_pool_conv", taken_from("mixed4.branch_pool.conv", "mixed5.branch_pool.conv")),
        ("weight-elsewhere", "mixed2_branch1x1_bn", taken_from("mixed1.branch1x1.bn", "mixed2.branch1x1.bn")),
        ("bn-batch-statistics", "mixed9_branch3x3_2a_bn", forward("mixed9.branch3x3_2a.bn", with_batch_statistics)),
        ("conv-channels-exchanged", "mixed7_branch7x7_1_conv", moved(_transposed, "mixed7.branch7x7_1.conv.weight")),
    ),
    *_made(
        "inception_resnet_v2",
        ("bn-eps", "block17_5_branch_1b_bn", setting("block17_5.branch_1b.bn", eps=1e-5)),
        ("residual-scale", "block35_4_add", setting("block35_4", scale=0.2)),
        ("residual-scale", "block8_3_add", setting("block8_3", scale=1.0)),
        ("activation-forgotten", "block17_12_branch_1c_relu", forward("block17_12.branch_1c", without_relu)),
        ("weight-elsewhere", "block35_7_branch_0_conv", taken_from("block35_6.branch_0.conv", "block35_7.branch_0.conv")),
        ("bias-zero", "block17_15_conv", left_constant(0.0, "block17_15.conv.bias")),
    ),
)  # fmt: skip
