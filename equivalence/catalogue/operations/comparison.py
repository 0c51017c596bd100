"""Comparisons and logic; Keras writes masks into files with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import broadcast, operands, stored
from equivalence.schema import Argument, Case, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_SYMBOLS = {
    "equal": "==", "not_equal": "!=", "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=",
}  # fmt: skip
_TORCH = {
    "equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge",
}  # fmt: skip
_LOGIC = {"logical_and": "&", "logical_or": "|", "logical_xor": "^"}


def emit_comparison(site: Site) -> Value:
    (left, right), order, _ = broadcast(site, operands(site, "x1|x", "x2|y"))
    return site.new(f"{left} {_SYMBOLS[site.entry.name]} {right}", order)


def emit_logic(site: Site) -> Value:
    """The operators of boolean tensors; what is not boolean is compared with zero first, as Keras casts it."""
    texts, order, _ = broadcast(site, operands(site, "x1|x", "x2|y"))
    return site.new(f" {_LOGIC[site.entry.name]} ".join(_as_booleans(site, texts)), order)


def emit_not(site: Site) -> Value:
    texts, order, _ = broadcast(site, operands(site, "x"))
    return site.new(f"~{_as_booleans(site, texts)[0]}", order)


def _as_booleans(site: Site, texts: list[str]) -> list[str]:
    dtypes = {str(value): value.dtype for value in site.inputs}
    return [text if dtypes.get(text, "bool") == "bool" else f"({text} != 0)" for text in texts]


_TENSORS = (Argument("x1", "input"), Argument("x2", "other"))
_IDS = ["ids:3", "ids:3"]


def _comparison(name: str, class_name: str, says: str, *tensorflow: str) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(f"torch.{_TORCH[name]}",),
        says=says,
        emit=emit_comparison,
        kind="operation",
        arguments=_TENSORS,
        cases=(
            Case("two-tensors", {}, x=[(2, 3, 5), (2, 3, 5)], draw=_IDS),
            Case("a-number", {}, x=(2, 3, 5), draw="ids:3", call={"$args": [{"$input": 0}, 1]}),
        ),
        stored=stored(class_name, "numpy", *tensorflow),
    )


Equal = _comparison("equal", "Equal", "Where x1 and x2 are equal.", "math.equal")
NotEqual = _comparison("not_equal", "NotEqual", "Where x1 and x2 differ.", "math.not_equal")
Less = _comparison("less", "Less", "Where x1 is below x2.", "math.less")
LessEqual = _comparison("less_equal", "LessEqual", "Where x1 is at most x2.", "math.less_equal")
Greater = _comparison("greater", "Greater", "Where x1 is above x2.", "math.greater")
GreaterEqual = _comparison("greater_equal", "GreaterEqual", "Where x1 is at least x2.", "math.greater_equal")


def _logic(name: str, class_name: str, says: str) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(f"torch.{name}",),
        says=says,
        emit=emit_logic,
        kind="operation",
        arguments=_TENSORS,
        cases=(Case("whole-numbers", {}, x=[(2, 3, 5), (2, 3, 5)], draw=_IDS),),
        stored=stored(class_name, "numpy", f"math.{name}"),
    )


LogicalAnd = _logic("logical_and", "LogicalAnd", "Where x1 and x2 are both true (not zero).")
LogicalOr = _logic("logical_or", "LogicalOr", "Where x1 or x2 is true (not zero).")
LogicalXor = _logic("logical_xor", "LogicalXor", "Where one of x1 and x2 is true (not zero).")
LogicalNot = Entry(
    keras="keras.ops.logical_not",
    torch=("torch.logical_not",),
    says="Where x is false (zero).",
    emit=emit_not,
    kind="operation",
    arguments=(Argument("x", "input"),),
    cases=(Case("whole-numbers", {}, x=(2, 3, 5), draw="ids:3"),),
    stored=stored("LogicalNot", "numpy", "math.logical_not"),
)
