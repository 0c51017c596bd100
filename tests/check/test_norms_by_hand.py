"""Layer normalisation and layer scale as others write them: in steps, with a weight that is given more axes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import keras
import pytest
import torch
from by_hand import randomised, verified
from keras import layers
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence import check, transfer
from equivalence.verification.ported import Ported


class Scale(layers.Layer):
    def build(self, shape: tuple[int | None, ...]) -> None:
        self.gamma = self.add_weight(shape=(shape[-1],), name="gamma")

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return x * self.gamma


@cache
def model() -> keras.Model:
    """A block of ConvNeXt's, and the normalisation before the next stage, twice."""
    image = x = keras.Input((8, 6, 4))
    for name in "ab":
        y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm")(layers.Conv2D(4, 1, name=f"{name}_conv")(x))
        y = Scale(name=f"{name}_scale")(layers.Dense(4, activation="gelu", name=f"{name}_dense")(y))
        x = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_out")(layers.Add(name=f"{name}_add")([x, y]))
    return randomised(keras.Model(image, layers.Conv2D(3, 2, name="end")(x)))


@cache
def ported() -> Ported:
    return verified(model())


class FirstNorm(nn.Module):
    """Over the channels of (N, C, H, W)."""

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(1, keepdim=True)
        spread = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(spread + self.eps)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.dense = nn.Conv2d(4, 4, 1), nn.LayerNorm(4, eps=1e-6), nn.Linear(4, 4)
        self.gamma = nn.Parameter(torch.ones(4))
        self.out = FirstNorm(4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.conv(x).permute(0, 2, 3, 1))
        y = self.gamma * F.gelu(self.dense(y))
        return self.out(x + y.permute(0, 3, 1, 2))


def network() -> nn.Sequential:
    return nn.Sequential(Block(), Block(), nn.Conv2d(4, 3, 2))


def test_every_array_is_carried_and_nothing_is_off() -> None:
    found = check(ported(), network())
    assert found.equal is True, [(fault.keras, fault.cause) for fault in found.faults]
    assert len(found.weights.carried) == 20 and not found.weights.left_over and not found.weights.ambiguous


def test_transfer_carries_them() -> None:
    module = network()
    assert transfer(model(), module).arrays == 20
    assert check(ported(), module, weights="given").equal is True


def eps(net: nn.Sequential) -> None:
    net[1].norm.eps = 1e-5


def tanh(net: nn.Sequential) -> None:
    net[0].dense.register_forward_hook(lambda module, given, made: made.tanh())


def scales(net: nn.Sequential) -> None:
    net[0].gamma, net[1].gamma = net[1].gamma, net[0].gamma


def by_hand(net: nn.Sequential) -> None:
    net[1].out.weight = nn.Parameter(net[1].out.weight.flip(0))


@pytest.mark.parametrize(
    ("mistake", "expected"),
    [
        (eps, {"b_norm": "eps of layer_norm is 1e-05, where Keras (epsilon) needs 1e-06"}),
        (tanh, {"a_dense": "tanh is one too many: Keras has nothing of it there"}),
        (
            scales,
            {"a_scale": "its 0.gamma is that of b_scale.gamma", "b_scale": "its 1.gamma is that of a_scale.gamma"},
        ),
        (by_hand, {"b_out": "its 1.out.weight is Keras's reversed along axis 0"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_mistakes_beside_it(mistake: Callable[[nn.Sequential], None], expected: dict[str, str]) -> None:
    module = network()
    transfer(model(), module)
    mistake(module)
    found = check(ported(), module, weights="given")
    assert {fault.keras: fault.cause and fault.cause.says for fault in found.faults} == expected


def test_another_epsilon_by_hand_is_at_the_right_layer() -> None:
    module = network()
    module[1].out.eps = 1e-5
    (fault,) = check(ported(), module).faults
    assert fault.keras == "b_out"
