"""Concatenate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.axes import held_dim
from equivalence.catalogue.merging.merging_parts import merged_mask
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Entry
from equivalence.translation.order import KERAS, Flat

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_concatenate(site: Site) -> Value:
    """torch.cat along the dimension where the axis lies once all inputs are in one order."""
    axis = site.config.integer("axis", None)
    values, order = site.aligned(site.inputs)
    if isinstance(order, Flat):
        values, order = [site.take(value, KERAS) for value in values], KERAS
    output = _cat(site, values, held_dim(site, values[0], axis))
    output.mask = _mask(site, values, axis % values[0].rank)
    return output


def _cat(site: Site, values: list[Value], dim: int, hint: str = "") -> Value:
    return site.new(f"torch.cat([{', '.join(map(str, values))}], dim={dim})", values[0].order, hint)


def _mask(site: Site, values: list[Value], axis: int) -> Value | None:
    """The masks side by side, all true for an input without; along the channels, what any of them keeps."""
    masks = [value.mask for value in values]
    if axis == values[0].rank - 1 or not any(mask is not None for mask in masks):
        return merged_mask(site, masks)
    filled = [
        mask or site.new(f"torch.ones_like({value}.select({value.dim(-1)}, 0), dtype=torch.bool)", KERAS)
        for value, mask in zip(values, masks, strict=True)
    ]
    return _cat(site, filled, axis, "mask")


Concatenate = Entry(
    keras="keras.layers.Concatenate",
    torch=("torch.cat", "torch.concat", "torch.concatenate"),
    related=("torch.concat", "torch.concatenate"),
    says="Joins its inputs along an axis.",
    arguments=(
        Argument("axis", "dim", -1, note="torch's default is 0, the batch"),
        *LAYER_ARGUMENTS,
    ),
    cases=(
        Case("defaults", {}, x=[(2, 4, 5, 3), (2, 4, 5, 7)]),
        Case("three", {}, x=[(2, 4), (2, 3), (2, 5)]),
        Case("axis", {"axis": 1}, x=[(2, 4, 5, 3), (2, 6, 5, 3)]),
        Case("negative-axis", {"axis": -2}, x=[(2, 4, 3), (2, 6, 3)]),
        Case("unknown-sizes", {}, x=[(2, 4, 5, 3), (2, 4, 5, 7)], declared=[(None, None, 3), (None, None, 7)]),
    ),
    emit=emit_concatenate,
    mask="own",
)
