"""GroupQueryAttention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.attention.attending import Call, Heads, attention, written_out
from equivalence.catalogue.attention.masks import all_of, boolean, causal, window
from equivalence.catalogue.attention.projections import projection
from equivalence.catalogue.weight_arguments import initialised
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_grouped_query_attention(site: Site) -> Value | list[Value]:
    """A Linear for each projection, F.scaled_dot_product_attention between them, each head of keys for several."""
    called, config = _read(site), site.config
    size, queries, keys = (config.integer(name) for name in ("head_dim", "num_query_heads", "num_key_value_heads"))
    if queries % keys:
        config.refuse("num_query_heads", queries, f"should be a multiple of num_key_value_heads, {keys}")
    rate = config.number("dropout")
    if not 0 <= rate < 1:
        config.refuse("dropout", rate, "should be at least 0 and less than 1")
    counts = {"query": queries, "key": keys, "value": keys}
    heads = Heads(*(_heads(site, name, getattr(called, name), counts[name]) for name in Heads._fields))
    grouped = queries != keys
    scores: list[Value] = []
    if grouped and (called.mask is not None or called.scores):
        key, value = (site.new(f"{x}.repeat_interleave({queries // keys}, 1)", KERAS, x.hint) for x in heads[1:])
        heads, grouped = Heads(heads.query, key, value), False
    if called.scores or (rate and called.mask is not None):
        attended, *scores = written_out(site, called, heads, rate, size)
        scores[0].mask = called.mask  # of Keras's own Softmax layer inside
    else:
        attended = site.new(attention(site, called, heads, rate, grouped), KERAS)
    joined = site.new(f"{attended}.transpose(1, 2).flatten(2)", KERAS)
    if config.flag("use_gate"):
        gate = projection(site, "gate", called.query.shape[-1], queries * size)
        joined = site.new(f"{joined} * torch.sigmoid({gate}({called.query}))", KERAS)
    features = called.query.shape[-1]
    if features is None:
        site.refuse("the last axis of its query is unknown")
    made = site.new(f"{projection(site, 'output', queries * size, features)}({joined})", KERAS)
    made.mask = called.query_mask
    return [made, *scores] if called.scores else made


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


def _heads(site: Site, name: str, x: Value, count: int) -> Value:
    """(N, heads, steps, size) out of (N, steps, features)."""
    size = site.config.integer("head_dim")
    linear = projection(site, name, x.shape[-1], count * size)
    return site.new(f"{linear}({x}).unflatten(-1, ({count}, {size})).transpose(1, 2)", KERAS, name)


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
            swap=((".repeat_interleave(3, 1)", ".repeat(1, 3, 1, 1)"),),
        ),
        Difference(
            "rows-without-keys",
            "A query that may attend to nothing gets the mean of all values; with a boolean mask, torch gives zeros.",
            case="attention-mask",
            swap=(
                (
                    "masked_attention({x}, {x}, {x}, {x})",
                    "F.scaled_dot_product_attention({x}, {x}, {x}, attn_mask={x})",
                ),
            ),
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
