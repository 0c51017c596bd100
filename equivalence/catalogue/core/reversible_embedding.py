"""ReversibleEmbedding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.core import embedding
from equivalence.catalogue.core.adaptation import note_forgotten_scale
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_TABLE = Weight("embeddings", "weight")
_BACK = Weight("reverse_embeddings", "weight", "i o -> o i", when="not tie_weights")


def emit_reversible_embedding(site: Site) -> Value:
    """nn.Embedding, and with reverse=True F.linear with its table, or an nn.Linear that has its own weights."""
    config, args = site.config, site.args()
    config.only("quantization_config", None)
    note_forgotten_scale(site)
    config.only("reverse_dtype", None, "float32")
    rows, size = config.integer("input_dim"), config.integer("output_dim")
    reverse = args[1] if len(args) > 1 else site.keyword("reverse", False)
    masked, cap = config.flag("mask_zero"), config.optional_number("logit_soft_cap")
    x = site.take(site.x, KERAS)
    table = site.module(call("nn.Embedding", rows, size), weights=(_TABLE,))
    back = ""
    if not config.flag("tie_weights"):
        back = site.module(call("nn.Linear", size, rows, bias=False), "reverse", weights=(_BACK,))
    if reverse:
        if not x.dtype.startswith("float"):
            site.refuse(f"it is called with reverse=True on {x.dtype}; floats alone are translated")
        logits = site.new(f"{back}({x})" if back else f"F.linear({x}, {table}.weight)", KERAS, "logits")
        return logits if cap is None else site.new(f"{literal(cap)} * torch.tanh({logits} / {literal(cap)})", KERAS)
    indices = f"{x}" if x.dtype in ("int32", "int64") else f"{x}.long()"
    output = site.new(f"{table}({indices})", KERAS)
    output.mask = site.new(f"{x} != 0", KERAS, hint="mask") if masked else None
    return output


_SIZES = {"input_dim": 7, "output_dim": 5}
_REVERSE = {"reverse": True}

ReversibleEmbedding = Entry(
    whole_numbers="indices",
    keras="keras.layers.ReversibleEmbedding",
    since="3.12",
    torch=("torch.nn.Embedding", "torch.nn.functional.linear", "torch.nn.Linear"),
    says="Looks up a learned vector for each index; with reverse=True, scores of a vector against all of them.",
    arguments=(
        *embedding.Embedding.arguments[:2],
        Argument("tie_weights", None, True, note="False: an nn.Linear with weights of its own for the way back"),
        *(argument for argument in embedding.Embedding.arguments if argument.keras.startswith("embeddings_")),
        Argument("mask_zero", None, False, note="index 0 is masked for the layers behind; not padding_idx=0"),
        Argument("reverse_dtype", None, None, note="None or float32"),
        Argument("logit_soft_cap", None, None, how="c * tanh(logits / c)"),
        Argument("weights", None, None, inert=True, note="initial values; the file holds the trained ones", since=None),
        *(argument for argument in embedding.Embedding.arguments if argument.keras in ("lora_rank", "lora_alpha")),
        Argument("quantization_config", None, None, note="None alone", since=None),
        *LAYER_ARGUMENTS,
    ),
    weights=(_TABLE, _BACK),
    differences=(
        Difference(
            "untied",
            "The way back multiplies by the transposed table; a square one as it is gives the same shape.",
            case="square",
            swap=((".weight)", ".weight.T)"),),
        ),
        Difference(
            "soft-cap",
            "logit_soft_cap bends the scores smoothly, c * tanh(logits / c); it does not clamp them.",
            case="soft-cap",
            swap=(("2.0 * torch.tanh({x} / 2.0)", "{x}.clamp(-2.0, 2.0)"),),
        ),
    ),
    cases=(
        Case("defaults", _SIZES, x=(2, 9), draw="ids:7"),
        Case("mask-zero", {**_SIZES, "mask_zero": True}, x=(3, 11), draw="ids:7"),
        Case("reverse", _SIZES, x=(2, 9, 5), declared=(None, 5), call=_REVERSE),
        Case("square", {"input_dim": 6, "output_dim": 6, "mask_zero": True}, x=(2, 6), call=_REVERSE),
        Case("soft-cap", {**_SIZES, "logit_soft_cap": 2.0}, x=(2, 3, 5), draw="wide", call=_REVERSE),
        Case("untied", {**_SIZES, "tie_weights": False}, x=(2, 9), draw="ids:7"),
        Case("untied-reverse", {**_SIZES, "tie_weights": False}, x=(2, 9, 5), call=_REVERSE),
    ),
    aliases=("tied embedding", "weight tying", "keras_hub.layers.ReversibleEmbedding"),
    emit=emit_reversible_embedding,
    layout="last",
    mask="own",
)
