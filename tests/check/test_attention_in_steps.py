"""torch's attention functions, step by step: the same numbers as torch's own, for all that they can be called with."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence.torch_side.attention_in_steps import in_steps, scaled
from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import record

BATCH, HEADS, QUERIES, KEYS, SIZE, OUT = 2, 3, 4, 5, 6, 7


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def boolean(*shape: int) -> Tensor:
    """True for most, and for the first of each row."""
    made = torch.rand(shape, generator=torch.Generator().manual_seed(8)) < 0.6
    made[..., 0] = True
    return made


def masks(rows: int) -> dict[str, Any]:
    """Masks of scaled_dot_product_attention: True may attend."""
    negative = torch.zeros(rows, KEYS, dtype=torch.float64).masked_fill(~boolean(rows, KEYS), float("-inf"))
    return {
        "none": None,
        "bool": boolean(rows, KEYS),
        "bool of each head": boolean(BATCH, HEADS, rows, KEYS),
        "float": drawn(rows, KEYS, seed=5),
        "negative": negative,
    }


@pytest.mark.parametrize("scale", [None, 0.3], ids=["root", "scale"])
@pytest.mark.parametrize("mask", [*masks(QUERIES)])
def test_scaled_equals_torch(mask: str, scale: float | None) -> None:
    query, key = drawn(BATCH, HEADS, QUERIES, SIZE), drawn(BATCH, HEADS, KEYS, SIZE, seed=2)
    value, held = drawn(BATCH, HEADS, KEYS, OUT, seed=3), masks(QUERIES)[mask]
    expected = F.scaled_dot_product_attention(query, key, value, held, scale=scale)
    found = scaled(query, key, value, held, scale=scale)
    assert found.shape == (BATCH, HEADS, QUERIES, OUT)
    assert float((found - expected).abs().max()) <= 1e-12


@pytest.mark.parametrize("keys", [3, 4, 5])
def test_causal_equals_torch(keys: int) -> None:
    query, key, value = drawn(BATCH, 4, SIZE), drawn(BATCH, keys, SIZE, seed=2), drawn(BATCH, keys, OUT, seed=3)
    expected = F.scaled_dot_product_attention(query, key, value, is_causal=True)
    assert float((scaled(query, key, value, is_causal=True) - expected).abs().max()) <= 1e-12


@pytest.mark.parametrize("is_bool", [True, False], ids=["bool", "float"])
def test_rows_that_attend_to_nothing_are_as_torch_has_them(is_bool: bool) -> None:
    query, key, value = drawn(1, QUERIES, SIZE), drawn(1, KEYS, SIZE, seed=2), drawn(1, KEYS, OUT, seed=3)
    mask = boolean(QUERIES, KEYS)
    mask[2] = False
    if not is_bool:
        mask = torch.zeros(QUERIES, KEYS, dtype=torch.float64).masked_fill(~mask, float("-inf"))
    expected = F.scaled_dot_product_attention(query, key, value, mask)
    assert torch.equal(expected[:, 2], torch.zeros(1, OUT, dtype=torch.float64))
    assert float((scaled(query, key, value, mask) - expected).abs().max()) <= 1e-12


def attention(separate: bool, bias: bool, batch_first: bool) -> nn.MultiheadAttention:
    torch.manual_seed(6)
    sizes = {"kdim": 5, "vdim": 7} if separate else {}
    made = nn.MultiheadAttention(6, HEADS, bias=bias, batch_first=batch_first, **sizes).double().eval()
    for parameter in made.parameters():
        nn.init.normal_(parameter)
    return made


#: Masks of nn.MultiheadAttention: True may not attend.
ATTENTION_MASKS = {
    "none": None,
    "bool": ~boolean(QUERIES, KEYS),
    "float": drawn(QUERIES, KEYS, seed=5),
    "of each head": ~boolean(BATCH * HEADS, QUERIES, KEYS),
}
PADDING = torch.tensor([[False, False, False, True, True], [False] * 5])
PADDINGS = {
    "none": None,
    "bool": PADDING,
    "float": torch.zeros(2, 5, dtype=torch.float64).masked_fill(PADDING, -1.5),
}


def _alike(found: Any, expected: Any) -> None:
    assert found[0].shape == expected[0].shape
    assert float((found[0] - expected[0]).detach().abs().max()) <= 1e-12
    assert (found[1] is None) == (expected[1] is None)
    if found[1] is not None:
        assert found[1].shape == expected[1].shape
        assert float((found[1] - expected[1]).detach().abs().max()) <= 1e-12


@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")
@pytest.mark.parametrize("weights", ["averaged", "each", "none"])
@pytest.mark.parametrize("padding", [*PADDINGS])
@pytest.mark.parametrize("mask", [*ATTENTION_MASKS])
@pytest.mark.parametrize(
    ("separate", "bias", "batch_first"),
    [pytest.param(*flags, id="-".join(name for name, on in zip(("separate", "bias", "batch first"), flags, strict=True)
                                      if on) or "plain")
     for flags in itertools.product((False, True), repeat=3)],
)  # fmt: skip
def test_heads_equal_torch(
    separate: bool, bias: bool, batch_first: bool, mask: str, padding: str, weights: str
) -> None:
    module = attention(separate, bias, batch_first)
    given = [drawn(BATCH, QUERIES, 6), drawn(BATCH, KEYS, 5 if separate else 6, seed=2),
             drawn(BATCH, KEYS, 7 if separate else 6, seed=3)]  # fmt: skip
    if not batch_first:
        given = [tensor.transpose(0, 1) for tensor in given]
    options = {
        "attn_mask": ATTENTION_MASKS[mask],
        "key_padding_mask": PADDINGS[padding],
        "need_weights": weights != "none",
        "average_attn_weights": weights == "averaged",
    }
    expected = module(*given, **options)
    found: list[Any] = []

    class Around(nn.Module):
        def forward(self, *inputs: Tensor) -> Any:
            found.extend(module(*inputs, **options))
            return found[0]

    tape = record(Around(), given)
    assert tape.error is None, tape.error
    assert "multi_head_attention_forward" not in {operation.name for operation in tape.operations}
    _alike(found, expected)


@pytest.mark.parametrize("need_weights", [True, False], ids=["weights", "no weights"])
@pytest.mark.parametrize("padding", ["none", "bool"])
def test_causal_heads_equal_torch(padding: str, need_weights: bool) -> None:
    module, x = attention(False, True, True), drawn(BATCH, KEYS, 6)
    options = {
        "attn_mask": torch.ones(KEYS, KEYS, dtype=torch.bool).triu(1),
        "is_causal": True,
        "key_padding_mask": PADDINGS[padding],
        "need_weights": need_weights,
    }
    expected = module(x, x, x, **options)
    found: list[Any] = []

    class Around(nn.Module):
        def forward(self, given: Tensor) -> Any:
            found.extend(module(given, given, given, **options))
            return found[0]

    assert record(Around(), [x]).error is None
    _alike(found, expected)


@pytest.mark.parametrize("need_weights", [True, False], ids=["weights", "no weights"])
def test_heads_that_attend_to_nothing_are_as_torch_has_them(need_weights: bool) -> None:
    """Zeros by the one way in torch, NaN by the other."""
    module, x = attention(False, True, True), drawn(BATCH, KEYS, 6)
    options = {"key_padding_mask": torch.tensor([[True] * 5, [False] * 5]), "need_weights": need_weights}
    expected = module(x, x, x, **options)[0]
    assert bool(expected.isnan().any()) is need_weights

    class Around(nn.Module):
        def forward(self, given: Tensor) -> Any:
            return module(given, given, given, **options)[0]

    tape = record(Around(), [x])
    found = tape.values[tape.outputs[0]]
    assert torch.equal(found.isnan(), expected.isnan())
    assert float((found - expected).detach().nan_to_num().abs().max()) <= 1e-12


def test_dropout_is_drawn_in_training_alone() -> None:
    module, x = attention(False, True, True), drawn(BATCH, KEYS, 6)
    module.dropout = 0.5
    assert "dropout" not in {operation.name for operation in record(module, [x, x, x]).operations}
    module.train()
    dropped = [operation for operation in record(module, [x, x, x]).operations if operation.name == "dropout"]
    assert len(dropped) == 1 and named(dropped[0])["p"] == 0.5


@pytest.mark.parametrize(
    ("function", "args", "kwargs"),
    [
        (F.relu, (torch.ones(2),), {}),
        (F.scaled_dot_product_attention, (drawn(2, 2, 3, 4),) * 3, {"enable_gqa": True}),
    ],
    ids=["another function", "grouped queries"],
)
def test_what_is_not_taken_apart_stays_whole(function: Any, args: Any, kwargs: Any) -> None:
    assert in_steps(function, args, kwargs, lambda tensor, index, count: tensor.chunk(count)[index]) is None


@pytest.mark.parametrize(
    "options", [{"add_bias_kv": True}, {"add_zero_attn": True}], ids=lambda options: next(iter(options))
)
def test_unusual_heads_stay_whole_and_right(options: dict[str, bool]) -> None:
    torch.manual_seed(2)
    module, x = nn.MultiheadAttention(6, HEADS, batch_first=True, **options).double().eval(), drawn(BATCH, KEYS, 6)
    tape = record(module, [x, x, x])
    assert "multi_head_attention_forward" in {operation.name for operation in tape.operations}
    assert torch.allclose(tape.values[tape.outputs[0]], module(x, x, x)[0], rtol=0, atol=1e-12)


def test_no_batch_stays_whole_and_right() -> None:
    module, x = attention(False, True, True), drawn(KEYS, 6)
    tape = record(module, [x, x, x])
    assert tape.error is None
    assert torch.allclose(tape.values[tape.outputs[0]], module(x, x, x)[0], rtol=0, atol=1e-12)
