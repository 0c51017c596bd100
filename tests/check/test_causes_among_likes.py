"""Layers with weights like another's: which is taken for which, and what is none of it."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
import torch
from by_hand import randomised, verified
from keras import layers
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence import check, transfer
from equivalence.diagnosis.reference import reference
from equivalence.diagnosis.structural_transfer import into_module, structure
from equivalence.diagnosis.weight_relations import relation
from equivalence.verification.ported import Ported
from equivalence.verification.sample_inputs import draw_inputs


@cache
def likes() -> Ported:
    """Two norms one behind the other, two parts joined, two heads: each has its like."""
    keras.utils.clear_session()  # slices are numbered through the whole process
    vector = layers.Input((6,), name="vector")
    x = layers.ReLU(name="relu")(layers.BatchNormalization(name="bn1")(vector))
    x = layers.BatchNormalization(name="bn2")(x)
    x = layers.Concatenate(name="both")([x[:, 4:], x[:, :2]])
    x = layers.Dense(6, activation="tanh", name="trunk")(x)
    heads = [layers.Dense(4, activation="softplus", name="one")(x), layers.Dense(4, name="other")(x)]
    return verified(randomised(keras.Model(vector, heads, name="likes")))


class Likes(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.bn1, self.bn2 = (nn.BatchNorm1d(6, eps=0.001) for _ in range(2))
        self.trunk, self.one, self.other = nn.Linear(4, 6), nn.Linear(6, 4), nn.Linear(6, 4)
        self.eval()

    def forward(self, x: Tensor) -> Any:
        low, _, high = self.norms(x).split(2, 1)
        x = self.trunk(self.joined(low, high)).tanh()
        return F.softplus(self.one(x)), self.last(x)

    def norms(self, x: Tensor) -> Tensor:
        return self.bn2(F.relu(self.bn1(x)))

    def joined(self, low: Tensor, high: Tensor) -> Tensor:
        return torch.cat([high, low], 1)

    def last(self, x: Tensor) -> Tensor:
        return self.other(x)


class NormForgotten(Likes):
    def norms(self, x: Tensor) -> Tensor:
        return self.bn2(F.relu(x))


class PartsExchanged(Likes):
    def joined(self, low: Tensor, high: Tensor) -> Tensor:
        return torch.cat([low, high], 1)


class HeadTwice(Likes):
    def last(self, x: Tensor) -> Tensor:
        return self.one(x)


def filled(kind: type[Likes]) -> Likes:
    """With Keras's weights."""
    right, module = Likes(), kind()
    ported = likes()
    into_module(structure(reference(ported, draw_inputs(ported)), right, {}), right)
    module.load_state_dict(right.state_dict())
    return module


def test_as_it_is_it_is_equal() -> None:
    assert check(likes(), filled(Likes), weights="given").equal is True


@pytest.mark.parametrize(
    ("kind", "layer", "says"),
    [
        (NormForgotten, "bn1", "batch_norm(momentum=0.01, eps=0.001) is missing, which Keras has there"),
        (PartsExchanged, "both", "cat takes the output of 'get_item_1', the output of 'get_item' in another order than"
         " Keras, which takes the output of 'get_item', the output of 'get_item_1'"),
        (HeadTwice, "other", "its one.bias and one.weight are those of another layer, one"),
    ],
)  # fmt: skip
def test_of_layers_that_are_alike_the_right_one_is_told(kind: type[Likes], layer: str, says: str) -> None:
    found = check(likes(), filled(kind), weights="given")
    assert [(fault.keras, fault.cause and fault.cause.says) for fault in found.faults] == [(layer, says)]


class BothWays(nn.Module):
    def __init__(self, backwards_first: bool) -> None:
        super().__init__()
        self.gru = nn.GRU(3, 4, batch_first=True, bidirectional=True)
        self.backwards_first = backwards_first

    def forward(self, x: Tensor) -> Tensor:
        states = self.gru(x)[1]
        return torch.cat([states[1], states[0]] if self.backwards_first else [states[0], states[1]], 1)


def test_states_that_no_layer_gives_are_told_by_their_places() -> None:
    steps = layers.Input((5, 3), name="steps")
    ported = verified(randomised(keras.Model(steps, layers.Bidirectional(layers.GRU(4), name="both")(steps))))
    assert check(ported, BothWays(False)).equal is True
    (fault,) = check(ported, BothWays(True)).faults
    assert fault.keras == "both" and fault.cause is not None
    assert fault.cause.says == "cat takes its tensors in another order than Keras, which takes them in the order 2, 1"


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_a_weight_that_is_a_multiple(factor: float) -> None:
    wanted = np.random.default_rng(3).normal(size=7)
    assert relation(wanted * factor, wanted) == f"{factor:g} times Keras's"
    assert relation(wanted * 1.01, wanted) is None


@cache
def dense_block() -> Ported:
    """As DenseNet's: Keras joins what is there with what is new."""
    x = layers.Input((3,), name="vector")
    joined = x
    for at in range(5):
        joined = layers.Concatenate(name=f"join{at}")([joined, layers.Dense(2, name=f"new{at}")(joined)])
    return verified(randomised(keras.Model(x, joined)))


class DenseBlock(nn.Module):
    """As torchvision's: all there is, joined at once."""

    def __init__(self, reversed_at: int) -> None:
        super().__init__()
        self.parts = nn.ModuleList(nn.Linear(3 + 2 * at, 2) for at in range(5))
        self.reversed_at = reversed_at

    def forward(self, x: Tensor) -> Tensor:
        features = [x]
        for at, part in enumerate(self.parts):
            features.append(part(torch.cat(features[::-1] if at == self.reversed_at else features, 1)))
        return torch.cat(features, 1)


def test_features_that_are_joined_all_at_once_are_equal() -> None:
    assert check(dense_block(), DenseBlock(0)).equal is True


@pytest.mark.parametrize(
    ("at", "layer", "says"),
    [
        (2, "join1", "cat takes the output of 'new1', the output of 'new0', the model's input in another order than "
         "Keras, which takes the model's input, the output of 'new0', the output of 'new1'"),
        (4, "join3", "cat takes its tensors in another order than Keras, which takes them in the order 5, 4, 3, 2, 1"),
    ],
)  # fmt: skip
def test_features_that_are_joined_all_at_once_in_another_order(at: int, layer: str, says: str) -> None:
    found = check(dense_block(), DenseBlock(at))
    assert [(fault.keras, fault.cause and fault.cause.says) for fault in found.faults] == [(layer, says)]


@cache
def branched() -> Ported:
    """Two blocks that are alike, of two branches whose layers are alike as well."""
    x = layers.Input((9, 6), name="steps")
    made = x
    for block in "ab":
        two = layers.Conv1D(5, 1, activation="relu", name=f"{block}two1")(made)
        two = layers.Conv1D(6, 3, padding="same", name=f"{block}two2")(two)
        four = layers.Conv1D(5, 1, activation="relu", name=f"{block}four1")(made)
        for at in (2, 3):
            four = layers.Conv1D(5, 3, padding="same", activation="relu", name=f"{block}four{at}")(four)
        four = layers.Conv1D(6, 3, padding="same", name=f"{block}four4")(four)
        made = layers.Concatenate(name=f"{block}cat")([two, four])
        made = layers.Conv1D(6, 1, name=f"{block}out")(made)
    return verified(randomised(keras.Model(x, made)))


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.two = nn.Sequential(nn.Conv1d(6, 5, 1), nn.ReLU(), nn.Conv1d(5, 6, 3, padding=1))
        inner = [part for _ in (2, 3) for part in (nn.Conv1d(5, 5, 3, padding=1), nn.ReLU())]
        self.four = nn.Sequential(nn.Conv1d(6, 5, 1), nn.ReLU(), *inner, nn.Conv1d(5, 6, 3, padding=1))
        self.out = nn.Conv1d(12, 6, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(torch.cat([self.two(x), self.four(x)], 1))


def test_blocks_of_branches_that_are_each_other_s_are_told_layer_for_layer() -> None:
    module = nn.Sequential(Branches(), Branches())
    ported = branched()
    into_module(structure(reference(ported, draw_inputs(ported)), module, {}), module)
    found = check(ported, nn.Sequential(module[1], module[0]), weights="given")
    names = ("two1", "two2", "four1", "four2", "four3", "four4", "out")
    wanted = {
        f"{block}{name}": f"its {at}.{part} are those of another layer, {other}{name}"
        for at, (block, other) in enumerate(("ab", "ba"))
        for name, part in zip(names, _parts(at), strict=True)
    }
    assert {fault.keras: fault.cause and fault.cause.says for fault in found.faults} == wanted


def _parts(at: int) -> list[str]:
    """The arrays of each layer of a block, as a sentence has them."""
    modules = ("two.0", "two.2", "four.0", "four.2", "four.4", "four.6", "out")
    return [f"{module}.bias and {at}.{module}.weight" for module in modules]


class TwoLookups(nn.Module):
    def __init__(self, crossed: bool) -> None:
        super().__init__()
        self.lookups = nn.ModuleList([nn.Embedding(9, 4), nn.Embedding(9, 4)])
        self.crossed = crossed

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        given = (other, one) if self.crossed else (one, other)
        return torch.cat([lookup(x) for lookup, x in zip(self.lookups, given, strict=True)], -1)


def test_inputs_that_are_exchanged_are_told_by_their_names() -> None:
    """Layers that are alike, and known by their weights: they are not taken for each other."""
    keras.utils.clear_session()
    given = [layers.Input((3,), dtype="int32", name=name) for name in ("colour", "size")]
    looked_up = [layers.Embedding(9, 4, name=f"of_{x.name}")(x) for x in given]
    model = randomised(keras.Model(given, layers.Concatenate(name="both")(looked_up)))
    right, module = TwoLookups(False), TwoLookups(True)
    transfer(model, right)
    module.load_state_dict(right.state_dict())
    found = check(verified(model), module, weights="given")
    wanted = "embedding takes another tensor: the model's input {!r} instead of the model's input {!r}"
    assert {fault.keras: fault.cause and fault.cause.says for fault in found.faults} == {
        "of_colour": wanted.format("size", "colour"),
        "of_size": wanted.format("colour", "size"),
    }
