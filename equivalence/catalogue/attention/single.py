"""Attention and AdditiveAttention: one head, without projections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from equivalence.catalogue.attention.masks import all_of, boolean, causal
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


class _Call(NamedTuple):
    """One call, its tensors (N, …, steps, features) in Keras's order."""

    query: Value
    key: Value
    value: Value
    query_mask: Value | None
    mask: Value | None  # broadcasts to (N, …, T, S); True where attention is allowed
    causal: bool  # and nothing else is masked
    scores: bool  # whether the attention weights are returned too


def emit_attention(site: Site) -> Value | list[Value]:
    """F.scaled_dot_product_attention with scale=1.0, or written out where it has no such argument."""
    called = _read(site)
    mode = site.config.choice("score_mode", "dot", "concat")
    scale = _parameter(site, "scale") if site.config.flag("use_scale") else ""
    rate = _rate(site)
    if mode == "concat":
        summed = _sum_of_pairs(called)
        weighed = f"torch.tanh({f'{scale} * ({summed})' if scale else summed}).sum(-1)"
        return _weighed(site, called, f"{_parameter(site, 'concat_score_weight')} * {weighed}", rate)
    if scale or rate or called.mask is not None or called.query_mask is not None or called.scores:
        product = f"{called.query} @ {called.key}.mT"
        return _weighed(site, called, f"{product} * {scale}" if scale else product, rate)
    tensors = map(str, (called.query, called.key, called.value))
    text = call(
        "F.scaled_dot_product_attention", *tensors, is_causal=called.causal, scale=1.0, omit={"is_causal": False}
    )
    return site.new(text, KERAS)


def emit_additive_attention(site: Site) -> Value | list[Value]:
    """The sum of tanh(query + key), scaled feature by feature, as scores."""
    called = _read(site)
    weighed = f"torch.tanh({_sum_of_pairs(called)})"
    if site.config.flag("use_scale"):
        features = called.query.shape[-1]
        if features is None:
            site.refuse("the last axis of its query is unknown")
        weighed = f"({_parameter(site, 'scale', features)} * {weighed})"
    return _weighed(site, called, f"{weighed}.sum(-1)", _rate(site))


def _read(site: Site) -> _Call:
    tensors = site.args()[0]
    if len(site.args()) > 1 or not isinstance(tensors, list) or len(tensors) not in (2, 3):
        site.refuse("it is not called with one list of query, value and perhaps key")
    query, value, *rest = (site.take(tensor) for tensor in tensors)
    key = rest[0] if rest else value
    shapes = [tensor.shape for tensor in (query, value, key)]
    if len({len(shape) for shape in shapes}) > 1 or query.rank < 2:
        listed = ", ".join(map(str, shapes))
        site.refuse(f"its query, value and key have shapes {listed}, which are not equally many axes, at least two")
    masks = site.keyword("mask") or [query.mask, value.mask]
    if masks[0] is not None and masks[0].rank != query.rank - 1:
        site.refuse(f"its query of shape {query.shape} has a mask of shape {masks[0].shape}")
    scores, is_causal = (bool(site.keyword(name, False)) for name in ("return_attention_scores", "use_causal_mask"))
    is_causal |= site.config.flag("causal")
    if is_causal and query.rank == 2:
        site.refuse(f"it is called with use_causal_mask on a query of shape {query.shape}, to which Keras adds an axis")
    if masks[1] is not None and (masks[1].rank != query.rank - 1 or (query.rank != 3 and not is_causal)):
        site.refuse(
            f"its value of shape {value.shape} has a mask of {masks[1].rank} axes, which Keras aligns with the keys "
            "for inputs of three axes alone, or beside a causal mask"
        )
    allowed = [f"{boolean(masks[1])}[..., None, :]"] if masks[1] is not None else []
    alone = is_causal and not allowed
    if is_causal:
        allowed.append(f"{site.new(causal(query, key), KERAS, 'causal')}")
    return _Call(query, key, value, masks[0], None if alone else all_of(site, allowed), alone, scores)


def _rate(site: Site) -> float:
    rate = site.config.number("dropout")
    if not 0 <= rate < 1:
        site.config.refuse("dropout", rate, "should be at least 0 and less than 1")
    return rate


def _parameter(site: Site, name: str, *shape: int) -> str:
    placed = [weight._replace(torch="") for weight in site.weights if weight.torch == name]
    return site.module(f"nn.Parameter(torch.ones({', '.join(map(str, shape)) or '()'}))", name, weights=placed)


def _sum_of_pairs(called: _Call) -> str:
    """(N, …, T, S, features)."""
    return f"{called.query}.unsqueeze(-2) + {called.key}.unsqueeze(-3)"


def _weighed(site: Site, called: _Call, scores: str, rate: float) -> Value | list[Value]:
    """The values weighed by the softmax of the scores; what is masked has 1e9 less of them, as in Keras."""
    mask = called.mask if not called.causal else all_of(site, [causal(called.query, called.key)])
    logits = site.new(scores, KERAS, "scores")
    if mask is not None:
        logits = site.new(f"torch.where({mask}, {logits}, {logits} - 1e9)", KERAS, "scores")
    weights = site.new(f"F.softmax({logits}, dim=-1)", KERAS, "scores")
    dropped = f"{site.module(call('nn.Dropout', rate), 'dropout', weights=())}({weights})" if rate else f"{weights}"
    made = site.new(f"{dropped} @ {called.value}", KERAS)
    if called.query_mask is not None:
        made = site.new(f"{made} * {boolean(called.query_mask)}[..., None]", KERAS)
    made.mask = called.query_mask
    return [made, weights] if called.scores else made


_ARGUMENTS = (
    Argument("dropout", None, 0.0, note="on the weights of the values", since="2.3.0"),
    *LAYER_ARGUMENTS,
)
_SEQUENCES = [(2, 7, 5), (2, 6, 5)]
_MORE_AXES = [(2, 3, 7, 5), (2, 3, 6, 5)]
_MASKS: dict[str, Any] = {
    "x": [(4, 7, 5), (4, 3, 5), (4, 7), (4, 3)],
    "draw": ["normal", "normal", "bool", "bool"],
    "call": {"$args": [[{"$input": 0}, {"$input": 1}]], "mask": [{"$input": 2}, {"$input": 3}]},
}
_CAUSAL = Argument("causal", None, False, note="use_causal_mask of every call")
_SCORES = {"return_attention_scores": True, "use_causal_mask": True}

Attention = Entry(
    keras="keras.layers.Attention",
    since="2.2.4-tf",
    torch=("torch.nn.functional.scaled_dot_product_attention",),
    says="Dot-product attention (Luong): values weighed by the softmax of query times key.",
    arguments=(
        Argument("use_scale", None, False, note="a learned factor of the scores"),
        Argument(
            "score_mode", None, "dot", note="concat: the sum of tanh(query + key), times a learned factor", since="2.9"
        ),
        Argument("seed", None, None, inert=True, since=None),
        *_ARGUMENTS,
    ),
    legacy=(_CAUSAL,),
    weights=(
        Weight("scale", "scale", when="use_scale"),
        Weight("concat_score_weight", "concat_score_weight", when="score_mode=concat"),
    ),
    differences=(
        Difference(
            "no-scaling",
            "Keras's Attention does not divide by the root of the size; F.scaled_dot_product_attention does.",
            case="defaults",
            swap=((", scale=1.0", ""),),
        ),
        Difference(
            "mask-of-queries",
            "Outputs at masked queries are zero.",
            case="masks",
            swap=(("{x} * {x}[..., None]", "{x}"),),
        ),
    ),
    cases=(
        Case("defaults", {}, x=_SEQUENCES),
        Case("key", {}, x=[*_SEQUENCES, (2, 6, 5)], call={"use_causal_mask": True}),
        Case("scale", {"use_scale": True}, x=_SEQUENCES, call=_SCORES),
        Case("concat", {"score_mode": "concat", "use_scale": True}, x=_SEQUENCES),
        Case("more-axes", {}, x=_MORE_AXES, call=_SCORES),
        Case("more-axes-concat", {"score_mode": "concat"}, x=_MORE_AXES),
        Case("masks", {}, **_MASKS),
        Case("dropout", {"dropout": 0.25}, x=_SEQUENCES, training="random"),
    ),
    aliases=("Luong attention", "dot-product attention layer"),
    emit=emit_attention,
    layout="last",
    mask="own",
)

AdditiveAttention = Entry(
    keras="keras.layers.AdditiveAttention",
    since="2.2.4-tf",
    torch=("torch.tanh", "torch.nn.functional.softmax"),
    says="Additive attention (Bahdanau): values weighed by the softmax of the sum of tanh(query + key).",
    arguments=(Argument("use_scale", None, True, note="a learned factor for each feature"), *_ARGUMENTS),
    legacy=(Argument("seed", None, None, inert=True), _CAUSAL),
    weights=(Weight("scale", "scale", when="use_scale"),),
    differences=(
        Difference(
            "scale-per-feature",
            "The learned scale weighs the features before they are added up; leaving it out changes the scores.",
            case="defaults",
            swap=(
                (
                    "(self.additive_attention_scale * torch.tanh({x}.unsqueeze(-2) + {x}.unsqueeze(-3)))",
                    "torch.tanh({x}.unsqueeze(-2) + {x}.unsqueeze(-3))",
                ),
            ),
        ),
    ),
    cases=(
        Case("defaults", {}, x=_SEQUENCES),
        Case("more-axes", {}, x=_MORE_AXES),
        Case("without-scale", {"use_scale": False}, x=[*_SEQUENCES, (2, 6, 5)], call=_SCORES),
        Case("masks", {}, **_MASKS),
        Case("dropout", {"dropout": 0.25}, x=_SEQUENCES, training="random"),
    ),
    aliases=("Bahdanau attention",),
    emit=emit_additive_attention,
    layout="last",
    mask="own",
)
