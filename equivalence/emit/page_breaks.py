"""Text with places where it may be broken, and as many of them broken as its width asks for.

After Wadler's "A prettier printer", as formatters of code have it: a group stands on one line if it fits
there, and else every break of its own becomes a new line; groups inside it are asked for themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_STEP = 4  # columns of an indentation


@dataclass(frozen=True, slots=True)
class Break:
    """A place for a new line; `flat` is what stands there on one line."""

    flat: str = ""


@dataclass(frozen=True, slots=True)
class IfBroken:
    """Text that stands only where its group is broken: the comma behind a last argument."""

    text: str


@dataclass(frozen=True, slots=True)
class Indent:
    """Parts whose new lines begin further in."""

    parts: Parts


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that stand on one line together or are all broken.

    `inside` says of brackets that lines may be broken in them while what is around them counts as one line
    (ruff: `fits_expanded`).
    """

    parts: Parts
    inside: bool = False


Part = str | Break | IfBroken | Indent | Group
Parts = Sequence[Part]

_FLAT, _BROKEN, _OPEN = "flat", "broken", "open"  # open: broken, and every line of it has to fit

_Command = tuple[int, str, Part]


def printed(parts: Parts, column: int, indentation: int, width: int, flat: bool = False) -> str:
    """The parts as text that begins at `column` of a line with so much indentation, broken to fit `width`.

    `flat`: only what is in brackets is.
    """
    pending: list[_Command] = [(indentation, _FLAT if flat else _BROKEN, part) for part in reversed(parts)]
    made: list[str] = []
    while pending:
        indent, mode, part = pending.pop()
        match part:
            case str():
                made.append(part)
                column += len(part)
            case Break():
                if mode == _FLAT:
                    made.append(part.flat)
                    column += len(part.flat)
                else:
                    made.append("\n" + " " * indent)
                    column = indent
            case IfBroken():
                if mode != _FLAT:
                    made.append(part.text)
                    column += len(part.text)
            case Indent():
                pending += [(indent + _STEP, mode, inner) for inner in reversed(part.parts)]
            case Group():
                mode = _FLAT if mode == _FLAT and not part.inside else _BROKEN
                inner: list[_Command] = [(indent, _FLAT, each) for each in reversed(part.parts)]
                if mode == _BROKEN and not _fit(inner, pending, column, width):
                    inner = [(indent, _BROKEN, each) for each in reversed(part.parts)]
                pending += inner
    return "".join(made)


def fits(parts: Parts, column: int, indentation: int, width: int) -> bool:
    """Whether the parts fit on one line but for what stands in brackets: each line of that has to fit, all broken."""
    return _fit([(indentation, _FLAT, part) for part in reversed(parts)], [], column, width)


def _fit(first: list[_Command], rest: Sequence[_Command], column: int, width: int) -> bool:
    """Whether `first`, and what of `rest` comes before the next new line, fit in what is left of a line."""
    pending, left = list(first), len(rest)
    while pending or left:
        if not pending:
            left -= 1
            pending.append(rest[left])
        indent, mode, part = pending.pop()
        match part:
            case str():
                column += len(part)
            case Break():
                if mode == _BROKEN:
                    return True
                column = indent if mode == _OPEN else column + len(part.flat)
            case IfBroken():
                column += len(part.text) if mode != _FLAT else 0
            case Indent():
                pending += [(indent + _STEP, mode, inner) for inner in reversed(part.parts)]
            case Group():
                mode = _OPEN if mode == _OPEN or (part.inside and mode == _FLAT) else mode
                pending += [(indent, mode, inner) for inner in reversed(part.parts)]
        if column > width:
            return False
    return True
