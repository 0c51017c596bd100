"""Functions of two tensors of floats: angles, lengths, logarithms of sums, remainders, what is close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import (
    broadcast,
    is_constant,
    is_tensor,
    only_floats,
    operands,
    stored,
)
from equivalence.schema import Argument, Case, Defect, Entry
from equivalence.translation.order import KERAS, Order
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_pair(site: Site) -> Value:
    """The torch function of the same meaning."""
    only_floats(site)
    left, right, order = _tensors(site, operands(site, "x1", "x2"))
    return site.new(f"{site.entry.torch[0]}({left}, {right})", order)


def emit_fmod(site: Site) -> Value:
    """torch.fmod, which takes numbers and whole numbers too; the sign is that of the dividend."""
    given = operands(site, "x1", "x2")
    if not is_tensor(given[0]):
        site.refuse("its dividend is no tensor")
    if any(value.dtype == "bool" or value.dtype.startswith("uint") for value in site.inputs):
        site.refuse("it is called on booleans or unsigned numbers, of which Keras makes other numbers first")
    _check_arrays(site, given)
    (left, right), order, _ = broadcast(site, given)
    return site.new(f"torch.fmod({left}, {right})", order)


def emit_heaviside(site: Site) -> Value:
    """0, 1, or x2 where x1 is zero; torch.heaviside has no gradient, and where x1 is NaN it gives 0."""
    only_floats(site)
    left, right, order = _tensors(site, operands(site, "x1", "x2"))
    return site.new(f"torch.where({left} < 0, 0, torch.where({left} > 0, 1, {right}))", order)


def emit_ldexp(site: Site) -> Value:
    """torch.ldexp; a zero (or an infinity) stays, whatever it is multiplied by."""
    given = operands(site, "x1", "x2")
    if not all(map(is_tensor, given)) or "int" not in given[1].dtype or "int64" in (given[0].dtype, given[1].dtype):
        site.refuse("its operands are not a tensor of floats and one of whole numbers (int64 apart)")
    (left, right), order, _ = broadcast(site, given)
    if not given[0].dtype.startswith("float"):
        left = f"{left}.to(torch.float32)"
    kept = f"({left} == 0) | torch.isinf({left})"
    return site.new(f"torch.where({kept}, {left}, torch.ldexp({left}, {right}))", order)


def emit_divide_no_nan(site: Site) -> Value:
    """The quotient, and zero where the divisor is zero; without the inner `where`, gradients there would be NaN."""
    only_floats(site)
    given = operands(site, "x1", "x2")
    if isinstance(given[1], (int, float)) and given[1]:
        return site.new(f"{given[0]} / {literal(given[1])}", given[0].order)
    left, right, order = _tensors(site, given)
    zero = site.new(f"{right} == 0", order, "zero")
    return site.new(f"torch.where({zero}, 0, {left} / torch.where({zero}, 1, {right}))", order)


def emit_close(site: Site) -> Value:
    """torch.isclose; whole numbers are close where they are equal."""
    given = operands(site, "x1", "x2", "rtol", "atol") if site.entry.name == "isclose" else operands(site, "x1", "x2")
    tolerances = {name: _tolerance(site, name, given[2:]) for name in ("rtol", "atol")}
    equal_nan = site.config.flag("equal_nan")
    whole = [not value.dtype.startswith("float") for value in site.inputs]
    if any(whole) and not (all(whole) and len(whole) == 2):
        site.refuse("it is called on whole numbers and floats together")
    left, right, order = _tensors(site, given[:2])
    text = call(
        "torch.isclose", left, right, **tolerances, equal_nan=equal_nan,
        omit={"rtol": 1e-5, "atol": 1e-8, "equal_nan": False},
    )  # fmt: skip
    if all(whole):
        text = f"({left} == {right})"
    return site.new(text, order) if site.entry.name == "isclose" else site.new(f"{text}.all()", KERAS)


def _tolerance(site: Site, name: str, given: list[Any]) -> float:
    """`rtol` or `atol`: arguments of the call for isclose, of the configuration for allclose."""
    if not given:
        return site.config.number(name)
    value = given[0 if name == "rtol" else 1]
    if value is None:
        return site.config.number(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        site.refuse(f"its {name} is {value!r:.60}, not a number")
    return float(value)


def _tensors(site: Site, given: list[Any]) -> tuple[str, str, Order]:
    """Two operands and their order; a number becomes a tensor, as torch's functions of two tensors take no numbers."""
    _check_arrays(site, given)
    texts, order, tensors = broadcast(site, given)
    like = texts[tensors.index(True)]
    left, right = (
        text if is_one else f"{like}.new_tensor({text})" for text, is_one in zip(texts, tensors, strict=True)
    )
    return left, right, order


def _check_arrays(site: Site, given: list[Any]) -> None:
    for item in given:
        if is_constant(item) and isinstance(item.value, list) and not item.dtype.startswith("float"):
            site.refuse(f"one of its operands is an array of {item.dtype}; floats alone are translated")


_TENSORS = (Argument("x1", "input"), Argument("x2", "other"))
_TWO, _BROADCAST = [(2, 3, 5), (2, 3, 5)], [(2, 3, 5), (2, 1, 5)]
_ARRAY = {"$args": [{"$input": 0}, {"$array": [[0.5, 1.25, 2.0]], "dtype": "float32"}]}


def _pair(
    name: str,
    class_name: str,
    says: str,
    torch: str,
    *,
    draw: Any = "normal",
    numbers: bool = True,
    aliases: tuple[str, ...] = (),
    oracle: str = "tensorflow",
    because: str = "",
) -> Entry:
    number = Case("a-number", {}, x=(2, 3, 5), call={"$args": [{"$input": 0}, 0.75]})
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(torch,),
        says=says,
        emit=emit_pair,
        kind="operation",
        arguments=_TENSORS,
        cases=tuple(
            case._replace(oracle=oracle, because=because)
            for case in (
                Case("two-tensors", {}, x=_TWO, draw=draw),
                Case("broadcast", {}, x=_BROADCAST, draw=draw),
                *((number,) if numbers else ()),
                Case("array-constant", {}, x=(2, 3, 3), call=_ARRAY),
            )
        ),
        aliases=(f"np.{name}", *aliases),
        stored=stored(class_name),
    )


Arctan2 = _pair(
    "arctan2", "Arctan2", "The angle of the point (x2, x1).", "torch.atan2",
    aliases=("tf.math.atan2", "torch.arctan2"),
)  # fmt: skip
Hypot = _pair("hypot", "Hypot", "sqrt(x1² + x2²), without overflow.", "torch.hypot", numbers=False)
Logaddexp = _pair("logaddexp", "Logaddexp", "log(exp(x1) + exp(x2)), without overflow.", "torch.logaddexp")
Logaddexp2 = _pair(
    "logaddexp2", "Logaddexp2", "log2(2 ** x1 + 2 ** x2), without overflow.", "torch.logaddexp2",
    oracle="torch", because="Keras on TensorFlow rounds the logarithm of 2 in it to float32",
)  # fmt: skip
Fmax = _pair(
    "fmax", "Fmax", "The larger of x1 and x2; of a number and a NaN, the number.", "torch.fmax", draw=["gaps", "normal"]
)
Fmin = _pair(
    "fmin", "Fmin", "The smaller of x1 and x2; of a number and a NaN, the number.", "torch.fmin",
    draw=["normal", "gaps"],
)  # fmt: skip
Fmod = _pair(
    "fmod", "Fmod", "The remainder of x1 / x2, with the sign of x1.", "torch.fmod", draw="wide"
)._replace(emit=emit_fmod)  # fmt: skip
Fmod = Fmod._replace(
    cases=(*Fmod.cases, Case("whole-numbers", {}, x=(4, 5), draw="ids:9", call={"$args": [{"$input": 0}, 2]})),
    aliases=("np.fmod", "tf.truncatemod"),
)
Heaviside = Entry(
    keras="keras.ops.heaviside",
    torch=("torch.where",),
    says="0 where x1 is below zero, 1 where it is above, x2 where it is zero.",
    emit=emit_heaviside,
    kind="operation",
    arguments=_TENSORS,
    cases=(
        Case("two-tensors", {}, x=_TWO),
        Case("zeros", {}, x=_TWO, draw=["one-hot", "normal"]),
        Case("broadcast", {}, x=_BROADCAST, draw=["one-hot", "normal"]),
    ),
    aliases=("np.heaviside", "torch.heaviside"),
    stored=stored("Heaviside"),
)
Ldexp = Entry(
    keras="keras.ops.ldexp",
    torch=("torch.ldexp",),
    says="x1 times 2 to the power of x2, which is a whole number.",
    emit=emit_ldexp,
    kind="operation",
    arguments=_TENSORS,
    cases=(
        Case("two-tensors", {}, x=_TWO, draw=["normal", "ids:5"]),
        Case("zeros", {}, x=_TWO, draw=["one-hot", "ids:5"]),
        Case("broadcast", {}, x=_BROADCAST, draw=["normal", "ids:5"]),
        Case("whole-numbers", {}, x=_TWO, draw=["ids:5", "ids:5"]),
    ),
    aliases=("np.ldexp",),
    stored=stored("Ldexp"),
)
DivideNoNan = Entry(
    keras="keras.ops.divide_no_nan",
    torch=("torch.where",),
    says="x1 / x2, and 0 where x2 is zero.",
    emit=emit_divide_no_nan,
    kind="operation",
    arguments=_TENSORS,
    cases=(
        Case("zeros", {}, x=_TWO, draw=["normal", "one-hot"]),
        Case("broadcast", {}, x=_BROADCAST, draw=["normal", "one-hot"]),
        Case("a-number", {}, x=(2, 3, 5), call={"$args": [{"$input": 0}, 0.75]}),
        Case("number-first", {}, x=(2, 3, 5), draw="one-hot", call={"$args": [0.75, {"$input": 0}]}),
    ),
    aliases=("tf.math.divide_no_nan", "np.divide where"),
    stored=stored("DivideNoNan", "numpy", "math.divide_no_nan"),
)
_CLOSE = (
    *_TENSORS, Argument("rtol", "rtol", 1e-5), Argument("atol", "atol", 1e-8), Argument("equal_nan", "equal_nan", False)
)  # fmt: skip
_CLOSE_CASES = (
    Case("two-tensors", {}, x=_TWO),
    Case("tolerant", {"rtol": 0.5, "atol": 0.25}, x=_TWO),
    Case("very-tolerant", {"rtol": 9.0, "atol": 9.0}, x=_TWO),
    Case("broadcast", {"rtol": 0.5}, x=_BROADCAST),
    Case("nan", {"equal_nan": True, "atol": 2.0}, x=_TWO, draw="gaps"),
    Case("whole-numbers", {}, x=_TWO, draw="ids:2"),
)
Isclose = Entry(
    keras="keras.ops.isclose",
    torch=("torch.isclose",),
    says="Where |x1 - x2| is at most atol + rtol |x2|.",
    emit=emit_close,
    kind="operation",
    arguments=_CLOSE,
    defects=(
        Defect(
            "infinite",
            "takes any number for close to an infinity, and an infinity for none to itself.",
            Case(
                "infinite",
                {"atol": 9.0},
                x=(2, 3),
                call={"x2": {"$array": [float("inf"), 0.0, 1.0], "dtype": "float32"}},
                oracle="torch",
                because="Keras on TensorFlow is what is off",
            ),
        ),
    ),
    cases=_CLOSE_CASES,
    aliases=("np.isclose",),
    stored=stored("Isclose"),
)
Allclose = Entry(
    keras="keras.ops.allclose",
    torch=("torch.isclose",),
    says="Whether |x1 - x2| is at most atol + rtol |x2| everywhere: a tensor of one boolean.",
    emit=emit_close,
    kind="operation",
    arguments=_CLOSE,
    cases=_CLOSE_CASES,
    aliases=("np.allclose", "torch.allclose"),
    stored=stored("AllClose"),
)
