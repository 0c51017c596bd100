"""Permute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import FIRST, KERAS, axes

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_permute(site: Site) -> Value:
    """permute; nothing at all where the result already lies in Keras's order or channels first."""
    x, dims = site.x, _dims(site)
    x = site.take(x, KERAS) if isinstance(x.order, tuple) else x
    held = axes(x.order, x.rank)
    for order in (KERAS, FIRST, x.order):
        moved = tuple(held.index((0, *dims)[axis]) for axis in axes(order, x.rank))
        if moved == tuple(range(x.rank)):
            return site.new(f"{x}", order)
    return site.new(f"{x}.permute{moved!r}", x.order)


def _dims(site: Site) -> tuple[int, ...]:
    """The axes of the input, counted from 1, in the order of the output."""
    dims = site.config.integers("dims", site.x.rank - 1)
    if sorted(dims) != list(range(1, site.x.rank)):
        site.config.refuse("dims", list(dims), f"does not name each of the axes 1 to {site.x.rank - 1} once")
    return dims


def emit_inverse(site: Site) -> Value:
    """The naive form: each number read as where its axis goes."""
    dims = (0, *_dims(site))
    if all(dims[axis] == place for place, axis in enumerate(dims)):
        return emit_permute(site)  # it is its own inverse
    return site.new(f"{site.x}.permute{tuple(dims.index(axis) for axis in range(len(dims)))!r}", KERAS)


Permute = Entry(
    keras="keras.layers.Permute",
    torch=("torch.permute", "torch.transpose"),
    related=("torch.transpose",),
    says="Re-orders the axes behind the batch.",
    arguments=(
        Argument("dims", "dims", note="counted from 1, without the batch, which is torch's 0"),
        *LAYER_ARGUMENTS,
    ),
    differences=(
        Difference(
            "permute-direction",
            "dims[i] is the axis that comes to place i, as in torch.permute, and not the place that axis i goes to.",
            case="cycle-of-equals",
            naive=emit_inverse,
        ),
    ),
    cases=(
        Case("sequence", {"dims": [2, 1]}, x=(2, 5, 3)),
        Case("cycle", {"dims": [3, 1, 2]}, x=(2, 4, 5, 3)),
        Case("cycle-of-equals", {"dims": [2, 3, 1]}, x=(2, 3, 3, 3)),
        Case("channels-stay", {"dims": [2, 1, 3]}, x=(2, 4, 5, 3)),
        Case("nothing", {"dims": [1, 2]}, x=(2, 4, 3)),
        Case("unknown-sizes", {"dims": [3, 2, 1]}, x=(2, 4, 5, 3), declared=(None, None, 3)),
    ),
    emit=emit_permute,
)
