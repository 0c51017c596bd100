"""Attention in several heads is one module, made once a layer: its names, its weights both ways, its two forms."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diverse_models
import keras
import numpy as np
import pytest
import torch
from keras import layers
from keras_models import randomised

from equivalence import Ported, port, transfer

PROJECTIONS = [f"{part}.{kind}" for part in ("query", "key", "value", "output") for kind in ("weight", "bias")]


def forward_of(ported: Ported) -> list[str]:
    """The lines of the model's own forward."""
    model = next(
        part
        for part in ast.parse(ported.source).body
        if isinstance(part, ast.ClassDef) and part.name == type(ported.module).__name__
    )
    forward = next(part for part in model.body if isinstance(part, ast.FunctionDef) and part.name == "forward")
    return [ast.unparse(line) for line in forward.body]


@pytest.mark.parametrize("make", [diverse_models.transformer, diverse_models.decoder], ids=lambda make: make.__name__)
def test_a_block_has_one_line_of_attention(
    make: Callable[[], Any], saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    ported = verified(saved(make))
    assert ported.report.verified, ported.report.because
    names = (
        ["attention_0", "attention_1"] if make is diverse_models.transformer else ["self_attention", "cross_attention"]
    )
    lines = forward_of(ported)
    for name in names:
        assert sum(f"self.{name}(" in line for line in lines) == 1
        assert [key for key in ported.module.state_dict() if key.startswith(f"{name}.")] == [
            f"{name}.{projection}" for projection in PROJECTIONS
        ]
    assert not any("softmax" in line or "unflatten" in line for line in lines)
    assert ported.source.count("class MultiHeadAttention(nn.Module)") == 1


def test_sizes_that_torch_s_own_has_too_are_not_written() -> None:
    x = keras.Input((7, 32), name="x")
    y = layers.MultiHeadAttention(4, 8, name="usual")(x, x)
    y = layers.MultiHeadAttention(4, 6, value_dim=5, output_shape=9, use_bias=False, dropout=0.25, name="other")(y, x)
    source = port(keras.Model(x, y), verify=False).source
    assert "self.usual = MultiHeadAttention(32, heads=4)\n" in source
    made = ast.parse(source[source.index("self.other = ") :].partition("\n\n")[0].strip().replace("\n        ", "\n"))
    call = made.body[0].value  # type: ignore[attr-defined]
    assert {key.arg: ast.literal_eval(key.value) for key in call.keywords} == {
        "heads": 4, "size": 6, "value_size": 5, "out_features": 9, "bias": False, "dropout": 0.25,
    }  # fmt: skip


def attending(make: Callable[..., Any]) -> keras.Model:
    x, memory = keras.Input((7, 12), name="x"), keras.Input((5, 12), name="memory")
    return keras.Model([x, memory], make(name="attention")(x, memory))


KINDS: dict[str, Callable[..., Any]] = {
    "multi-head": lambda **name: layers.MultiHeadAttention(3, 4, value_dim=2, **name),
    "grouped": lambda **name: layers.GroupQueryAttention(4, 6, 2, **name),
    "gated": lambda **name: layers.MultiHeadAttention(3, 4, use_gate=True, **name),
}


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_weights_go_both_ways(make: Callable[..., Any]) -> None:
    """A port's module takes the weights of another Keras model, and gives them back, bit for bit."""
    module = port(randomised(attending(make), seed=1), verify=False).module
    source, target = randomised(attending(make), seed=2), randomised(attending(make), seed=3)
    expected = port(source, verify=False).module.state_dict()
    transfer(source, module)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in module.state_dict().items())
    transfer(module, target)
    for ours, theirs in zip(target.get_weights(), source.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def masked_and_not() -> keras.Model:
    """One layer, called on words of which some are masked, and causally on others."""
    words, steps = keras.Input((7,), dtype="int32", name="words"), keras.Input((5, 12), name="steps")
    attention = layers.MultiHeadAttention(3, 4, name="attention")
    embedded = layers.Embedding(9, 12, mask_zero=True, name="embedding")(words)
    first, second = attention(embedded, embedded), attention(steps, steps, use_causal_mask=True)
    return keras.Model([words, steps], [first, second], name="masked_and_not")


def test_a_shared_layer_is_one_module_whatever_its_calls_want(
    saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    ported = verified(saved(masked_and_not))
    assert ported.report.verified, ported.report.because
    assert "self.attention = MaskedMultiHeadAttention(12, heads=3)\n" in ported.source
    assert [key for key in ported.module.state_dict() if "attention" in key] == [
        f"attention.{projection}" for projection in PROJECTIONS
    ]


@pytest.mark.parametrize("masked", [False, True])
def test_dropout_that_stays_on_is_a_mode_of_the_module(masked: bool) -> None:
    """With training=True in the call, weights are dropped in evaluation too; before, that was refused."""
    x, allowed = keras.Input((7, 12), name="x"), keras.Input((7, 7), dtype="bool", name="allowed")
    y = layers.MultiHeadAttention(3, 4, dropout=0.5, name="attention")(
        x, x, attention_mask=allowed if masked else None, training=True
    )
    module = port(keras.Model([x, allowed], layers.Add()([x, y])), verify=False).module.eval()
    given = torch.randn(2, 7, 12), torch.ones(2, 7, 7, dtype=torch.bool)
    assert not torch.equal(module(*given), module(*given))
