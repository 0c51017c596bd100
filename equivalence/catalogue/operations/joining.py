"""Concatenate, stack, where: several tensors to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import broadcast, operands, stored
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS, Flat

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_concatenate(site: Site) -> Value:
    values, order = site.aligned(site.inputs)
    if isinstance(order, Flat):  # side by side they are no flattened image any more
        values, order = [site.take(value, KERAS) for value in values], KERAS
    axis = site.config.integer("axis", minimum=None)
    return site.new(f"torch.cat({_tuple(values)}, dim={values[0].dim(axis)})", order)


def emit_stack(site: Site) -> Value:
    values = [site.take(value, KERAS) for value in site.inputs]
    axis = site.config.integer("axis", minimum=None) % (values[0].rank + 1)
    return site.new(f"torch.stack({_tuple(values)}, dim={axis})", KERAS)


def _tuple(values: list[Value]) -> str:
    """The text of a tuple, also of one value."""
    return f"({', '.join(map(str, values))}{',' if len(values) == 1 else ''})"


def emit_where(site: Site) -> Value:
    given = operands(site, "condition", "x1|x", "x2|y")
    (condition, one, other), order, tensors = broadcast(site, given)
    if not tensors[0]:  # known already: both are there all the same, for the shape and the dtype
        known = one if tensors[1] else other
        return site.new(f"torch.where({known}.new_full((), {condition}, dtype=torch.bool), {one}, {other})", order)
    booleans = any(str(value) == condition and value.dtype == "bool" for value in site.inputs)
    return site.new(f"torch.where({condition if booleans else f'{condition} != 0'}, {one}, {other})", order)


Concatenate = Entry(
    keras="keras.ops.concatenate",
    torch=("torch.cat",),
    says="Tensors end to end along one axis.",
    emit=emit_concatenate,
    kind="operation",
    arguments=(Argument("xs", "tensors"), Argument("axis", "dim", 0)),
    cases=(
        Case("channels", {"axis": -1}, x=[(2, 3, 5), (2, 3, 4)]),
        Case("middle", {"axis": 1}, x=[(2, 3, 5), (2, 4, 5)]),
    ),
    stored=stored("Concatenate", "numpy", "concat"),
)
Stack = Entry(
    keras="keras.ops.stack",
    torch=("torch.stack",),
    says="Tensors side by side along a new axis.",
    emit=emit_stack,
    kind="operation",
    arguments=(Argument("x", "tensors"), Argument("axis", "dim", 0)),
    cases=(Case("middle", {"axis": 1}, x=[(2, 3, 5), (2, 3, 5)]), Case("last", {"axis": -1}, x=[(2, 3), (2, 3)])),
    stored=stored("Stack", "numpy", "stack"),
    layout="last",
)
Where = Entry(
    keras="keras.ops.where",
    torch=("torch.where",),
    says="Elements of x1 where the condition holds (is not zero), elsewhere of x2.",
    emit=emit_where,
    kind="operation",
    arguments=(Argument("condition", "condition"), Argument("x1", "input", None), Argument("x2", "other", None)),
    cases=(
        Case(
            "three-tensors",
            {},
            x=[(2, 3, 5), (2, 3, 5), (2, 3, 5)],
            draw=["ids:2", "normal", "normal"],
            call={"$args": [{"$input": 0}, {"$input": 1}, {"$input": 2}]},
        ),
    ),
    stored=stored("Where", "numpy", "where"),
)
