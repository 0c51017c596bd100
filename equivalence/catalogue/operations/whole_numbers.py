"""Bits of whole numbers, shifts, and their common divisors and multiples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import broadcast, is_constant, operands, stored
from equivalence.schema import Argument, Case, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value
    from equivalence.translation.order import Order

_SYMBOLS = {"and": "&", "or": "|", "xor": "^", "left": "<<", "right": ">>"}


def emit_bits(site: Site) -> Value:
    """Python's operator, as people write it."""
    (left, right), order = _operands(site, "x", "y")
    symbol = next(sign for word, sign in _SYMBOLS.items() if word in site.entry.name.split("_"))
    return site.new(f"{left} {symbol} {right}", order)


def emit_invert(site: Site) -> Value:
    _check(site)
    return site.new(f"~{site.x}", site.x.order)


def emit_divisor(site: Site) -> Value:
    """The torch function of the same name; it takes no numbers."""
    texts, order = _operands(site, "x1", "x2")
    return site.new(f"{site.entry.torch[0]}({texts[0]}, {texts[1]})", order)


def _operands(site: Site, *names: str) -> tuple[list[str], Order]:
    given = operands(site, *names)
    dtypes = {value.dtype for value in site.inputs} | {item.dtype for item in given if is_constant(item)}
    _check(site)
    if len(dtypes) > 1:
        site.refuse(f"its operands are {' and '.join(sorted(dtypes))}; cast them to one dtype before")
    texts, order, tensors = broadcast(site, given)
    if not all(tensors) and "shift" not in site.entry.name:
        site.refuse("one of its operands is a number, of which Keras asks for a tensor")
    return texts, order


def _check(site: Site) -> None:
    """Raises Refused for what is no whole number: of booleans and floats Keras has no bits."""
    for value in site.inputs:
        if "int" not in value.dtype:
            site.refuse(f"it is called on {value.dtype}; whole numbers alone have bits and divisors")


_TWO = [(2, 3, 5), (2, 3, 5)]


def _bits(name: str, class_name: str, says: str, torch: str) -> Entry:
    shift = "shift" in name
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(torch,),
        says=says,
        emit=emit_bits,
        kind="operation",
        arguments=(Argument("x", "input"), Argument("y", "other")),
        cases=(
            Case("two-tensors", {}, x=_TWO, draw=["ids:99", "ids:9"]),
            *((Case("a-number", {}, x=(2, 3, 5), draw="ids:99", call={"$args": [{"$input": 0}, 2]}),) if shift else ()),
        ),
        aliases=(f"np.{name}",),
        stored=stored(class_name),
    )


BitwiseAnd = _bits("bitwise_and", "BitwiseAnd", "The bits that both have.", "torch.bitwise_and")
BitwiseOr = _bits("bitwise_or", "BitwiseOr", "The bits that either has.", "torch.bitwise_or")
BitwiseXor = _bits("bitwise_xor", "BitwiseXor", "The bits that one of them has.", "torch.bitwise_xor")
_LEFT, _RIGHT = "The bits of x, moved up by y.", "The bits of x, moved down by y; its sign stays."
BitwiseLeftShift = _bits("bitwise_left_shift", "BitwiseLeftShift", _LEFT, "torch.bitwise_left_shift")
BitwiseRightShift = _bits("bitwise_right_shift", "BitwiseRightShift", _RIGHT, "torch.bitwise_right_shift")
LeftShift = _bits("left_shift", "LeftShift", _LEFT, "torch.bitwise_left_shift")
RightShift = _bits("right_shift", "RightShift", _RIGHT, "torch.bitwise_right_shift")


def _invert(name: str, class_name: str, aliases: tuple[str, ...]) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=("torch.bitwise_not",),
        says="Every bit of x turned over.",
        emit=emit_invert,
        kind="operation",
        arguments=(Argument("x", "input"),),
        cases=(Case("defaults", {}, x=(2, 3, 5), draw="ids:99"),),
        aliases=aliases,
        stored=stored(class_name),
    )


BitwiseInvert = _invert("bitwise_invert", "BitwiseInvert", ("np.invert", "tf.bitwise.invert"))
BitwiseNot = _invert("bitwise_not", "BitwiseNot", ("np.bitwise_not",))


def _divisor(name: str, class_name: str, says: str) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(f"torch.{name}",),
        says=says,
        emit=emit_divisor,
        kind="operation",
        arguments=(Argument("x1", "input"), Argument("x2", "other")),
        cases=(
            Case("two-tensors", {}, x=_TWO, draw="ids:60"),
            Case("broadcast", {}, x=[(2, 3, 5), (2, 1, 5)], draw="ids:60"),
        ),
        aliases=(f"np.{name}",),
        stored=stored(class_name),
    )


Gcd = _divisor("gcd", "Gcd", "The greatest common divisor.")
Lcm = _divisor("lcm", "Lcm", "The least common multiple.")
