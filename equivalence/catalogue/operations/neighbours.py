"""diff, trapezoid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import FIRST, KERAS, Flat
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_diff(site: Site) -> Value:
    """torch.diff along the dimension that holds the axis."""
    x, dim = _along(site)
    n = site.config.integer("n", minimum=0)
    if x.dtype == "bool":
        site.refuse("it is called on bool; floats and whole numbers are translated")
    return site.new(f"torch.diff({x}{f', n={n}' if n != 1 else ''}, dim={dim})", x.order)


def emit_trapezoid(site: Site) -> Value:
    """torch.trapezoid of steps of one size."""
    site.config.only("x", None, because="places the elements unevenly; torch.trapezoid(y, x, dim=...) takes that")
    y, dim = _along(site)
    if not y.dtype.startswith("float"):
        site.refuse(f"it is called on {y.dtype}; floats alone are translated")
    step = site.config.number("dx")
    if dim == y.dim(-1) or dim == 0:
        y = site.take(y, KERAS)
        dim = y.dim(site.config.integer("axis", minimum=None))
    order = FIRST if y.order == FIRST else KERAS
    return site.new(f"torch.trapezoid({y}{f', dx={literal(step)}' if step != 1 else ''}, dim={dim})", order)


def _along(site: Site) -> tuple[Value, int]:
    x = site.take(site.x, KERAS) if isinstance(site.x.order, Flat) else site.x
    axis = site.config.integer("axis", minimum=None)
    if not -x.rank <= axis < x.rank:
        site.config.refuse("axis", axis, f"should name an axis of a tensor of {x.rank}")
    return x, x.dim(axis)


Diff = Entry(
    keras="keras.ops.diff",
    torch=("torch.diff",),
    says="What each element of an axis is more than the one before, n times over.",
    emit=emit_diff,
    kind="operation",
    arguments=(Argument("a", "input"), Argument("n", "n", 1), Argument("axis", "dim", -1)),
    cases=(
        Case("defaults", {}, x=(2, 3, 5)),
        Case("twice", {"n": 2, "axis": 1}, x=(2, 4, 4, 3)),
        Case("whole-numbers", {"axis": 1}, x=(2, 5), draw="ids:9"),
    ),
    aliases=("np.diff",),
    stored=stored("Diff"),
)
Trapezoid = Entry(
    keras="keras.ops.trapezoid",
    torch=("torch.trapezoid",),
    says="The integral along an axis by the trapezoidal rule.",
    emit=emit_trapezoid,
    kind="operation",
    arguments=(
        Argument("y", "y"),
        Argument("x", "x", None, note="the port refuses any"),
        Argument("dx", "dx", 1.0),
        Argument("axis", "dim", -1),
    ),
    cases=(
        Case("defaults", {}, x=(2, 3, 5)),
        Case("steps", {"dx": 0.5, "axis": 1}, x=(2, 3, 4, 5)),
    ),
    aliases=("np.trapezoid", "np.trapz", "torch.trapz"),
    stored=stored("Trapezoid"),
)
