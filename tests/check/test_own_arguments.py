"""A normalisation written by hand that is right but for one number of it."""

from __future__ import annotations

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


@cache
def live() -> keras.Model:
    image = layers.Input((6, 5, 4), name="image")
    x = layers.LayerNormalization(epsilon=0.001, name="norm")(layers.Conv2D(7, 2, name="conv")(image))
    x = layers.Dense(3, activation="gelu", name="dense")(x)
    return randomised(keras.Model(image, layers.Dense(2, name="head")(x)))


@cache
def ported() -> Ported:
    return verified(live())


class ByHandNorm(nn.Module):
    def __init__(self, eps: float = 0.001, axis: int = 1, unbiased: bool = False, gelu: str = "") -> None:
        super().__init__()
        self.conv, self.dense, self.head = nn.Conv2d(4, 7, 2), nn.Conv2d(7, 3, 1), nn.Conv2d(3, 2, 1)
        self.weight, self.bias = nn.Parameter(torch.ones(7)), nn.Parameter(torch.zeros(7))
        self.eps, self.axis, self.unbiased, self.gelu = eps, axis, unbiased, gelu
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        mean = x.mean(self.axis, keepdim=True)
        spread = (x.var(1, keepdim=True, unbiased=self.unbiased) + self.eps).sqrt()
        x = (x - mean) / spread * self.weight[:, None, None] + self.bias[:, None, None]
        x = self.dense(x)
        return self.head(x * torch.sigmoid(1.702 * x) if self.gelu else F.gelu(x))


def filled(**mistakes: object) -> ByHandNorm:
    right, module = ByHandNorm(), ByHandNorm(**mistakes)  # type: ignore[arg-type]
    transfer(live(), right)
    module.load_state_dict(right.state_dict())
    return module


@pytest.mark.parametrize(
    ("mistakes", "says", "difference"),
    [
        ({"eps": 0.002}, "x + 0.002 stands where Keras's epsilon is 0.001", "keras.layers.LayerNormalization#epsilon"),
        ({"unbiased": True}, "unbiased of var is True, where Keras needs False", None),
        ({"axis": 2}, "dim of mean is 2, where Keras needs 1", None),
    ],
    ids=["epsilon", "variance", "axis"],
)
def test_the_number_is_told(mistakes: dict[str, object], says: str, difference: str | None) -> None:
    (fault,) = check(ported(), filled(**mistakes), weights="given").faults
    assert fault.keras == "norm" and fault.cause is not None
    assert (fault.cause.says, fault.cause.difference) == (says, difference)


def test_a_scale_that_was_not_loaded_is_told() -> None:
    module = filled()
    nn.init.ones_(module.weight)
    (fault,) = check(ported(), module, weights="given").faults
    assert fault.keras == "norm" and fault.cause is not None
    assert fault.cause.says == "its weight is left at its initial 1 throughout"


def test_half_of_a_gate_is_no_cause() -> None:
    """x * sigmoid(1.702 x) for gelu: it is not that a sigmoid stands where gelu should."""
    faults = check(ported(), filled(gelu="sigmoid"), weights="given").faults
    assert faults[0].keras == "dense"
    assert all(fault.cause is None for fault in faults)
