"""Mean, sum, extrema and logic over axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import axes_of, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import FIRST, KERAS, Flat
from equivalence.translation.python_text import call, squeeze

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_reduction(site: Site) -> Value:
    """The torch function of the same meaning, over the dimensions that hold the axes."""
    x, keep = site.x, site.config.flag("keepdims")
    if site.entry.argument("initial") is not None:
        site.config.only("initial", None)
    if isinstance(x.order, Flat):
        x = site.take(x, KERAS)
    axes = axes_of(site, x.rank)
    function = site.entry.torch[0]
    if axes is None or 0 in axes:
        x = site.take(x, KERAS)
    dims = tuple(sorted(x.dim(axis) for axis in (range(x.rank) if axes is None else axes)))
    without_channels = axes is None or x.rank - 1 in axes
    order = x.order if keep or not without_channels else KERAS
    text = call(function, f"{x}", dim=squeeze(dims) if len(dims) == 1 else dims, keepdim=keep, omit={"keepdim": False})
    return site.new(text, FIRST if order == FIRST else KERAS)


def _reduction(
    name: str, class_name: str, says: str, torch: str, *tensorflow: str, initial: bool = False, draw: str = "normal"
) -> Entry:
    keyword = (Argument("initial", None, None, note="the port refuses any"),) if initial else ()
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(torch,),
        says=says,
        emit=emit_reduction,
        kind="operation",
        arguments=(
            Argument("x", "input"),
            Argument("axis", "dim", None, how="the dimensions that hold these axes"),
            Argument("keepdims", "keepdim", False),
            *keyword,
        ),
        differences=(
            Difference(
                "axis",
                "Keras counts the axes of (N, H, W, C); after moving to channels first the same numbers are others.",
                case="square-image",
                swap=(("dim=(1, 2)", "dim=(2, 3)"),),
            ),
        )
        if not draw.startswith("ids")
        else (),
        cases=(
            Case("one-axis", {"axis": 1}, x=(2, 3, 5), draw=draw),
            Case("two-axes-kept", {"axis": [1, 2], "keepdims": True}, x=(2, 3, 4, 5), draw=draw),
            Case("square-image", {"axis": [1, 2]}, x=(2, 4, 4, 4), draw=draw),
            *([] if initial else [Case("all", {}, x=(2, 3, 5), draw=draw)]),
        ),
        stored=stored(class_name, "numpy", *tensorflow),
    )


Mean = _reduction("mean", "Mean", "The mean over axes.", "torch.mean", "math.reduce_mean")
Sum = _reduction("sum", "Sum", "The sum over axes.", "torch.sum", "math.reduce_sum")
Max = _reduction("max", "Max", "The largest over axes.", "torch.amax", "math.reduce_max", initial=True)
Min = _reduction("min", "Min", "The smallest over axes.", "torch.amin", "math.reduce_min", initial=True)
Any = _reduction(
    "any", "Any", "Whether any over axes is true (not zero).", "torch.any", "math.reduce_any", draw="ids:2"
)
All = _reduction(
    "all", "All", "Whether all over axes are true (not zero).", "torch.all", "math.reduce_all", draw="ids:2"
)
