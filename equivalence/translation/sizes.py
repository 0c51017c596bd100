"""A size that emitted code reads off a tensor (`x.shape[1]`), and what is computed of it."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any


class Size(int):
    """A whole number that stands in emitted text as the expression that it comes from; computing with it keeps that.

    Its value is the one that the stand-ins of emission have.
    """

    text: str

    def __new__(cls, value: int, text: str) -> Size:
        made = super().__new__(cls, value)
        made.text = text
        return made

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def __neg__(self) -> Size:
        return Size(-int(self), f"-{_held(self)}")

    def __format__(self, spec: str) -> str:
        return format(self.text, spec)


def _computing(symbol: str, function: Callable[[Any, Any], Any], turned: bool) -> Callable[[Size, Any], Any]:
    def computed(size: Size, other: Any) -> Any:
        if not isinstance(other, int) or isinstance(other, bool):
            return NotImplemented
        first, second = (other, size) if turned else (size, other)
        neutral = {"+": 0, "*": 1, "//": 1, "-": 0}.get(symbol)
        if not isinstance(other, Size) and other == neutral and (not turned or symbol in "+*"):
            return size
        if symbol == "*" and int(other) == 0 and not isinstance(other, Size):
            return 0
        return Size(function(int(first), int(second)), f"{_held(first)} {symbol} {_held(second)}")

    return computed


def _held(number: int) -> str:
    """A number as an operand."""
    if not isinstance(number, Size):
        return str(number) if number >= 0 else f"({number})"
    return f"({number.text})" if " " in number.text else number.text


for _symbol, _name, _function in (
    ("+", "add", operator.add),
    ("-", "sub", operator.sub),
    ("*", "mul", operator.mul),
    ("//", "floordiv", operator.floordiv),
    ("%", "mod", operator.mod),
):
    setattr(Size, f"__{_name}__", _computing(_symbol, _function, turned=False))
    setattr(Size, f"__r{_name}__", _computing(_symbol, _function, turned=True))
