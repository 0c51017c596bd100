"""Attention between heads that are projected already, with its weights or without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from equivalence.catalogue.attention.masks import MASKED_ATTENTION
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


class Call(NamedTuple):
    """One call, its tensors in Keras's order."""

    query: Value
    key: Value
    value: Value
    query_mask: Value | None
    mask: Value | None  # broadcasts to (N, heads, T, S); True where attention is allowed
    causal: bool  # and nothing else is masked
    scores: bool  # whether the attention weights are returned too


class Heads(NamedTuple):
    """The projections, (N, heads, steps, size) each."""

    query: Value
    key: Value
    value: Value


def dropout_rate(site: Site) -> float:
    """The rate at which weights are dropped."""
    rate = site.config.number("dropout")
    if not 0 <= rate < 1:
        site.config.refuse("dropout", rate, "should be at least 0 and less than 1")
    return rate


def attention(site: Site, called: Call, projected: Heads, rate: float) -> str:
    """The text of attention without its weights."""
    if called.mask is not None:
        return call(site.helper(MASKED_ATTENTION), *map(str, projected), f"{called.mask}")
    keywords: dict[str, Any] = {}
    if rate:
        keywords["dropout_p"] = f"{rate!r} if self.training else 0.0"
    if called.causal:
        keywords["is_causal"] = True
    return call("F.scaled_dot_product_attention", *map(str, projected), **keywords)


def written_out(site: Site, called: Call, projected: Heads, rate: float, size: int) -> tuple[Value, Value]:
    """Attention with its weights. Other than above, Keras gives a row without anything allowed the weights 0."""
    scores = f"{projected.query} @ {projected.key}.mT / math.sqrt({size})"
    if called.mask is not None:
        scores = f"({scores}).masked_fill(~{called.mask}, -1e30)"
    weights = f"F.softmax({site.new(scores, KERAS, 'scores')}, dim=-1)"
    if called.mask is not None:
        weights = f"{weights}.masked_fill(~{called.mask}, 0.0)"
    weighing = site.new(weights, KERAS, "scores")
    if not rate:
        return site.new(f"{weighing} @ {projected.value}", KERAS), weighing
    dropout = site.module(call("nn.Dropout", rate), "dropout", weights=())
    return site.new(f"{dropout}({weighing}) @ {projected.value}", KERAS), weighing
