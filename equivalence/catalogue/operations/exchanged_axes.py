"""swapaxes, moveaxis, roll, flip: axes and elements in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored, whole_numbers
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS, Flat
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_swapaxes(site: Site) -> Value:
    x = site.take(site.x, KERAS)
    first, second = (_axis(site, name, x.rank) for name in ("axis1", "axis2"))
    return site.new(f"{x}.transpose({first}, {second})", KERAS)


def emit_moveaxis(site: Site) -> Value:
    x = site.take(site.x, KERAS)
    source, destination = (whole_numbers(site, name) for name in ("source", "destination"))
    return site.new(f"{x}.movedim({literal(source)}, {literal(destination)})", KERAS)


def emit_roll(site: Site) -> Value:
    """torch.roll by the same numbers; without an axis, of all elements in Keras's order, shaped as before."""
    shift, axis = whole_numbers(site, "shift"), site.config.value("axis")
    if axis is None:
        x = site.take(site.x, KERAS)
        return site.new(f"torch.roll({x}, {literal(shift)})", KERAS)
    x = site.take(site.x, KERAS) if isinstance(site.x.order, Flat) else site.x
    dims = tuple(x.dim(each) for each in whole_numbers(site, "axis"))
    if len(dims) != len(shift):
        site.config.refuse("shift", shift, f"should be as many numbers as axes, {len(dims)}")
    return site.new(f"torch.roll({x}, {literal(shift)}, dims={literal(dims)})", x.order)


def _axis(site: Site, name: str, rank: int) -> int:
    axis = site.config.integer(name, minimum=None)
    if not -rank <= axis < rank:
        site.config.refuse(name, axis, f"should name an axis of a tensor of {rank}")
    return axis % rank


Swapaxes = Entry(
    keras="keras.ops.swapaxes",
    torch=("torch.transpose",),
    says="Two axes exchanged.",
    emit=emit_swapaxes,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("axis1", "dim0"), Argument("axis2", "dim1")),
    cases=(
        Case("steps-and-channels", {"axis1": 1, "axis2": -1}, x=(2, 3, 5)),
        Case("images", {"axis1": 1, "axis2": 2}, x=(2, 3, 4, 5)),
    ),
    aliases=("np.swapaxes",),
    stored=stored("Swapaxes"),
    layout="last",
)
Moveaxis = Entry(
    keras="keras.ops.moveaxis",
    torch=("torch.movedim",),
    says="Axes moved to other places.",
    emit=emit_moveaxis,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("source", "source"), Argument("destination", "destination")),
    cases=(
        Case("channels-first", {"source": -1, "destination": 1}, x=(2, 3, 4, 5)),
        Case("two", {"source": [1, 2], "destination": [-1, 1]}, x=(2, 3, 4, 5)),
    ),
    aliases=("np.moveaxis",),
    stored=stored("Moveaxis"),
    layout="last",
)
Roll = Entry(
    keras="keras.ops.roll",
    torch=("torch.roll",),
    says="Elements moved along axes; what leaves at one end comes in at the other.",
    emit=emit_roll,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("shift", "shifts"), Argument("axis", "dims", None)),
    differences=(
        Difference(
            "axes-of-keras",
            "Keras counts the axes of (N, H, W, C): the window shift of a Swin block along axes 1 and 2 is along 2 and "
            "3 of a channels-first tensor.",
            case="windows",
            swap=(("dims=(1, 2)", "dims=(2, 3)"),),
        ),
    ),
    cases=(
        Case("windows", {"shift": [-2, 1], "axis": [1, 2]}, x=(2, 5, 4, 3)),
        Case("one-axis", {"shift": 2, "axis": 1}, x=(2, 5, 3)),
        Case("flattened", {"shift": 4}, x=(2, 5, 3)),
    ),
    aliases=("np.roll", "tf.roll"),
    stored=stored("Roll", "numpy"),
)
