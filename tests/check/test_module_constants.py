"""Constants that a module holds as buffers, which are no weight of the Keras model."""

from __future__ import annotations

from functools import cache

import keras
import torch
from by_hand import randomised, verified
from keras import layers
from torch import Tensor, nn

from equivalence import check, transfer
from equivalence.verification.ported import Ported

MEAN, VARIANCE = [0.25, -0.5, 0.125], [0.25, 4.0, 2.25]


@cache
def live() -> keras.Model:
    rows = layers.Input((3,), name="rows")
    x = layers.Normalization(mean=MEAN, variance=VARIANCE, name="normal")(rows)
    x = layers.BatchNormalization(name="norm")(layers.Dense(5, name="dense")(x))
    return randomised(keras.Model(rows, x))


@cache
def ported() -> Ported:
    return verified(live())


class Scaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN))
        self.register_buffer("std", torch.tensor(VARIANCE).sqrt())
        self.linear, self.bn = nn.Linear(3, 5), nn.BatchNorm1d(5, eps=0.001, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.linear((x - self.mean) / self.std))


def test_they_stay_as_they_are() -> None:
    module = Scaled()
    carried = transfer(live(), module)
    assert not carried.left_over
    assert module.std.tolist() == [0.5, 2.0, 1.5]
    found = check(ported(), Scaled())
    assert found.equal is True and not found.weights.left_over


def test_a_wrong_one_is_left_over_and_a_fault() -> None:
    module = Scaled()
    module.std.mul_(2)
    found = check(ported(), module)
    assert [fault.keras for fault in found.faults] == ["normal"]
    assert "torch's std" in found.weights.left_over


def test_training_is_compared_beside_them() -> None:
    module = Scaled()
    transfer(live(), module)
    found = check(ported(), module, weights="given", train=True)
    assert [fault.keras for fault in found.faults] == ["norm"]
    assert found.faults[0].cause and found.faults[0].cause.difference
    assert found.faults[0].cause.difference.endswith("#unbiased-running-variance")
