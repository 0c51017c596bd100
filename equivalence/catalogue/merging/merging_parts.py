"""What the merging layers have in common: operands brought together as Keras does, and their masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from equivalence.catalogue.written_by import older
from equivalence.schema import Case
from equivalence.translation.order import FIRST, KERAS, Order, axes

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def operands(site: Site) -> tuple[list[Value], Order]:
    """The inputs in one order and of one rank.

    Keras gives a tensor of lower rank its missing axes right behind the batch
    (keras/src/layers/merging/base_merge.py), where broadcasting in torch would put them before it.
    """
    rank = max(value.rank for value in site.inputs)
    if all(value.rank == rank for value in site.inputs):
        return site.aligned(site.inputs)
    order: Order = FIRST if any(value.rank == rank and value.order == FIRST for value in site.inputs) else KERAS
    return [_spread(site, value, rank, order) for value in site.inputs], order


def _spread(site: Site, value: Value, rank: int, order: Order) -> Value:
    """`value` with axes inserted behind the batch up to `rank`, in `order`."""
    if value.rank == rank:
        return site.take(value, order)
    if value.mask is not None:
        site.refuse(f"its input of shape {value.shape} has a mask and is merged with one of {rank} axes")
    if value.rank < 2:
        site.refuse(f"its input of shape {value.shape} has no axis besides the batch")
    kept = range(rank - value.rank + 1, rank)  # the Keras axes that are not inserted
    index = ", ".join(":" if axis == 0 or axis in kept else "None" for axis in axes(order, rank))
    return site.new(f"{site.take(value, order)}[{index}]", order)


def heeded_masks(site: Site, values: Sequence[Value]) -> list[Value | None]:
    """The masks that products and extremes leave elements out by: none before Keras 3.4."""
    return [value.mask if _since_3_4(site) else None for value in values]


def merged_mask(site: Site, masks: Sequence[Value | None]) -> Value | None:
    """The mask that keeps what any of `masks` keeps; None, keeping all, where one of them is None.

    Before Keras 3.4: what all of them keep that are there.
    """
    present = [f"{mask}" for mask in masks if mask is not None]
    if not present or (len(present) < len(masks) and _since_3_4(site)):
        return None
    if len(set(present)) == 1:
        return next(mask for mask in masks if mask is not None)
    return site.new((" | " if _since_3_4(site) else " & ").join(dict.fromkeys(present)), KERAS, hint="mask")


def _since_3_4(site: Site) -> bool:
    return not older(site.keras_version, 3, 4)


def against(mask: Value, value: Value) -> str:
    """The text of a mask that broadcasts against `value`, which has one axis more: its channels."""
    return f"{mask}.unsqueeze({value.dim(-1)})"


#: What every merging layer's `says` ends with.
RANKS = "Inputs with fewer axes get the missing ones right behind the batch, where torch would put them before it."

TWO = Case("two", {}, x=[(2, 5, 3), (2, 5, 3)])
CASES = (
    TWO,
    Case("three", {}, x=[(2, 4, 5, 3), (2, 1, 5, 3), (2, 4, 1, 3)]),
    Case("fewer-axes", {}, x=[(2, 4, 5, 3), (2, 3), (2, 5, 3)]),
    Case("unknown-sizes", {}, x=[(2, 4, 5, 3), (2, 3)], declared=[(None, None, 3), (3,)]),
)
