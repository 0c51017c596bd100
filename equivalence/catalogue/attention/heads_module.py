"""MultiHeadAttention as a module of the emitted file, and the text that makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.attention.attending import Call, dropout_rate
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

HEADS = '''
class MultiHeadAttention(nn.Module):
    """Attention of a query (N, T, features) to keys and values (N, S, ...), in several heads.

    size: features of one head of queries and keys; those of a head of values may be others.
    """

    def __init__(
        self,
        features: int,
        heads: int,
        size: int | None = None,
        value_size: int | None = None,
        key_features: int | None = None,
        value_features: int | None = None,
        out_features: int | None = None,
        bias: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        size = size or features // heads
        value_size = value_size or size
        self.heads, self.dropout = heads, nn.Dropout(dropout)
        self.query = nn.Linear(features, heads * size, bias)
        self.key = nn.Linear(key_features or features, heads * size, bias)
        self.value = nn.Linear(value_features or key_features or features, heads * value_size, bias)
        self.output = nn.Linear(heads * value_size, out_features or features, bias)

    def project(self, query: Tensor, key: Tensor, value: Tensor) -> list[Tensor]:
        """Of each the heads, (N, heads, steps, size)."""
        given = (self.query(query), self.key(key), self.value(value))
        return [x.unflatten(-1, (self.heads, -1)).transpose(1, 2) for x in given]

    def forward(self, query: Tensor, key: Tensor, value: Tensor, causal: bool = False) -> Tensor:
        query, key, value = self.project(query, key, value)
        rate = self.dropout.p if self.training else 0.0
        x = F.scaled_dot_product_attention(query, key, value, dropout_p=rate, is_causal=causal)
        return self.output(x.transpose(1, 2).flatten(2))
'''

MASKED_HEADS = '''
class MaskedMultiHeadAttention(MultiHeadAttention):
    """Attention where it is `allowed`, which broadcasts to (N, heads, T, S); also its weights.

    A row without any attends to all alike (torch's own: to nothing). As in Keras, it attends to
    nothing with dropout, or where the weights are wanted.
    """

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        allowed: Tensor | None = None,
        weights: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        query, key, value = self.project(query, key, value)
        scores = query @ key.mT / math.sqrt(query.shape[-1])
        if allowed is not None:
            scores = scores.masked_fill(~allowed, -1e30)
        scores = F.softmax(scores, dim=-1)
        if allowed is not None and (weights or self.dropout.p):
            scores = scores.masked_fill(~allowed, 0.0)
        x = self.output((self.dropout(scores) @ value).transpose(1, 2).flatten(2))
        return (x, scores) if weights else x
'''


def heads_module(site: Site, called: Call, sources: tuple[str, str]) -> str:
    """The module, `self.<name>`; `sources` are those above, or with a mistake in them."""
    config = site.config
    features, *others = (tensor.shape[-1] for tensor in (called.query, called.key, called.value))
    if features is None or None in others:
        site.refuse("the last axis of its query, key or value is unknown")
    name = site.helper(sources[0])
    if called.mask is not None or called.scores or site.general:
        name = site.helper(sources[1])
    heads, size = config.integer("num_heads"), config.integer("key_dim")
    value_size = size if config.value("value_dim") is None else config.integer("value_dim")
    out_features = features if config.value("output_shape") is None else config.integers("output_shape", 1)[0]
    return site.module(
        call(
            name,
            features,
            heads=heads,
            size=size,
            value_size=value_size,
            key_features=others[0],
            value_features=others[1],
            out_features=out_features,
            bias=config.flag("use_bias"),
            dropout=dropout_rate(site),
            omit={
                "size": features // heads,
                "value_size": size,
                "key_features": features,
                "value_features": others[0],
                "out_features": features,
                "bias": True,
                "dropout": 0.0,
            },
        )
    )
