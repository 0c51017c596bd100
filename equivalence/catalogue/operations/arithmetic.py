"""Arithmetic of two tensors, or of a tensor and a number: what Python's operators on Keras tensors become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.defects import operand_taken_for_a_bias
from equivalence.catalogue.operations.operation_parts import broadcast, is_tensor, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_SYMBOLS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "true_divide": "/", "mod": "%", "power": "**",
}  # fmt: skip


#: What torch does not with booleans, or has no gradient of.
_OF_NUMBERS = ("-", "%", "**")


def emit_operator(site: Site) -> Value:
    """Python's operator, as people write it."""
    given = operands(site, "x1|x", "x2|y")
    if _SYMBOLS[site.entry.name] in _OF_NUMBERS:
        given = as_numbers(site, given)
    (left, right), order, _ = broadcast(site, given)
    return site.new(f"{left} {_SYMBOLS[site.entry.name]} {right}", order)


def as_numbers(site: Site, given: Sequence[Any]) -> list[Any]:
    """Operands without booleans, which become what they meet. Raises Refused where all are booleans."""
    numbers = [item for item in given if not (is_tensor(item) and item.dtype == "bool")]
    if not numbers:
        site.refuse("it is called on booleans, between which torch has no such operation; cast one before")
    if len(numbers) == len(given):
        return list(given)
    other = numbers[0]
    if is_tensor(other):
        dtype = f"{other}.dtype"
    elif isinstance(other, (bool, int, float)):
        dtype = "torch.float32" if isinstance(other, float) else "torch.int32"
    else:
        site.refuse("one of its operands holds booleans, and the other is an array; cast the booleans before")
    return [
        site.new(f"{item}.to({dtype})", item.order) if is_tensor(item) and item.dtype == "bool" else item
        for item in given
    ]


def emit_floor_divide(site: Site) -> Value:
    """The floor of the quotient, which has a gradient (zero); torch's `//` has none, and training would stop."""
    (left, right), order, _ = broadcast(site, operands(site, "x1|x", "x2|y"))
    if any(value.dtype.startswith("float") for value in site.inputs):
        return site.new(f"torch.floor({left} / {right})", order)
    return site.new(f"{left} // {right}", order)


def emit_extremum(site: Site) -> Value:
    """torch.maximum or torch.minimum of two tensors; clamp where one is a number."""
    texts, order, tensors = broadcast(site, operands(site, "x1|x", "x2|y"))
    name = site.entry.name
    if all(tensors):
        return site.new(f"torch.{name}({texts[0]}, {texts[1]})", order)
    tensor, number = (texts[0], texts[1]) if tensors[0] else (texts[1], texts[0])
    return site.new(f"{tensor}.clamp({'min' if name == 'maximum' else 'max'}={number})", order)


_TENSORS = (Argument("x1", "input"), Argument("x2", "other"))
_TWO = [(2, 3, 5), (2, 3, 5)]


def _cases(number: float) -> tuple[Case, ...]:
    return (
        Case("two-tensors", {}, x=_TWO, draw="uniform"),
        Case("broadcast", {}, x=[(2, 3, 5), (2, 1, 5)], draw="uniform"),
        Case("a-number", {}, x=(2, 3, 5), draw="uniform", call={"$args": [{"$input": 0}, number]}),
        Case("number-first", {}, x=(2, 3, 5), draw="uniform", call={"$args": [number, {"$input": 0}]}),
        Case(
            "array-constant",
            {},
            x=(2, 3, 3),
            draw="uniform",
            call={"$args": [{"$input": 0}, {"$array": [[0.5, 1.25, 2.0]], "dtype": "float32"}]},
        ),
    )


def _operator(name: str, class_name: str, says: str, torch: str, *tensorflow: str, number: float = 0.75) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(torch,),
        says=says,
        emit=emit_operator,
        kind="operation",
        arguments=_TENSORS,
        cases=(*_cases(number), Case("booleans", {}, x=[(2, 3, 5), (2, 1, 5)], draw=["uniform", "bool"])),
        stored=stored(class_name, "numpy", *tensorflow),
    )


Add = _operator("add", "Add", "x1 + x2.", "torch.add", "math.add", "__operators__.add")._replace(
    defects=(operand_taken_for_a_bias(),)
)
Subtract = _operator("subtract", "Subtract", "x1 - x2.", "torch.sub", "math.subtract", "__operators__.subtract")
Multiply = _operator("multiply", "Multiply", "x1 * x2.", "torch.mul", "math.multiply", "__operators__.multiply")
Divide = _operator("divide", "Divide", "x1 / x2.", "torch.div", "math.divide")
TrueDivide = _operator(
    "true_divide", "TrueDivide", "x1 / x2.", "torch.true_divide", "math.truediv", "__operators__.truediv"
)
FloorDivide = _operator(
    "floor_divide", "FloorDivide", "The largest whole number below x1 / x2.", "torch.floor_divide"
)._replace(
    emit=emit_floor_divide,
    cases=(*_cases(0.75), Case("whole-numbers", {}, x=(4, 5), draw="ids:9", call={"$args": [{"$input": 0}, 2]})),
)
Mod = Entry(
    keras="keras.ops.mod",
    torch=("torch.remainder",),
    says="The remainder of x1 / x2, with the sign of x2.",
    emit=emit_operator,
    kind="operation",
    arguments=_TENSORS,
    differences=(
        Difference(
            "sign-of-the-remainder",
            "The remainder has the divisor's sign, as Python's %; torch.fmod gives the dividend's.",
            case="negative-divisor",
            swap=(("{x} % -0.75", "torch.fmod({x}, -0.75)"),),
        ),
    ),
    cases=(
        Case("two-tensors", {}, x=_TWO, draw="uniform"),
        Case("negative-divisor", {}, x=(2, 3, 5), draw="normal", call={"$args": [{"$input": 0}, -0.75]}),
    ),
    stored=stored("Mod", "numpy", "math.floormod"),
)
Power = _operator("power", "Power", "x1 to the power of x2.", "torch.pow", "math.pow", number=2.0)


def _extremum(name: str, class_name: str, says: str) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(f"torch.{name}", "torch.clamp"),
        says=says,
        emit=emit_extremum,
        kind="operation",
        arguments=_TENSORS,
        cases=_cases(0.75),
        stored=stored(class_name, "numpy", f"math.{name}"),
    )


Maximum = _extremum("maximum", "Maximum", "The larger of x1 and x2, element by element.")
Minimum = _extremum("minimum", "Minimum", "The smaller of x1 and x2, element by element.")
