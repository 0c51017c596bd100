"""What reductions share: the dimensions that hold the axes, what is left of the order, whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from equivalence.catalogue.operations.operation_parts import axes_of
from equivalence.schema import Argument, Difference
from equivalence.translation.order import FIRST, KERAS, Flat, Order
from equivalence.translation.python_text import squeeze

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

AXIS = Argument("axis", "dim", None, how="the dimensions that hold these axes", note="None: all axes")
KEEPDIMS = Argument("keepdims", "keepdim", False)


class Reduction(NamedTuple):
    """A tensor, the torch dimensions that go away (or keep a size of one), and the order of what is left."""

    x: Value
    dims: tuple[int, ...]
    keep: bool
    order: Order

    @property
    def dim(self) -> int | tuple[int, ...]:
        """The dimensions as torch's argument `dim`."""
        return squeeze(self.dims) if len(self.dims) == 1 else self.dims

    @property
    def everything(self) -> bool:
        """Whether nothing is left but one number."""
        return len(self.dims) == self.x.rank and not self.keep


def reduction_of(site: Site, name: str = "axis", keepdims: bool = True) -> Reduction:
    """The reduction that the arguments `axis` and `keepdims` state; `keepdims`: whether there is that argument."""
    x, keep = site.x, keepdims and site.config.flag("keepdims")
    if isinstance(x.order, Flat):
        x = site.take(x, KERAS)
    axes = axes_of(site, x.rank, name)
    if axes == ():
        site.config.refuse(name, site.config.value(name), "names no axis")
    if axes is None or 0 in axes:
        x = site.take(x, KERAS)
    dims = tuple(sorted(x.dim(axis) for axis in (range(x.rank) if axes is None else axes)))
    without_channels = axes is None or x.rank - 1 in axes
    order = x.order if keep or not without_channels else KERAS
    return Reduction(x, dims, keep, FIRST if order == FIRST else KERAS)


def flattened(found: Reduction) -> tuple[str, int]:
    """The tensor with the dimensions that go away as one, for what torch does along a single one; and which it is."""
    x, dims = found.x, found.dims
    if len(dims) == 1:
        return f"{x}", dims[0]
    if len(dims) == x.rank:
        return f"{x}.flatten()", 0
    if dims == tuple(range(dims[0], dims[-1] + 1)):
        return f"{x}.flatten({dims[0]}, {dims[-1]})", dims[0]
    ends = tuple(range(-len(dims), 0))
    return f"{x}.movedim({dims}, {ends}).flatten({ends[0]})", -1


def kept(found: Reduction, text: str) -> str:
    """`text`, a reduction of what `flattened` gave, with a size of one for each dimension that is kept."""
    return text + "".join(f".unsqueeze({dim})" for dim in found.dims) if found.keep else text


def counts_other_axes(case: str) -> Difference:
    """The mistake of counting the axes of (N, H, W, C) in a tensor that has its channels first."""
    return Difference(
        "axis",
        "Keras counts the axes of (N, H, W, C); after moving to channels first the same numbers are others.",
        case=case,
        swap=(("dim=(1, 2)", "dim=(2, 3)"),),
    )
