"""Attention with another number of heads: all weights fit, and all numbers are others."""

from __future__ import annotations

import math
from functools import cache

import keras
import pytest
import torch
from by_hand import randomised, verified
from keras import layers
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence import check
from equivalence.verification.ported import Ported


@cache
def attended() -> Ported:
    """Three heads of four numbers, with what goes in added."""
    tokens = layers.Input((5, 12), name="tokens")
    x = layers.Add(name="add")([tokens, layers.MultiHeadAttention(3, 4, name="mha")(tokens, tokens)])
    return verified(randomised(keras.Model(tokens, layers.Dense(2, name="head")(x))))


class Layer(nn.Module):
    def __init__(self, heads: int) -> None:
        super().__init__()
        self.mha, self.head = nn.MultiheadAttention(12, heads, batch_first=True), nn.Linear(12, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(x + self.mha(x, x, x)[0])


class Written(nn.Module):
    """As it is written by hand, the scale as a divisor."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(12, 12) for _ in range(4))
        self.head = nn.Linear(12, 2)

    def forward(self, x: Tensor) -> Tensor:
        batch, steps, width = x.shape
        size = width // self.heads
        parts = (self.query, self.key, self.value)
        q, k, v = (part(x).view(batch, steps, self.heads, size).transpose(1, 2) for part in parts)
        y = self.mixed(q, k, v).transpose(1, 2).reshape(batch, steps, width)
        return self.head(x + self.out(y))

    def mixed(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.softmax(q @ k.transpose(2, 3) / math.sqrt(q.shape[-1]), dim=-1) @ v


class OneCall(Written):
    def mixed(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v)


@pytest.mark.parametrize("kind", [Layer, Written, OneCall])
def test_the_same_number_of_heads_is_equal(kind: type[nn.Module]) -> None:
    assert check(attended(), kind(3)).equal is True


@pytest.mark.parametrize(
    ("heads", "says"),
    [
        (4, "attention has 4 heads of 3 numbers, where Keras has 3 heads of 4 numbers"),
        (1, "attention has one head of 12 numbers, where Keras has 3 heads of 4 numbers"),
        (12, "attention has 12 heads of 1 numbers, where Keras has 3 heads of 4 numbers"),
    ],
)
@pytest.mark.parametrize("kind", [Layer, Written, OneCall])
def test_another_number_of_heads_is_the_cause(kind: type[nn.Module], heads: int, says: str) -> None:
    found = check(attended(), kind(heads))
    assert [(fault.keras, fault.cause and fault.cause.says) for fault in found.faults] == [("mha", says)]
    (fault,) = found.faults
    assert fault.cause is not None and fault.torch is not None
    assert (fault.cause.keras_value, fault.cause.torch_value) == (3, heads)
    assert fault.torch.file.endswith("test_other_heads.py")
    with open(__file__, encoding="utf-8") as file:
        line = file.read().splitlines()[fault.torch.line - 1]
    assert ("self.mha(x, x, x)" if kind is Layer else "view(batch, steps") in line


def test_no_other_cause_is_taken_for_it() -> None:
    class Scaled(Written):
        def mixed(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return torch.softmax(q @ k.transpose(2, 3), dim=-1) @ v

    found = check(attended(), Scaled(3))
    assert [fault.keras for fault in found.faults] == ["mha"]
    assert found.faults[0].cause is not None and "heads" not in found.faults[0].cause.says
