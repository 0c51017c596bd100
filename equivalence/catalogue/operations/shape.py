"""Operations that only re-arrange: reshape, transpose, expand_dims, squeeze."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import axes_of, stored
from equivalence.schema import Argument, Case, Difference, Entry, refuse_without_counterpart
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_reshape(site: Site) -> Value:
    """In Keras's order of axes, where reshaping means what Keras means. The batch is part of `newshape`."""
    x = site.take(site.x, KERAS)
    shape = site.config.value("newshape")
    if not (isinstance(shape, (list, tuple)) and all(n is None or isinstance(n, int) for n in shape)):
        site.config.refuse("newshape", shape, "should be a list of whole numbers")
    sizes = [-1 if n is None else n for n in shape]
    rest = x.shape[1:]
    if sizes and sizes[0] == -1 and None not in rest and -1 not in sizes[1:]:
        same_batch = prod(sizes[1:]) == prod(n for n in rest if n is not None)
        parts = [f"{x}.shape[0]" if same_batch else "-1", *map(str, sizes[1:])]
    else:
        parts = [str(n) for n in sizes]
    return site.new(f"{x}.reshape({', '.join(parts)})", KERAS)


def emit_transpose(site: Site) -> Value:
    """`permute`; without axes all of them are reversed, the batch too."""
    x = site.take(site.x, KERAS)
    axes = site.config.value("axes")
    axes = list(range(x.rank))[::-1] if axes is None else axes
    if sorted(a % x.rank for a in axes) != list(range(x.rank)):
        site.config.refuse("axes", axes, f"should be an order of the {x.rank} axes of its input")
    return site.new(f"{x}.permute{literal(tuple(a % x.rank for a in axes))}", KERAS)


def emit_expand_dims(site: Site) -> Value:
    x = site.take(site.x, KERAS)
    axes = site.config.value("axis")
    text, rank = f"{x}", x.rank
    listed = [axes] if isinstance(axes, int) else list(axes)
    for axis in sorted(a % (rank + len(listed)) for a in listed):
        text += f".unsqueeze({axis})"
    return site.new(text, KERAS)


def emit_squeeze(site: Site) -> Value:
    """Only axes whose size is known to be one; without `axis`, all of these."""
    x = site.take(site.x, KERAS)
    axes = axes_of(site, x.rank)
    if axes is None:
        axes = tuple(i for i, size in enumerate(x.shape) if size == 1)
    if any(x.shape[axis] != 1 for axis in axes):
        site.config.refuse("axis", axes, f"names an axis of {x.shape} that is not of size 1")
    return site.new(f"{x}.squeeze({literal(axes) if len(axes) > 1 else axes[0]})" if axes else f"{x}", KERAS)


Reshape = Entry(
    keras="keras.ops.reshape",
    torch=("torch.reshape",),
    says="The same elements, row by row, in another shape; the batch axis is part of it.",
    emit=emit_reshape,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("newshape", "shape", old=("shape",))),
    differences=(
        Difference(
            "row-by-row",
            "Elements are counted in Keras's (N, H, W, C); reshaping a channels-first tensor counts another way.",
            case="merge-two",
            swap=(("{x}.reshape", "{x}.permute(0, 3, 1, 2).reshape"),),
        ),
    ),
    cases=(
        Case("merge-two", {"newshape": [-1, 12, 5]}, x=(2, 3, 4, 5)),
        Case("split", {"newshape": [-1, 2, 6, 5]}, x=(2, 12, 5)),
        Case("into-the-batch", {"newshape": [-1, 5]}, x=(2, 3, 5)),
    ),
    stored=stored("Reshape", "numpy", "reshape"),
    layout="last",
)
Transpose = Entry(
    keras="keras.ops.transpose",
    torch=("torch.permute",),
    says="The axes in another order, the batch among them.",
    emit=emit_transpose,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("axes", "dims", None, old=("perm",))),
    differences=(
        Difference(
            "all-axes",
            "torch.transpose swaps two dimensions; Keras's transpose takes an order of all of them.",
            case="square-image",
            swap=((".permute(0, 3, 1, 2)", ".transpose(1, 3)"),),
        ),
    ),
    cases=(
        Case("three", {"axes": [0, 3, 1, 2]}, x=(2, 3, 4, 5)),
        Case("square-image", {"axes": [0, 3, 1, 2]}, x=(2, 4, 4, 5)),
        Case("two", {"axes": [0, 2, 1]}, x=(2, 3, 5)),
    ),
    aliases=("K.permute_dimensions", "permute_dimensions"),
    stored=stored("Transpose", "numpy", "transpose"),
    layout="last",
)
ExpandDims = Entry(
    keras="keras.ops.expand_dims",
    torch=("torch.unsqueeze",),
    says="A new axis of size 1.",
    emit=emit_expand_dims,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("axis", "dim")),
    cases=(Case("middle", {"axis": 1}, x=(2, 3, 5)), Case("last", {"axis": -1}, x=(2, 3, 5))),
    stored=stored("ExpandDims", "numpy", "expand_dims"),
    layout="last",
)
Squeeze = Entry(
    keras="keras.ops.squeeze",
    torch=("torch.squeeze",),
    says="Without axes of size 1.",
    emit=emit_squeeze,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("axis", "dim", None)),
    cases=(Case("one", {"axis": 1}, x=(2, 1, 5)), Case("two", {"axis": [1, 2]}, x=(2, 1, 1, 5))),
    stored=stored("Squeeze", "numpy", "squeeze"),
    layout="last",
)
Rearrange = Entry(
    keras="keras.ops.rearrange",
    torch=(),
    says="Axes split, exchanged and merged, as a pattern of names says.",
    emit=refuse_without_counterpart,
    kind="operation",
    arguments=(Argument("tensor"), Argument("pattern")),
    aliases=("einops.rearrange",),
    stored=stored("Rearrange", "einops"),
    no_counterpart="Keras builds no model with it unless the batch size is fixed; einops.rearrange(x, pattern) is the "
    "same for torch, and x.unflatten, x.permute and x.flatten are its parts",
)
