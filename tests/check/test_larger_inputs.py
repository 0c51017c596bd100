"""Differences that the first inputs do not reach: activations that bend further out."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import keras
import numpy as np
import pytest
import torch
from by_hand import randomised, verified
from keras import layers
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence import check
from equivalence.diagnosis.larger_inputs import larger, scaled
from equivalence.diagnosis.reference import reference
from equivalence.verification.ported import Ported


@cache
def bounded() -> Ported:
    """A layer whose numbers stay below 6 on standard normal inputs."""
    image = layers.Input((5, 6, 2), name="image")
    x = layers.Conv2D(3, 2, name="conv")(image)
    x = layers.ReLU(max_value=6, name="relu")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return verified(randomised(keras.Model(image, layers.Dense(4, activation="softmax", name="head")(x))))


class Bounded(nn.Module):
    def __init__(self, activation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.activation = activation
        self.conv, self.head = nn.Conv2d(2, 3, 2), nn.Linear(3, 4)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.activation(self.conv(x)).mean((2, 3))).softmax(1)


def test_a_bound_that_the_first_inputs_do_not_reach() -> None:
    found = check(bounded(), Bounded(F.relu))
    assert [fault.keras for fault in found.faults] == ["relu"]
    assert found.faults[0].cause is not None and "relu" in found.faults[0].cause.says
    assert found.equal is False
    assert any("agree on the inputs drawn first, and not on" in note for note in found.notes)


@pytest.mark.parametrize("activation", [F.relu6, lambda x: x.clamp(0, 6)], ids=["relu6", "clamp"])
def test_the_same_bound_is_equal_on_larger_inputs_too(activation: Callable[[Tensor], Tensor]) -> None:
    found = check(bounded(), Bounded(activation))
    assert found.equal is True, found.because
    assert found.notes == []


def test_given_inputs_are_the_ones_that_count() -> None:
    inputs = np.random.default_rng(2).normal(size=(2, 5, 6, 2))
    assert check(bounded(), Bounded(F.relu), inputs).equal is True
    assert check(bounded(), Bounded(F.relu), 50 * inputs).equal is False


def test_indices_are_not_made_larger() -> None:
    random = np.random.default_rng(2)
    floats, whole = random.normal(size=(2, 3)), random.integers(0, 9, (2, 3))
    made = scaled([floats, whole, whole.astype("float32")], 8.0)
    assert np.array_equal(made[0], 8 * floats)
    assert np.array_equal(made[1], whole) and np.array_equal(made[2], whole)


def test_what_takes_indices_alone_has_no_larger_inputs() -> None:
    words = layers.Input((4,), dtype="int32")
    ported = verified(randomised(keras.Model(words, layers.Embedding(5, 3)(words))))
    assert larger(reference(ported, [np.arange(4, dtype="int32")[None]]), {}) is None


def test_a_model_that_overflows_on_larger_inputs_has_none() -> None:
    vector = layers.Input((3,))
    x = layers.Activation("exponential")(layers.Activation("exponential")(vector))
    ported = verified(keras.Model(vector, x))
    assert larger(reference(ported, [np.full((2, 3), 1.5)]), {}) is None


def test_larger_inputs_reach_every_activation() -> None:
    ours = reference(bounded(), [np.random.default_rng(2).normal(size=(2, 5, 6, 2))])
    found = larger(ours, {})
    assert found is not None
    factor, there = found
    assert torch.equal(there.tape.values[there.tape.inputs[0]], factor * ours.tape.values[ours.tape.inputs[0]])
    assert 4 <= factor <= 64
