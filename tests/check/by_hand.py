"""Small Keras models, and torch modules written by hand for them in which mistakes can be made."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import torch
from keras import layers
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence import port
from equivalence.diagnosis.reference import reference
from equivalence.diagnosis.structural_transfer import check_even, into_module, structure
from equivalence.verification.ported import Ported
from equivalence.verification.sample_inputs import draw_inputs


def randomised(model: keras.Model, seed: int = 4) -> keras.Model:
    """The model with random weights; variances and scales are positive."""
    random = np.random.default_rng(seed)
    for weight in model.weights:
        positive = any(name in weight.path for name in ("variance", "gamma"))
        drawn = random.uniform(0.5, 1.5, weight.shape) if positive else random.normal(0, 0.4, weight.shape)
        weight.assign(drawn)
    return model


def verified(model: keras.Model) -> Ported:
    """The model's port as check takes it. It is not held against Keras here: the ports of such layers are elsewhere,
    and a second Keras for each test would take most of its time."""
    made = port(model, verify=False)
    made.report.verified = True
    return made


class ByHand(nn.Module):
    """A module with settings, any of which may be a mistake; those left out are right."""

    right: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, **mistakes: Any) -> None:
        super().__init__()
        assert set(mistakes) <= set(self.right), mistakes
        self.own = {**self.right, **mistakes}
        torch.manual_seed(8)
        self.build()
        self.eval()

    def build(self) -> None:
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__.get("own", {})
        return own[name] if name in own else super().__getattr__(name)


# -- images ------------------------------------------------------------------------------------------


def images() -> keras.Model:
    """(14, 11, 3): a convolution, BatchNormalization, pooling, a skip connection, Flatten and Dense."""
    image = layers.Input((14, 11, 3), name="image")
    x = layers.Conv2D(6, (3, 2), strides=2, padding="same", use_bias=False, name="conv")(image)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.ReLU(name="relu")(x)
    y = layers.Conv2D(6, 3, padding="same", activation="elu", name="wide")(x)
    x = layers.Add(name="add")([x, y])
    x = layers.AveragePooling2D(3, 1, padding="same", name="pool")(x)
    x = layers.LeakyReLU(negative_slope=0.3, name="leaky")(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dropout(0.4, name="drop")(x)
    return keras.Model(image, layers.Dense(5, activation="softmax", name="head")(x), name="images")


class Images(ByHand):
    right = MappingProxyType(dict(
        eps=0.001, momentum=0.01, pads=(0, 1, 0, 1), relu=F.relu, elu=True, again=False, dilation=1, counted=False,
        slope=0.3, last=True, residual="relu", dim=-1, rate=0.4, bn_mode=False, bias=True, twice=False, before=False,
    ))  # fmt: skip

    def build(self) -> None:
        self.conv = nn.Conv2d(3, 6, (3, 2), stride=2, bias=False)
        self.bn = nn.BatchNorm2d(6, eps=self.eps, momentum=self.momentum)
        self.wide = nn.Conv2d(6, 6, 3, padding=self.dilation, dilation=self.dilation, bias=self.bias)
        self.pool = nn.AvgPool2d(3, 1, padding=1, count_include_pad=self.counted)
        self.drop = nn.Dropout(self.rate or 0.0)
        self.head = nn.Linear(7 * 6 * 6, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.pad(x, self.pads))
        if self.bn_mode:
            x = F.batch_norm(x, self.bn.running_mean, self.bn.running_var, self.bn.weight, self.bn.bias, True, 0.0,
                             self.eps)  # fmt: skip
        elif self.before:
            return self.rest(self.bn(F.relu(x)))
        else:
            x = self.bn(x)
        return self.rest(self.relu(x) if self.relu else x)

    def rest(self, x: Tensor) -> Tensor:
        y = self.wide(x)
        y = F.elu(y) if self.elu else y
        x = {"relu": x, "wide": y, "none": 0}[self.residual] + y
        x = F.leaky_relu(self.pool(x), self.slope)
        if self.again:
            x = F.relu(x)
        x = (x.permute(0, 2, 3, 1) if self.last else x).flatten(1)
        x = self.head(self.drop(x) if self.rate is not None else x)
        return F.softmax(F.softmax(x, self.dim) if self.twice else x, self.dim)


# -- attention ---------------------------------------------------------------------------------------


def attention() -> keras.Model:
    """(5, 12) with a (5, 3): normalised, attended to, a feed-forward network, two outputs."""
    tokens, extra = layers.Input((5, 12), name="tokens"), layers.Input((5, 3), name="extra")
    x = layers.LayerNormalization(name="norm")(tokens)
    x = layers.MultiHeadAttention(3, 4, name="mha")(x, x, use_causal_mask=True)
    x = layers.Add(name="add")([tokens, x])
    y = layers.Dense(7, activation="gelu", name="up")(x)
    y = layers.Dense(12, name="down")(y)
    x = layers.Add(name="add_up")([x, y])
    both = layers.Concatenate(name="both")([x, extra])
    mean = layers.GlobalAveragePooling1D(name="mean")(both)
    return keras.Model([tokens, extra], [layers.Dense(4, name="head")(mean), both], name="attention")


class Attention(ByHand):
    right = MappingProxyType(dict(
        eps=0.001, causal=True, gelu="none", order=("x", "extra"), residual="tokens", dim=1, exchanged=False,
        heads=3,
    ))  # fmt: skip

    def build(self) -> None:
        self.norm = nn.LayerNorm(12, eps=self.eps)
        self.mha = nn.MultiheadAttention(12, self.heads, batch_first=True)
        self.up, self.down, self.head = nn.Linear(12, 7), nn.Linear(7, 12), nn.Linear(15, 4)

    def forward(self, tokens: Tensor, extra: Tensor) -> Any:
        normal = self.norm(tokens)
        mask = torch.ones(5, 5, dtype=torch.bool).triu(1) if self.causal else None
        x = self.mha(normal, normal, normal, attn_mask=mask, need_weights=False)[0]
        x = {"tokens": tokens, "norm": normal}[self.residual] + x
        x = x + self.down(F.gelu(self.up(x), approximate=self.gelu))
        held = {"x": x, "extra": extra}
        both = torch.cat([held[name] for name in self.order], -1)
        made = self.head(both.mean(self.dim))
        return (both, made) if self.exchanged else (made, both)


# -- sequences ---------------------------------------------------------------------------------------


def sequences() -> keras.Model:
    """Seven indices below 9: embedded, an LSTM, a GRU, Dense."""
    words = layers.Input((7,), dtype="int32", name="words")
    x = layers.Embedding(9, 6, name="embed")(words)
    x = layers.LSTM(5, return_sequences=True, name="lstm")(x)
    x = layers.GRU(4, name="gru")(x)
    return keras.Model(words, layers.Dense(3, activation="tanh", name="head")(x), name="sequences")


class Sequences(ByHand):
    right = MappingProxyType(dict(last=-1, tanh=True, reversed=False))

    def build(self) -> None:
        self.embed = nn.Embedding(9, 6)
        self.lstm = nn.LSTM(6, 5, batch_first=True)
        self.gru = nn.GRU(5, 4, batch_first=True)
        self.head = nn.Linear(4, 3)

    def forward(self, words: Tensor) -> Tensor:
        x = self.embed(words)
        x = self.lstm(x.flip(1) if self.reversed else x)[0]
        x = self.head(self.gru(x)[0][:, self.last])
        return torch.tanh(x) if self.tanh else x


MODELS = {"images": images, "attention": attention, "sequences": sequences}
MODULES: dict[str, type[ByHand]] = {"images": Images, "attention": Attention, "sequences": Sequences}


@cache
def live(name: str) -> keras.Model:
    """A model with random weights. Nobody changes it."""
    keras.utils.clear_session()
    return randomised(MODELS[name]())


@cache
def ported(name: str) -> Ported:
    """Its port, made once."""
    return verified(live(name))


@cache
def _right_weights(name: str) -> dict[str, Tensor]:
    module = MODULES[name]()
    found = structure(reference(ported(name), draw_inputs(ported(name))), module, {})
    check_even(found)
    into_module(found, module)
    return module.state_dict()


def filled(name: str, **mistakes: Any) -> ByHand:
    """A module with Keras's weights where it should have them, in which mistakes may be made."""
    module = MODULES[name](**mistakes)
    module.load_state_dict(_right_weights(name))
    return module
