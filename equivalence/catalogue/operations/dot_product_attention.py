"""dot_product_attention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.attention.masks import MASKED_ATTENTION
from equivalence.catalogue.attention.masks import causal as causal_mask
from equivalence.catalogue.operations.operation_parts import is_tensor, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: keras.ops.dot_product_attention raises for any other.
_ON_JAX_ALONE = "is for JAX on TPUs alone"


def emit_dot_product_attention(site: Site) -> Value:
    """F.scaled_dot_product_attention on (N, heads, steps, size); with a mask written out.

    Of a row without anything allowed torch's own makes zeros, and an added -1e30 would let gradients through.
    """
    query, key, value, bias, mask, scale = operands(site, "query", "key", "value", "bias", "mask", "scale")
    site.config.only("attn_logits_soft_cap", None, because=_ON_JAX_ALONE)
    causal = site.config.flag("is_causal")
    repeats = _check(site, query, key, value, bias, mask, scale)
    query, key, value = (
        site.new(f"{site.take(given, KERAS)}.transpose(1, 2)", KERAS, name)
        for name, given in (("query", query), ("key", key), ("value", value))
    )
    if mask is not None or (causal and bias is not None):
        attended = _written_out(site, query, key, value, (bias, mask, scale), causal, repeats)
    else:
        keywords: dict[str, Any] = {} if bias is None else {"attn_mask": f"{site.take(bias)}"}
        keywords |= {"is_causal": True} if causal else {}
        keywords |= {} if scale is None else {"scale": scale}
        keywords |= {"enable_gqa": True} if repeats > 1 else {}
        texts = (f"{given}" for given in (query, key, value))
        attended = site.new(call("F.scaled_dot_product_attention", *texts, **keywords), KERAS)
    return site.new(f"{attended}.transpose(1, 2)", KERAS)


def _check(site: Site, query: Any, key: Any, value: Any, bias: Any, mask: Any, scale: Any) -> int:
    """How many heads of queries share one of keys. Raises Refused for what is no tensor, or of another kind."""
    for name, given in (("query", query), ("key", key), ("value", value)):
        if not is_tensor(given) or given.rank != 4 or not given.dtype.startswith("float"):
            site.refuse(f"its {name} is no tensor of floats shaped (batch, steps, heads, size)")
    for name, given in (("bias", bias), ("mask", mask)):
        if given is not None and not is_tensor(given):
            site.refuse(f"its {name} is no tensor of the model, which has no translation yet")
    if mask is not None and mask.dtype != "bool":
        site.refuse(f"its mask holds {mask.dtype} and not booleans")
    if scale is not None and (isinstance(scale, bool) or not isinstance(scale, (int, float))):
        site.refuse(f"its scale is {scale!r:.60}, which is no number")
    heads, shared = query.shape[2], key.shape[2]
    if heads == shared:
        return 1
    if not heads or not shared or heads % shared:
        site.refuse(f"it has {heads} heads of queries and {shared} of keys")
    return int(heads // shared)


def _written_out(
    site: Site, query: Value, key: Value, value: Value, added: tuple[Any, Any, Any], causal: bool, repeats: int
) -> Value:
    bias, mask, scale = added
    allowed = [f"{site.take(mask)}"] if mask is not None else []
    if causal:
        allowed.append(f"{site.new(causal_mask(query, key), KERAS, 'causal')}")
    both = site.new(" & ".join(allowed), KERAS, "allowed") if len(allowed) > 1 else allowed[0]
    if repeats > 1:
        key, value = (site.new(f"{x}.repeat_interleave({repeats}, 1)", KERAS, x.hint) for x in (key, value))
    if bias is None and scale is None:
        return site.new(call(site.helper(MASKED_ATTENTION), *map(str, (query, key, value)), f"{both}"), KERAS)
    scaled = f" / math.sqrt({query}.shape[-1])" if scale is None else f" * {literal(scale)}"
    more = f" + {site.take(bias)}" if bias is not None else ""
    scores = site.new(f"{query} @ {key}.mT{scaled}{more}", KERAS, "scores")
    return site.new(f"F.softmax({scores}.masked_fill(~{both}, -1e30), dim=-1) @ {value}", KERAS)


#: Keras rounds 1 / sqrt(size) to float32: only where that is exact can float64 agree.
_HEADS = [(2, 7, 3, 4), (2, 5, 3, 4), (2, 5, 3, 4)]
_MASK = [*_HEADS, (2, 1, 7, 5)]
_MASKED = ["normal", "normal", "normal", "bool"]


def _call(**more: Any) -> dict[str, Any]:
    return {"$args": [{"$input": 0}, {"$input": 1}, {"$input": 2}], **more}


DotProductAttention = Entry(
    keras="keras.ops.dot_product_attention",
    torch=("torch.nn.functional.scaled_dot_product_attention",),
    says="Values weighed by softmax(query @ key * scale + bias), for each head.",
    emit=emit_dot_product_attention,
    kind="operation",
    arguments=(
        Argument("query", "query", note="(batch, steps, heads, size); torch's is (batch, heads, steps, size)"),
        Argument("key", "key"),
        Argument("value", "value"),
        Argument("bias", "attn_mask", None),
        Argument(
            "mask",
            "attn_mask",
            None,
            note="attention written out: torch's own gives a row without anything allowed zeros",
        ),
        Argument("scale", "scale", None),
        Argument("is_causal", "is_causal", False),
        Argument("flash_attention", None, None, inert=True, note="torch chooses its kernel itself"),
        Argument("attn_logits_soft_cap", None, None, note="None alone; Keras refuses others"),
    ),
    differences=(
        Difference(
            "steps-before-heads",
            "Keras has (batch, steps, heads, size), torch (batch, heads, steps, size): untransposed, every step "
            "attends over the heads.",
            case="as-many-steps",
            swap=(("{x}.transpose(1, 2)", "{x}"),),
        ),
        Difference(
            "rows-without-keys",
            "A query that may attend to nothing gets the mean of all values; with a boolean mask, torch gives zeros.",
            case="mask",
            swap=(
                (
                    "masked_attention({x}, {x}, {x}, {x})",
                    "F.scaled_dot_product_attention({x}, {x}, {x}, attn_mask={x})",
                ),
            ),
        ),
    ),
    cases=(
        Case("defaults", {}, x=_HEADS, call=_call()),
        Case("as-many-steps", {}, x=[(2, 3, 5, 4)] * 3, call=_call()),
        Case("unknown-steps", {}, x=_HEADS, declared=[(None, 3, 4)] * 3, call=_call()),
        Case("causal", {"is_causal": True}, x=_HEADS, call=_call()),
        Case("scale", {}, x=_HEADS, call=_call(scale=0.25)),
        Case(
            "mask",
            {},
            x=[*_HEADS[:1], (2, 2, 3, 4), (2, 2, 3, 4), (2, 1, 7, 2)],
            draw=_MASKED,
            call=_call(mask={"$input": 3}),
        ),
        Case("bias", {}, x=_MASK, call=_call(bias={"$input": 3})),
        Case("causal-mask", {"is_causal": True}, x=_MASK, draw=_MASKED, call=_call(mask={"$input": 3})),
        Case("causal-bias", {"is_causal": True}, x=_MASK, call=_call(bias={"$input": 3})),
        Case(
            "mask-and-bias",
            {},
            x=[*_MASK, (2, 3, 7, 5)],
            draw=[*_MASKED, "normal"],
            call=_call(mask={"$input": 3}, bias={"$input": 4}),
        ),
        Case("scaled-mask", {}, x=_MASK, draw=_MASKED, call=_call(mask={"$input": 3}, scale=0.25)),
        Case(
            "grouped-queries-mask",
            {},
            x=[(2, 7, 6, 4), (2, 5, 2, 4), (2, 5, 2, 4), (2, 1, 7, 5)],
            draw=_MASKED,
            call=_call(mask={"$input": 3}),
        ),
        Case("grouped-queries", {}, x=[(2, 7, 6, 4), (2, 5, 2, 4), (2, 5, 2, 4)], call=_call()),
    ),
    aliases=("scaled dot product attention", "sdpa", "jax.nn.dot_product_attention"),
    stored=stored("DotProductAttention", "nn"),
    layout="last",
)
