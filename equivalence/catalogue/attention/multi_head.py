"""MultiHeadAttention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.attention.attending import Call, Heads, attention, dropout_rate, written_out
from equivalence.catalogue.attention.heads_module import HEADS, MASKED_HEADS, heads_module
from equivalence.catalogue.attention.masks import all_of, boolean, causal, window
from equivalence.catalogue.attention.projections import attended_axes, heads, output
from equivalence.catalogue.defects import ADDS_A_BIAS
from equivalence.catalogue.mistaken_sources import mistaken, naive
from equivalence.catalogue.weight_arguments import initialised
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Defect, Difference, Entry, Weight
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_multi_head_attention(site: Site, source: str = HEADS, masked: str = MASKED_HEADS) -> Value | list[Value]:
    """A helper module: a Linear for each projection, F.scaled_dot_product_attention between them.

    nn.MultiheadAttention does not serve: there a head's size is that of the query divided by the heads, and a row
    without keys is NaN. With a gate, over several axes or to several, it is written out in the forward instead.
    """
    config, called = site.config, _read(site)
    config.only("softmax_robust_masking", False)
    axes, shape = attended_axes(site, called.query), config.value("output_shape")
    several = isinstance(shape, (list, tuple)) and len(shape) != 1
    if called.query.rank != 3 or config.flag("use_gate") or several:
        return _in_the_forward(site, called, axes)
    module = heads_module(site, called, (source, masked))
    given = [str(tensor) for tensor in (called.query, called.key, called.value, called.mask) if tensor is not None]
    text = call(module, *given, causal=called.causal, weights=called.scores, omit={"causal": False, "weights": False})
    if not called.scores:
        made = site.new(text, KERAS)
        made.mask = called.query_mask
        return made
    made, scores = site.many(text, (KERAS, KERAS))
    made.mask, scores.mask = called.query_mask, called.mask  # the latter of Keras's own Softmax layer inside
    return [made, scores]


def _in_the_forward(site: Site, called: Call, axes: tuple[int, ...]) -> Value | list[Value]:
    projected = Heads(*(heads(site, name, getattr(called, name), axes) for name in Heads._fields))
    rate = dropout_rate(site)
    scores: list[Value] = []
    if called.scores or (rate and called.mask is not None):
        attended, *scores = written_out(site, called, projected, rate, site.config.integer("key_dim"))
        scores[0].mask = called.mask  # of Keras's own Softmax layer inside
    else:
        attended = site.new(attention(site, called, projected, rate), KERAS)
    made = output(site, called.query, attended, axes)
    made.mask = called.query_mask
    return [made, *scores] if called.scores else made


def _read(site: Site) -> Call:
    args = site.args()
    if len(args) > 3:
        site.refuse(f"it is called with {len(args)} positional arguments; masks are translated by name alone")
    given = dict(zip(("query", "value", "key"), args, strict=False))
    given |= {name: tensor for name in ("query", "value", "key") if (tensor := site.keyword(name)) is not None}
    query, value = site.take(given["query"]), site.take(given["value"])
    key = site.take(given["key"]) if given.get("key") is not None else value
    query_mask, masks = query.mask, _masks(site, query, key, value)
    if not site.old:  # Keras 3 takes the masks off its inputs: layers that are called on them later get none
        site.take_masks_off([query, value, key])
    scores, is_causal = (bool(site.keyword(name, False)) for name in ("return_attention_scores", "use_causal_mask"))
    alone = is_causal and not masks and not scores and not site.general
    if is_causal and not alone:
        masks.append(f"{site.new(causal(query, value), KERAS, 'causal')}")
    if query.rank != 3 and (masks or is_causal or scores):
        site.refuse(f"its inputs have {query.rank} axes; masks and scores are translated for three alone")
    return Call(query, key, value, query_mask, all_of(site, masks), alone, scores)


def _masks(site: Site, query: Value, key: Value, value: Value) -> list[str]:
    """The texts of all masks but the causal one: those that came with the tensors, and those of the call."""
    site.keyword("query_mask")  # Keras takes no notice of it, but of the one that came with the tensor
    value_mask, key_mask = site.keyword("value_mask", value.mask), site.keyword("key_mask", key.mask)
    steps = [value_mask] if key_mask is value_mask else [value_mask, key_mask]
    masks = [f"{boolean(query.mask)}[:, None, :, None]"] if query.mask is not None else []
    masks += [f"{boolean(mask)}[:, None, None, :]" for mask in steps if mask is not None]
    allowed = site.keyword("attention_mask")
    if allowed is not None:
        allowed = site.take(allowed)
        if not 2 <= allowed.rank <= 4:
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


#: Keras rounds 1 / sqrt(key_dim) to float32: only where that is exact can float64 agree.
_HEADS = {"num_heads": 3, "key_dim": 4}
_SEQUENCES = [(2, 7, 5), (2, 6, 8)]
_MASKED: dict[str, Any] = {"x": [(4, 7, 6), (4, 2, 8), (4, 7, 2)], "draw": ["normal", "normal", "bool"]}

MultiHeadAttention = Entry(
    trains_by_default=None,
    whole_numbers="floats",
    keras="keras.layers.MultiHeadAttention",
    since="2.4",
    torch=("torch.nn.functional.scaled_dot_product_attention", "torch.nn.Linear", "torch.nn.MultiheadAttention"),
    related=("torch.nn.MultiheadAttention",),
    says="Attention in several heads: projections of query, key and value, weighed values, and a last projection.",
    arguments=(
        Argument("num_heads", "num_heads"),
        Argument("key_dim", None, note="size of one head; torch's embed_dim is that of all heads"),
        Argument("value_dim", None, None, note="size of one head's values; key_dim where left out"),
        Argument("dropout", "dropout", 0.0),
        Argument("use_bias", "bias", True),
        Argument("output_shape", None, None, note="torch's output has the query's size"),
        Argument("attention_axes", None, None, note="moved next to each other and folded into one"),
        Argument("sliding_window", None, None, note="a mask", since=None),
        Argument("flash_attention", None, None, inert=True, since=None),
        *initialised("kernel", "bias"),
        Argument("use_gate", None, False, note="a fifth projection, whose sigmoid scales the heads", since=None),
        Argument("seed", None, None, inert=True, since="3.5"),
        *LAYER_ARGUMENTS,
    ),
    legacy=(
        *(Argument(f"{name}_shape", None, None, inert=True) for name in ("query", "key", "value")),
        Argument("softmax_robust_masking", None, False),
    ),
    weights=(
        *_dense("query"),
        *_dense("key"),
        *_dense("gate", when="use_gate"),
        *_dense("value"),
        *_dense("output", how="h v o -> o (h v)", bias=""),
    ),
    differences=(
        Difference(
            "size-per-head",
            "key_dim is the size of one head, embed_dim that of all: scores are divided by the root of key_dim.",
            case="defaults",
            naive=naive(
                emit_multi_head_attention,
                HEADS,
                ("is_causal=causal)", "is_causal=causal, scale=query[0, :, 0].numel() ** -0.5)"),
            ),
        ),
        Difference(
            "heads-first",
            "A kernel's (heads, size) become the rows of a Linear heads first: size first mixes the heads.",
            case="defaults",
            weights=(
                *_dense("query", how="d h k -> (k h) d", bias="h k -> (k h)"),
                *_dense("key"),
                *_dense("value"),
                *_dense("output", how="h v o -> o (h v)", bias=""),
            ),
        ),
        Difference(
            "mask-polarity",
            "True means attend in Keras and in F.scaled_dot_product_attention, but blocked in nn.MultiheadAttention.",
            case="attention-mask",
            swap=(("attention({x}, {x}, {x}, {x})", "attention({x}, {x}, {x}, ~{x})"),),
        ),
        Difference(
            "rows-without-keys",
            "A query that may attend to nothing gets the mean of all values; with a boolean mask, torch gives zeros.",
            case="attention-mask",
            naive=lambda site: emit_multi_head_attention(
                site, masked=mistaken(MASKED_HEADS, (" and (weights or self.dropout.p):", ":"))
            ),
        ),
    ),
    defects=(
        Defect(
            "bias-along-the-steps",
            "The bias of heads of size 1 is added along the steps where there are as many steps as heads.",
            Case(
                "bias-along-the-steps",
                {"num_heads": 3, "key_dim": 1},
                x=[(2, 3, 5), (2, 3, 8)],
                oracle="torch",
                because=ADDS_A_BIAS,
            ),
        ),
    ),
    cases=(
        Case("whole-numbers", _HEADS, x=_SEQUENCES, draw="ids:5"),
        Case("defaults", _HEADS, x=_SEQUENCES),
        Case(
            "key-without-bias",
            {**_HEADS, "use_bias": False},
            x=[(2, 7, 5), (2, 6, 8), (2, 6, 3)],
            declared=[(None, 5), (None, 8), (None, 3)],
        ),
        Case("value-size-and-output", {**_HEADS, "value_dim": 2, "output_shape": 9}, x=_SEQUENCES),
        Case("output-of-two-axes", {**_HEADS, "output_shape": [3, 5], "use_gate": True}, x=_SEQUENCES),
        Case("causal", _HEADS, x=_SEQUENCES, call={"use_causal_mask": True}),
        Case(
            "causal-window", {**_HEADS, "sliding_window": 3}, x=[(2, 7, 5), (2, 7, 8)], call={"use_causal_mask": True}
        ),
        Case("attention-mask", _HEADS, **_MASKED, call={"attention_mask": {"$input": 2}}),
        Case(
            "scores",
            _HEADS,
            **_MASKED,
            call={"attention_mask": {"$input": 2}, "return_attention_scores": True, "use_causal_mask": True},
        ),
        Case(
            "one-axis-of-two",
            {**_HEADS, "attention_axes": -2},
            x=[(2, 7, 4, 6), (2, 7, 5, 8)],
            masks_refused="masks are translated for three axes alone",
        ),
        Case("two-axes", {**_HEADS, "value_dim": 2, "attention_axes": [1, 3]}, x=[(2, 3, 4, 5, 7), (2, 2, 4, 6, 8)]),
        Case("dropout", {**_HEADS, "dropout": 0.25}, x=_SEQUENCES, training="random"),
        Case(
            "dropout-and-window",
            {**_HEADS, "dropout": 0.25, "sliding_window": 3},
            x=[(2, 7, 5), (2, 7, 8)],
            training="random",
        ),
    ),
    aliases=("MHA", "multihead attention", "multi-head attention", "self-attention"),
    emit=emit_multi_head_attention,
    layout="last",
    mask="own",
)
