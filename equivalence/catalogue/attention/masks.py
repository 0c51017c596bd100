"""Masks of attention: where Keras's come from, and what they become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

MASKED_ATTENTION = '''
def masked_attention(query: Tensor, key: Tensor, value: Tensor, allowed: Tensor) -> Tensor:
    """Attention where `allowed`; a row without any attends to all alike (torch's own: zeros)."""
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    return F.softmax(scores.masked_fill(~allowed, -1e30), dim=-1) @ value
'''


def boolean(mask: Value) -> str:
    """The text of a mask as booleans: True where attention is allowed."""
    return f"{mask}" if mask.dtype == "bool" else f"({mask} != 0)"


def causal(queries: Value, keys: Value) -> str:
    """The text of a (T, S) mask: position i attends to positions up to i."""
    return f"{_ones(queries, keys)}.tril()"


def window(queries: Value, keys: Value, size: int) -> str:
    """The text of a (T, S) mask: position i attends to those less than `size` away from it."""
    return f"{_ones(queries, keys)}.tril({size - 1}).triu({1 - size})"


def _ones(queries: Value, keys: Value) -> str:
    return f"{queries}.new_ones({queries}.shape[-2], {keys}.shape[-2], dtype=torch.bool)"


def all_of(site: Site, texts: Sequence[str]) -> Value | None:
    """One mask out of several that broadcast; None for none."""
    return site.new(" & ".join(texts), KERAS, "mask") if texts else None
