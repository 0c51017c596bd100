"""Attention one step after the other, as it is written by hand: what a single function of torch's hides is seen."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

#: Names a part of a parameter: `part(tensor, index, count)` is the index-th of so many equal parts of its first axis.
Part = Callable[[Tensor, int, int], Tensor]


def in_steps(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], part: Part) -> Callable[[], Any] | None:
    """What computes the same as a call of torch's attention functions, step by step; None for any other function."""
    if function is functional.scaled_dot_product_attention:
        made = _bound(
            ("query", "key", "value", "attn_mask", "dropout_p", "is_causal", "scale", "enable_gqa"), args, kwargs
        )
        if made.get("enable_gqa"):
            return None
        made.pop("enable_gqa", None)
        return lambda: scaled(**made)
    if function is functional.multi_head_attention_forward:
        made = _bound(_HEADS, args, kwargs)
        unusual = ("bias_k", "bias_v", "static_k", "static_v")
        if made["query"].dim() != 3 or made.get("add_zero_attn") or any(made.get(name) is not None for name in unusual):
            return None
        return lambda: heads(made, part)
    return None


_HEADS = (
    "query", "key", "value", "embed_dim_to_check", "num_heads", "in_proj_weight", "in_proj_bias", "bias_k", "bias_v",
    "add_zero_attn", "dropout_p", "out_proj_weight", "out_proj_bias", "training", "key_padding_mask", "need_weights",
    "attn_mask", "use_separate_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight", "static_k", "static_v",
    "average_attn_weights", "is_causal",
)  # fmt: skip


def _bound(names: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    return {**dict(zip(names, args, strict=False)), **kwargs}


def scaled(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """softmax(query key^T scale + mask) value (torch.nn.functional.scaled_dot_product_attention)."""
    return torch.matmul(_weights(query, key, attn_mask, dropout_p, is_causal, scale, zeros=True), value)


def _weights(
    query: Tensor, key: Tensor, mask: Tensor | None, dropout_p: float, is_causal: bool, scale: float | None, zeros: bool
) -> Tensor:
    """`zeros`: what may attend to nothing gets zeros, and NaN without: torch's two functions differ in it."""
    scores = torch.matmul(query, key.transpose(-2, -1))
    scores = torch.mul(scores, 1 / math.sqrt(query.size(-1)) if scale is None else scale)
    if is_causal:
        allowed = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
        scores = scores.masked_fill(~allowed, -math.inf)
    if mask is not None:
        if mask.dtype == torch.bool:
            scores = scores.masked_fill(~mask, -math.inf)
        elif bool(((mask == 0) | (mask == -math.inf)).all()):
            scores = scores.masked_fill(mask == -math.inf, -math.inf)
        else:
            scores = torch.add(scores, mask)
    weights = functional.softmax(scores, dim=-1)
    if zeros and mask is not None and bool((nothing := (scores == -math.inf).all(-1, keepdim=True)).any()):
        weights = weights.masked_fill(nothing, 0.0)
    return functional.dropout(weights, dropout_p) if dropout_p else weights


def heads(given: dict[str, Any], part: Part) -> tuple[Tensor, Tensor | None]:
    """Attention with projections and several heads (torch.nn.functional.multi_head_attention_forward)."""
    count, mask = given["num_heads"], given.get("attn_mask")
    query, key, value = given["query"], given["key"], given["value"]
    projected = []
    for index, tensor in enumerate((query, key, value)):
        if given.get("use_separate_proj_weight"):
            weight = given[("q_proj_weight", "k_proj_weight", "v_proj_weight")[index]]
        else:
            weight = part(given["in_proj_weight"], index, 3)
        bias = given.get("in_proj_bias")
        made = functional.linear(tensor, weight, None if bias is None else part(bias, index, 3))
        projected.append(made.unflatten(-1, (count, made.size(-1) // count)).permute(1, 2, 0, 3))
    padding, causal = given.get("key_padding_mask"), bool(given.get("is_causal"))
    steps, batch = query.size(0), query.size(1)
    if causal and padding is None and not given.get("need_weights", True):
        mask = None
    else:
        causal = False
        if mask is not None and mask.dim() == 3:
            mask = mask.unflatten(0, (batch, count))
        mask = _negative(mask)
        if padding is not None:
            padded = _negative(padding)[:, None, None, :]
            mask = padded if mask is None else mask + padded
    dropout = given.get("dropout_p", 0.0) if given.get("training", True) else 0.0
    zeros = not given.get("need_weights", True)
    weights = _weights(projected[0], projected[1], mask, dropout, causal, None, zeros)
    mixed = torch.matmul(weights, projected[2]).permute(2, 0, 1, 3).reshape(steps, batch, -1)
    out = functional.linear(mixed, given["out_proj_weight"], given["out_proj_bias"])
    if not given.get("need_weights", True):
        return out, None
    return out, weights.mean(1) if given.get("average_attn_weights", True) else weights


def _negative(mask: Any) -> Any:
    """A mask of this function (True: may not attend) as what is added to the scores."""
    if mask is None or mask.dtype != torch.bool:
        return mask
    return torch.zeros_like(mask, dtype=torch.get_default_dtype()).masked_fill(mask, -math.inf)
