"""What the merging layers have in common: operands brought together as Keras does, and their masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from equivalence.order import FIRST, KERAS, Order, axes
from equivalence.schema import Case, Difference

if TYPE_CHECKING:
    from equivalence.site import Site, Value


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
    return site.new(f"{site.take(value, KERAS)}[{index}]", order)


def either(site: Site, masks: Sequence[Value | None]) -> Value | None:
    """The mask that keeps what any of `masks` keeps; None, keeping all, where one of them is None."""
    present = [mask for mask in masks if mask is not None]
    if not present or len(present) < len(masks):
        return None
    return site.new(" | ".join(map(str, present)), KERAS, hint="mask") if len(present) > 1 else present[0]


def against(mask: Value, value: Value) -> str:
    """The text of a mask that broadcasts against `value`, which has one axis more: its channels."""
    return f"{mask}.unsqueeze({value.dim(-1)})"


def broadcast_like_torch(operator: str) -> Callable[[Site], Value]:
    """An emit function of the naive form of a merge of different ranks: torch's own broadcasting."""

    def emit(site: Site) -> Value:
        return site.new(f" {operator} ".join(map(str, site.inputs)), KERAS)

    return emit


#: Of equal batch and second size, so that torch's broadcasting gives a result too.
RANKS = Case("ranks", {}, x=[(3, 3, 5), (3, 5)])


def missing_axes(operator: str, id: str) -> Difference:
    """That a tensor of lower rank is aligned differently."""
    return Difference(
        id,
        "Keras gives an input of lower rank its missing axes behind the batch; torch gives it them before, so that its "
        "batch meets the other's first axis: an error, or other numbers where the two sizes agree.",
        case="ranks",
        naive=broadcast_like_torch(operator),
    )
