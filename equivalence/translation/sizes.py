"""A size that emitted code reads off a tensor (`x.shape[1]`), and what is computed of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn


class Size(int):
    """A whole number that stands in emitted text as the expression that it comes from; computing with it keeps that.

    Its value is the one that the stand-ins of emission have.
    """

    base: str
    more: int  # than what `base` says

    def __new__(cls, value: int, base: str, more: int = 0) -> Size:
        made = super().__new__(cls, value)
        made.base, made.more = base, more
        return made

    @property
    def text(self) -> str:
        """The expression."""
        return f"{self.base} {'-' if self.more < 0 else '+'} {abs(self.more)}" if self.more else self.base

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def __neg__(self) -> Size:
        return Size(int.__neg__(self), f"-{_held(self)}")

    def __format__(self, spec: str) -> str:
        return format(self.text, spec)


def _computing(symbol: str, function: Callable[[Any, Any], Any], turned: bool) -> Callable[[Size, Any], Any]:
    def computed(size: Size, other: Any) -> Any:
        if isinstance(other, (list, tuple, str)):
            _fixed(size)
        if not isinstance(other, int) or isinstance(other, bool):
            return NotImplemented
        first, second = (other, size) if turned else (size, other)
        neutral = {"+": 0, "*": 1, "//": 1, "-": 0}.get(symbol)
        if not isinstance(other, Size) and other == neutral and (not turned or symbol in "+*"):
            return size
        if symbol == "*" and other == 0 and not isinstance(other, Size):
            return 0
        if not isinstance(other, Size) and (symbol == "+" or (symbol == "-" and not turned)):
            return Size(function(first, second), size.base, size.more + (other if symbol == "+" else -other))
        return Size(function(first, second), f"{_held(first)} {symbol} {_held(second)}")

    return computed


def _held(number: int) -> str:
    """A number as an operand."""
    if not isinstance(number, Size):
        return str(number) if number >= 0 else f"({number})"
    return f"({number.text})" if " " in number.text or number.text[0] == "-" else number.text


def _fixed(size: Size, *others: Any) -> NoReturn:
    """In place of what would make a plain number of a size: that of the stand-ins, and of nothing else."""
    raise TypeError(f"a size of its input, {size.text}, is taken for a fixed number")


for _symbol, _name, _function in (
    ("+", "add", int.__add__),
    ("-", "sub", int.__sub__),
    ("*", "mul", int.__mul__),
    ("//", "floordiv", int.__floordiv__),
    ("%", "mod", int.__mod__),
):
    setattr(Size, f"__{_name}__", _computing(_symbol, _function, turned=False))
    setattr(Size, f"__r{_name}__", _computing(_symbol, _function, turned=True))
for _name in ("int", "index", "float", "abs", "pos", "invert", "round", "trunc", "floor", "ceil", "complex"):
    setattr(Size, f"__{_name}__", _fixed)
for _name in ("truediv", "pow", "divmod", "lshift", "rshift", "and", "or", "xor"):
    setattr(Size, f"__{_name}__", _fixed)
    setattr(Size, f"__r{_name}__", _fixed)
