"""average: a mean that may be weighted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import (
    as_floats,
    is_constant,
    is_tensor,
    only_floats,
    operands,
    stored,
)
from equivalence.catalogue.operations.reduction_parts import reduction_of
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_average(site: Site) -> Value:
    """The mean, or the sum of the weighted elements over that of the weights."""
    found, (_, weights) = reduction_of(site, keepdims=False), operands(site, "x", "weights")
    if weights is None:
        return site.new(call("torch.mean", as_floats(found.x), dim=found.dim), found.order)
    only_floats(site)
    rank, text = _weights(site, weights)
    if rank == found.x.rank:
        weighed = call("torch.sum", f"{found.x} * {text}", dim=found.dim)
        return site.new(f"{weighed} / {call('torch.sum', text, dim=found.dim)}", KERAS)
    if rank != 1 or len(found.dims) != 1:
        site.refuse(f"its weights have {rank} axes and its input {found.x.rank}, of which it goes over {found.dims}")
    return site.new(f"torch.tensordot({found.x}, {text}, dims=({list(found.dims)}, [0])) / {text}.sum()", KERAS)


def _weights(site: Site, weights: Any) -> tuple[int, str]:
    """How many axes the weights have, and their text."""
    if is_tensor(weights):
        return weights.rank, f"{site.take(weights, KERAS)}"
    if not is_constant(weights) or not isinstance(weights.value, list):
        site.refuse(f"its weights are {weights!r:.60}, neither a tensor nor an array")
    if not weights.dtype.startswith("float"):
        site.refuse(f"its weights are {weights.dtype}; floats alone are translated")
    inner: Any = weights.value
    rank = 0
    while isinstance(inner, list):
        rank, inner = rank + 1, inner[0]
    return rank, site.constant(weights, "weights")


Average = Entry(
    keras="keras.ops.average",
    torch=("torch.mean", "torch.sum", "torch.tensordot"),
    says="The mean over axes, weighted if there are weights.",
    emit=emit_average,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("axis", "dim", None, how="the dimension that holds this axis", note="None: all axes"),
        Argument("weights", None, None, note="divided by their sum"),
    ),
    differences=(
        Difference(
            "sum-of-weights",
            "A weighted average is divided by the sum of the weights, not by the number of elements.",
            case="array",
            swap=((" / self.average_weights.sum()", " / 3"),),
        ),
    ),
    cases=(
        Case("one-axis", {"axis": 1}, x=(2, 3, 5)),
        Case("channels", {"axis": -1}, x=(2, 3, 4, 5)),
        Case("all", {}, x=(2, 3, 5)),
        Case("whole-numbers", {"axis": 1}, x=(2, 3, 5), draw="ids:9"),
        Case(
            "array",
            {"axis": 1},
            x=(2, 3, 5),
            call={"weights": {"$array": [0.5, 1.25, 2.0], "dtype": "float32"}},
        ),
        Case("same-shape", {"axis": 1}, x=[(2, 3, 5), (2, 3, 5)], draw="uniform", call={"weights": {"$input": 1}}),
        Case("all-weighted", {}, x=[(2, 3, 5), (2, 3, 5)], draw="uniform", call={"weights": {"$input": 1}}),
    ),
    aliases=("np.average", "weighted mean"),
    stored=stored("Average"),
    layout="last",
)
