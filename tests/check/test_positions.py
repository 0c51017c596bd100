"""Positions that are looked up, which nothing of the inputs goes into: learned embeddings of transformers."""

from __future__ import annotations

from functools import cache

import keras
import pytest
import torch
from by_hand import randomised, verified
from keras import layers, ops
from torch import Tensor, nn

from equivalence import check, transfer
from equivalence.verification.ported import Ported


@keras.saving.register_keras_serializable("check_positions")
class Positions(layers.Layer):
    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)
        self.words, self.places = layers.Embedding(9, 4), layers.Embedding(5, 4)

    def call(self, x: object) -> object:
        return self.words(x) + self.places(ops.arange(ops.shape(x)[-1]))


@cache
def live() -> keras.Model:
    words = layers.Input((5,), dtype="int32", name="words")
    x = layers.LayerNormalization(name="norm")(Positions(name="embed")(words))
    return randomised(keras.Model(words, layers.Dense(3, name="head")(x)))


@cache
def ported() -> Ported:
    return verified(live())


class Port(nn.Module):
    def __init__(self, mistake: str = "") -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(9, 4), nn.Embedding(5, 4)
        self.ln, self.out = nn.LayerNorm(4, eps=0.001), nn.Linear(4, 3)
        self.mistake = mistake
        self.eval()

    def forward(self, words: Tensor) -> Tensor:
        places = torch.arange(words.shape[1])[None]
        x = self.wte(words)
        if self.mistake != "missing":
            x = x + self.wpe(4 - places if self.mistake == "turned" else places)
        return self.out(self.ln(x))


def filled(mistake: str) -> Port:
    right, module = Port(), Port(mistake)
    transfer(live(), right)
    module.load_state_dict(right.state_dict())
    return module


def test_their_weights_are_carried() -> None:
    found = check(ported(), Port())
    assert found.equal is True and not found.weights.left_over
    assert "embed/places/embeddings -> wpe.weight" in found.weights.carried


@pytest.mark.parametrize(("mistake", "where"), [("missing", ["embed/places", "embed"]), ("turned", ["embed/places"])])
def test_a_mistake_is_told_at_them(mistake: str, where: list[str]) -> None:
    found = check(ported(), filled(mistake), weights="given")
    assert [fault.keras for fault in found.faults] == where
    said = [fault.cause.says if fault.cause else "" for fault in found.faults]
    assert all(says.endswith("is missing, which Keras has there") for says in said) == (mistake == "missing")
