"""Masking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_masking(site: Site) -> Value:
    """The mask (x != value).any over the last axis, and 0 in x where it is false."""
    x = site.x
    if x.dtype == "bool":
        site.refuse("it is called on booleans, of which Keras's backends make different things")
    value, dim = literal(site.config.number("mask_value")), x.dim(-1)
    mask = site.new(f"({x} != {value}).any(dim={dim})", KERAS, hint="mask")
    output = site.new(f"{x}.masked_fill(~{mask}.unsqueeze({dim}), 0)", x.order)
    output.mask = mask
    return output


def emit_mask_alone(site: Site) -> Value:
    """The naive form: masked steps keep their values."""
    site.config.number("mask_value")
    return site.new(f"{site.x} * 1", site.x.order)


Masking = Entry(
    keras="keras.layers.Masking",
    torch=("torch.Tensor.masked_fill", "torch.any"),
    says="Masks the steps that consist of one value alone, and sets them to 0.",
    arguments=(Argument("mask_value", None, 0.0, note="compared element by element"), *LAYER_ARGUMENTS),
    differences=(
        Difference(
            "masking-zeroes",
            "Keras not only masks such steps for the layers behind, it also sets them to 0.",
            case="mask-value",
            naive=emit_mask_alone,
        ),
    ),
    cases=(
        Case("defaults", {}, x=(5, 7, 2), draw="ids:2"),
        Case("mask-value", {"mask_value": 1.0}, x=(5, 7, 2), draw="ids:2"),
        Case("float", {}, x=(2, 5, 3)),
        Case("unknown-length", {"mask_value": 1.0}, x=(5, 7, 2), declared=(None, 2), draw="ids:2"),
    ),
    emit=emit_masking,
    layout="last",
    mask="own",
)
