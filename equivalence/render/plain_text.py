"""Answers as plain text, for a pipe, a file or a page: nothing is wrapped, cropped or padded at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from equivalence.render.answer import MOST, fitted, head, sections
from equivalence.render.answer_parts import Head, Row, Section

_GAP = "  "


def text(results: Sequence[dict[str, Any]], full: bool = False) -> str:
    """The first result in full or in a page's length, the others a line each; ends with a newline."""
    first, *others = results
    lines = head_lines(head(first))
    made = sections(first, others, full)
    if not full:
        made = fitted(made, lambda section: len(section_lines(section)), MOST - len(lines))
    for section in made:
        lines += section_lines(section)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def head_lines(shown: Head) -> list[str]:
    """The code of both sides below each other, the verdict and the sentences."""
    lines = []
    for name, code in (("Keras  ", shown.keras), ("PyTorch", shown.torch)):
        for place, line in enumerate(code):
            lines.append(f"{'       ' if place else name}{_GAP}{line}")
    return [*lines, shown.verdict, "", *shown.prose]


def section_lines(section: Section) -> list[str]:
    """A section with an empty line before it."""
    widths = _widths(section.rows)
    lines = ["", section.name] if section.name else [""]
    for row in section.rows:
        lines += [f"{_GAP if section.name else ''}{line}" for line in _row_lines(row, widths)]
    return lines


def _row_lines(row: Row, widths: Sequence[int]) -> Iterator[str]:
    if row.code:
        yield from row.cells[0].split("\n")
        return
    cells = [cell.ljust(width) for cell, width in zip(row.cells[:-1], widths, strict=False)]
    yield _GAP.join([*cells, row.cells[-1]]).rstrip()
    labels = max((len(label) for label, _ in row.below), default=0)
    code = False
    for label, line in row.below:
        code |= bool(label)
        yield f"{_GAP}{label.ljust(labels)}{_GAP}{line}" if code else f"{_GAP}{line}"


def _widths(rows: Sequence[Row]) -> list[int]:
    """The width of each column but the last."""
    cells = [row.cells for row in rows if len(row.cells) > 1]
    return [max(len(row[place]) for row in cells) for place in range(len(cells[0]) - 1)] if cells else []
