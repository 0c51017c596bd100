"""GroupQueryAttention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.attention.attending import Call, dropout_rate
from equivalence.catalogue.attention.masks import all_of, boolean, causal, window
from equivalence.catalogue.mistaken_sources import naive
from equivalence.catalogue.weight_arguments import initialised
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


_HEADS_IN_GROUPS = '''
class GroupedQueryAttention(nn.Module):
    """Attention of a query (N, T, features) in several heads, groups of which share one of keys.

    allowed: broadcasts to (N, heads, T, S). A row without any attends to all alike; as in Keras, to
    nothing with dropout, or where the weights are wanted.
    """

    def __init__(
        self,
        features: int,
        heads: int,
        key_heads: int,
        size: int,
        key_features: int | None = None,
        value_features: int | None = None,
        bias: bool = True,
        dropout: float = 0.0,
        gate: bool = False,
    ) -> None:
        super().__init__()
        self.size, self.shared, self.dropout = size, heads // key_heads, nn.Dropout(dropout)
        key_features = key_features or features
        self.query = nn.Linear(features, heads * size, bias)
        self.key = nn.Linear(key_features, key_heads * size, bias)
        self.value = nn.Linear(value_features or key_features, key_heads * size, bias)
        self.gate = nn.Linear(features, heads * size, bias) if gate else None
        self.output = nn.Linear(heads * size, features, bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        allowed: Tensor | None = None,
        causal: bool = False,
        weights: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        projected = (self.query(query), self.key(key), self.value(value))
        q, k, v = (x.unflatten(-1, (-1, self.size)).transpose(1, 2) for x in projected)
        if allowed is None and not weights:
            rate = self.dropout.p if self.training else 0.0
            x = F.scaled_dot_product_attention(
                q, k, v, dropout_p=rate, is_causal=causal, enable_gqa=True
            )
        else:
            k, v = (x.repeat_interleave(self.shared, 1) for x in (k, v))
            scores = q @ k.mT / math.sqrt(self.size)
            if allowed is not None:
                scores = scores.masked_fill(~allowed, -1e30)
            scores = F.softmax(scores, dim=-1)
            if allowed is not None and (weights or self.dropout.p):
                scores = scores.masked_fill(~allowed, 0.0)
            x = self.dropout(scores) @ v
        x = x.transpose(1, 2).flatten(2)
        if self.gate is not None:
            x = x * torch.sigmoid(self.gate(query))
        return (self.output(x), scores) if weights else self.output(x)
'''


def emit_grouped_query_attention(site: Site, source: str = _HEADS_IN_GROUPS) -> Value | list[Value]:
    """A helper module: a Linear for each projection, F.scaled_dot_product_attention between them."""
    called, config = _read(site), site.config
    size, queries, keys = (config.integer(name) for name in ("head_dim", "num_query_heads", "num_key_value_heads"))
    if queries % keys:
        config.refuse("num_query_heads", queries, f"should be a multiple of num_key_value_heads, {keys}")
    features, *others = (tensor.shape[-1] for tensor in (called.query, called.key, called.value))
    if features is None or None in others:
        site.refuse("the last axis of its query, key or value is unknown")
    module = site.module(
        call(
            site.helper(source),
            features,
            heads=queries,
            key_heads=keys,
            size=size,
            key_features=others[0],
            value_features=others[1],
            bias=config.flag("use_bias"),
            dropout=dropout_rate(site),
            gate=config.flag("use_gate"),
            omit={
                "key_features": features,
                "value_features": others[0],
                "bias": True,
                "dropout": 0.0,
                "gate": False,
            },
        )
    )
    given = [str(tensor) for tensor in (called.query, called.key, called.value, called.mask) if tensor is not None]
    text = call(module, *given, causal=called.causal, weights=called.scores, omit={"causal": False, "weights": False})
    if not called.scores:
        made = site.new(text, KERAS)
        made.mask = called.query_mask
        return made
    made, scores = site.many(text, (KERAS, KERAS))
    made.mask, scores.mask = called.query_mask, called.mask  # the latter of Keras's own Softmax layer inside
    return [made, scores]


def _read(site: Site) -> Call:
    args = site.args()
    if len(args) > 3:
        site.refuse(f"it is called with {len(args)} positional arguments; masks are translated by name alone")
    given = dict(zip(("query", "value", "key"), args, strict=False))
    given |= {name: tensor for name in ("query", "value", "key") if (tensor := site.keyword(name)) is not None}
    query, value = site.take(given["query"]), site.take(given["value"])
    own = given.get("key") is not None
    key = site.take(given["key"]) if own else value
    if (query.rank, key.rank, value.rank) != (3, 3, 3):
        site.refuse(
            f"its inputs have shapes {query.shape}, {value.shape} and {key.shape}, not (batch, steps, features)"
        )
    masks = _masks(site, query, key if own else None, value)
    scores, is_causal = (bool(site.keyword(name, False)) for name in ("return_attention_scores", "use_causal_mask"))
    alone = is_causal and not masks and not scores
    if is_causal and not alone:
        masks.append(f"{site.new(causal(query, value), KERAS, 'causal')}")
    return Call(query, key, value, query.mask, all_of(site, masks), alone, scores)


def _masks(site: Site, query: Value, key: Value | None, value: Value) -> list[str]:
    """The texts of all masks but the causal one: of the tensors, or given by name, and of the call."""
    query_mask, value_mask = site.keyword("query_mask", query.mask), site.keyword("value_mask", value.mask)
    key_mask = site.keyword("key_mask", key.mask if key is not None else None)
    steps = [value_mask] if key_mask is value_mask else [value_mask, key_mask]
    masks = [f"{boolean(query_mask)}[:, None, :, None]"] if query_mask is not None else []
    masks += [f"{boolean(mask)}[:, None, None, :]" for mask in steps if mask is not None]
    allowed = site.keyword("attention_mask")
    if allowed is not None:
        allowed = site.take(allowed)
        if allowed.rank not in (2, 3):
            site.refuse(f"its attention_mask has shape {allowed.shape}, not (batch, queries, keys)")
        masks.append(f"{boolean(allowed)}{'[:, None]' if allowed.rank == 3 else ''}")
    if site.config.value("sliding_window") is not None:
        near = window(query, value, site.config.integer("sliding_window"))
        masks.append(f"{site.new(near, KERAS, 'near')}")
    return masks


def _dense(
    name: str, when: str = "", how: str = "d h k -> (h k) d", bias: str = "h k -> (h k)"
) -> tuple[Weight, Weight]:
    at = (f"{name}_dense", f"_{name}_dense")
    return (
        Weight("kernel", f"{name}.weight", how, when=when, at=at),
        Weight("bias", f"{name}.bias", bias, when=f"{when}, use_bias" if when else "use_bias", at=at),
    )


#: Keras rounds 1 / sqrt(head_dim) to float32: only where that is exact can float64 agree.
_HEADS = {"head_dim": 4, "num_query_heads": 6, "num_key_value_heads": 2}
_SEQUENCES = [(2, 7, 5), (2, 6, 5)]
_MASKED: dict[str, Any] = {"x": [(4, 7, 6), (4, 2, 6), (4, 7, 2)], "draw": ["normal", "normal", "bool"]}

GroupQueryAttention = Entry(
    trains_by_default=None,
    whole_numbers="floats",
    keras="keras.layers.GroupQueryAttention",
    since="3",
    torch=("torch.nn.functional.scaled_dot_product_attention", "torch.nn.Linear"),
    says="Attention in several heads of queries, groups of which share a head of keys and values.",
    arguments=(
        Argument("head_dim", None, note="size of one head"),
        Argument("num_query_heads", None, note="heads of the query"),
        Argument("num_key_value_heads", None, note="heads of key and value; fewer: enable_gqa=True"),
        Argument("dropout", "dropout_p", 0.0),
        Argument("use_bias", "bias", True, note="of the four nn.Linear"),
        Argument("sliding_window", None, None, note="a mask", since=None),
        Argument("flash_attention", None, None, inert=True, since=None),
        *initialised("kernel", "bias"),
        Argument("use_gate", None, False, note="a fifth projection, whose sigmoid scales the heads", since=None),
        Argument("seed", None, None, inert=True, since=None),
        *LAYER_ARGUMENTS,
    ),
    weights=(
        *_dense("query"),
        *_dense("key"),
        *_dense("gate", when="use_gate"),
        *_dense("value"),
        *_dense("output", how="h k o -> o (h k)", bias=""),
    ),
    differences=(
        Difference(
            "repeated-heads",
            "Heads of queries that follow each other share a head of keys: repeat_interleave, not repeat.",
            case="window",
            naive=naive(
                emit_grouped_query_attention,
                _HEADS_IN_GROUPS,
                (".repeat_interleave(self.shared, 1)", ".repeat(1, self.shared, 1, 1)"),
            ),
        ),
        Difference(
            "rows-without-keys",
            "A query that may attend to nothing gets the mean of all values; with a boolean mask, torch gives zeros.",
            case="attention-mask",
            naive=naive(emit_grouped_query_attention, _HEADS_IN_GROUPS, (" and (weights or self.dropout.p):", ":")),
        ),
    ),
    cases=(
        Case("whole-numbers", _HEADS, x=_SEQUENCES, draw="ids:5"),
        Case("defaults", _HEADS, x=_SEQUENCES),
        Case(
            "key-without-bias",
            {**_HEADS, "use_bias": False},
            x=[(2, 7, 5), (2, 6, 5), (2, 6, 3)],
            declared=[(None, 5), (None, 5), (None, 3)],
        ),
        Case("one-head-of-keys-gated", {**_HEADS, "num_key_value_heads": 1, "use_gate": True}, x=_SEQUENCES),
        Case("as-many-heads-of-keys", {**_HEADS, "num_key_value_heads": 6}, x=_SEQUENCES),
        Case("causal", _HEADS, x=_SEQUENCES, call={"use_causal_mask": True}),
        Case("window", {**_HEADS, "sliding_window": 3}, x=[(2, 7, 5), (2, 7, 5)], call={"use_causal_mask": True}),
        Case("attention-mask", _HEADS, **_MASKED, call={"attention_mask": {"$input": 2}}),
        Case(
            "scores",
            _HEADS,
            **_MASKED,
            call={"attention_mask": {"$input": 2}, "return_attention_scores": True, "use_causal_mask": True},
        ),
        Case("dropout", {**_HEADS, "dropout": 0.25}, x=_SEQUENCES, training="random"),
        Case(
            "dropout-and-window",
            {**_HEADS, "dropout": 0.25, "sliding_window": 3},
            x=[(2, 7, 5), (2, 7, 5)],
            training="random",
        ),
    ),
    aliases=("GQA", "GroupedQueryAttention", "grouped query attention", "MQA", "multi-query attention", "enable_gqa"),
    stored=("keras.layers:GroupedQueryAttention",),
    emit=emit_grouped_query_attention,
    layout="last",
    mask="own",
)
