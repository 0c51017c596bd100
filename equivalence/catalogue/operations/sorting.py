"""sort, argsort, argpartition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Difference, Entry, refuse_without_counterpart
from equivalence.translation.order import KERAS, Flat

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_sort(site: Site) -> Value:
    """torch.sort, of which the values are the first; stable, so that equal ones get the gradients Keras gives them."""
    x, dim = _along(site)
    return site.new(f"torch.sort({x}, dim={dim}, stable=True).values", x.order)


def emit_argsort(site: Site) -> Value:
    """torch.argsort; Keras keeps equal ones in order, torch only where asked to, and has int32 for int64."""
    x, dim = _along(site)
    return site.new(f"torch.argsort({x}, dim={dim}, stable=True).to(torch.int32)", x.order)


def _along(site: Site) -> tuple[Value, int]:
    x = site.take(site.x, KERAS) if isinstance(site.x.order, Flat) else site.x
    if site.config.value("axis") is None:
        return site.new(f"{site.take(x, KERAS)}.flatten()", KERAS), 0
    axis = site.config.integer("axis", minimum=None)
    if not -x.rank <= axis < x.rank:
        site.config.refuse("axis", axis, f"should name an axis of a tensor of {x.rank}")
    return x, x.dim(axis)


_AXIS = Argument("axis", "dim", -1, note="None: of the flattened tensor")

Sort = Entry(
    keras="keras.ops.sort",
    torch=("torch.sort",),
    says="The elements of an axis from the smallest to the largest.",
    emit=emit_sort,
    kind="operation",
    arguments=(Argument("x", "input"), _AXIS),
    differences=(
        Difference(
            "axes-of-keras",
            "Keras sorts along its last axis by default; in a channels-first tensor that is dimension 1.",
            case="square",
            swap=(("dim=3", "dim=1"),),
        ),
    ),
    cases=(
        Case("defaults", {}, x=(2, 3, 5)),
        Case("square", {"axis": -1}, x=(2, 4, 4, 4)),
        Case("steps", {"axis": 1}, x=(2, 5, 3)),
        Case("equal-ones", {"axis": 1}, x=(2, 40, 3), draw="one-hot"),
        Case("whole-numbers", {"axis": -1}, x=(2, 9), draw="ids:4"),
        Case("flattened", {"axis": None}, x=(2, 3, 5)),
    ),
    aliases=("np.sort", "tf.sort"),
    stored=stored("Sort"),
)
Argsort = Entry(
    keras="keras.ops.argsort",
    torch=("torch.argsort",),
    says="Where the elements of an axis are, from the smallest to the largest; equal ones in their order.",
    emit=emit_argsort,
    kind="operation",
    arguments=(Argument("x", "input"), _AXIS),
    differences=(
        Difference(
            "equal-ones",
            "torch.argsort leaves equal elements in any order unless stable=True is given.",
            case="equal-ones",
            swap=((", stable=True", ""),),
        ),
    ),
    cases=(
        Case("defaults", {}, x=(2, 3, 5)),
        Case("steps", {"axis": 1}, x=(2, 5, 3)),
        Case("equal-ones", {"axis": -1}, x=(4, 400), draw="ids:3"),
        Case("flattened", {"axis": None}, x=(2, 3, 5)),
    ),
    aliases=("np.argsort", "tf.argsort"),
    stored=stored("Argsort"),
)
Argpartition = Entry(
    keras="keras.ops.argpartition",
    torch=(),
    says="Where the elements are, those up to the k-th smallest before the others.",
    emit=refuse_without_counterpart,
    kind="operation",
    arguments=(Argument("x"), Argument("kth"), Argument("axis", None, -1)),
    cases=(Case("second", {"kth": 2, "axis": -1}, x=(2, 7)),),
    aliases=("np.argpartition",),
    stored=stored("Argpartition"),
    no_counterpart="the order within its two parts is left open, and Keras's backends differ in it (on TensorFlow it "
    "also cuts floats to whole numbers); torch.argsort(x, dim=axis) is one of the valid orders",
)
