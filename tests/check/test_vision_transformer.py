"""Attention as vision transformers have it: one projection moved about before it is taken apart, and a class token."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import keras
import pytest
import torch
from by_hand import randomised, verified
from keras import layers, ops
from torch import Tensor, nn

from equivalence import check, transfer
from equivalence.verification.ported import Ported


@keras.saving.register_keras_serializable("check_vision")
class Token(layers.Layer):
    def build(self, shape: Any) -> None:
        self.token = self.add_weight(shape=(1, 1, shape[-1]), name="token")

    def call(self, x: Any) -> Any:
        return ops.concatenate([ops.tile(self.token, (ops.shape(x)[0], 1, 1)), x], axis=1)


@cache
def live() -> keras.Model:
    steps = layers.Input((5, 4), name="steps")
    x = Token(name="token")(layers.Dense(6, name="embed")(steps))
    y = layers.LayerNormalization(epsilon=1e-6, name="norm")(x)
    x = layers.Add(name="add")([x, layers.MultiHeadAttention(2, 3, name="attention")(y, y)])
    return randomised(keras.Model(steps, layers.Dense(3, name="head")(x)))


@cache
def ported() -> Ported:
    return verified(live())


def unbound(qkv: Tensor) -> Any:
    return qkv.reshape(*qkv.shape[:2], 3, 2, 3).permute(2, 0, 3, 1, 4).unbind(0)


def indexed(qkv: Tensor) -> Any:
    whole = qkv.view(*qkv.shape[:2], 3, 2, 3).permute(2, 0, 3, 1, 4)
    return whole[0], whole[1], whole[2]


def chunked(qkv: Tensor) -> Any:
    return qkv.unflatten(-1, (6, 3)).transpose(1, 2).chunk(3, 1)


class Transformer(nn.Module):
    def __init__(self, apart: Callable[[Tensor], Any] = unbound, eps: float = 1e-6, exchanged: bool = False) -> None:
        super().__init__()
        self.embed, self.token = nn.Linear(4, 6), nn.Parameter(torch.zeros(1, 1, 6))
        self.norm, self.qkv, self.proj = nn.LayerNorm(6, eps=eps), nn.Linear(6, 18), nn.Linear(6, 6)
        self.head = nn.Linear(6, 3)
        self.apart, self.exchanged = apart, exchanged
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat([self.token.expand(len(x), -1, -1), self.embed(x)], 1)
        query, key, value = self.apart(self.qkv(self.norm(x)))
        key, value = (value, key) if self.exchanged else (key, value)
        weights = (query * 3**-0.5 @ key.transpose(-2, -1)).softmax(-1)
        return self.head(x + self.proj((weights @ value).transpose(1, 2).flatten(2)))


@pytest.mark.parametrize("apart", [unbound, indexed, chunked], ids=lambda apart: apart.__name__)
def test_every_array_is_carried(apart: Callable[[Tensor], Any]) -> None:
    found = check(ported(), Transformer(apart))
    assert found.equal is True and not found.weights.left_over and not found.weights.ambiguous
    assert "token/token -> token" in found.weights.carried


def no_token(module: Transformer) -> None:
    nn.init.zeros_(module.token)


def keys_first(module: Transformer) -> None:
    weight = module.qkv.weight.detach()
    weight.copy_(torch.cat([weight[6:12], weight[:6], weight[12:]]))


@pytest.mark.parametrize(
    ("mistakes", "change", "layer", "says"),
    [
        ({}, no_token, "token", "its token is left at its initial 0 throughout"),
        (
            {},
            keys_first,
            "attention",
            "its qkv.weight holds its 3 blocks in the order (1, 0, 2): keys, queries, values",
        ),
        ({"eps": 1e-5}, None, "norm", "eps of layer_norm is 1e-05, where Keras (epsilon) needs 1e-06"),
    ],
    ids=["token", "blocks", "epsilon"],
)
def test_a_mistake_is_told_at_its_layer(mistakes: dict[str, Any], change: Any, layer: str, says: str) -> None:
    right, module = Transformer(), Transformer(**mistakes)
    transfer(live(), right, pairs={})
    module.load_state_dict(right.state_dict())
    if change:
        change(module)
    (fault,) = check(ported(), module, weights="given").faults
    assert fault.keras == layer and fault.cause is not None
    assert fault.cause.says == says
