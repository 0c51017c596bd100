"""Answers for a terminal: as `plain_text`, in colour, in columns that wrap, both sides beside each other where they
fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from equivalence.render.answer import MOST, fitted, head, sections
from equivalence.render.answer_parts import Head, Row, Section

_STYLES = {"wrong": "red", "right": "green"}
_VERDICTS = {"drop-in": "bold green", "no": "bold red", "not": "yellow"}


def show(results: Sequence[dict[str, Any]], full: bool = False, console: Console | None = None) -> None:
    """Prints what `equivalence.lookup` found; `results` is not empty."""
    console = console or Console(highlight=False)
    first, *others = results
    front = Group(*_head(head(first), console.width))
    made = sections(first, others, full)
    if not full:
        made = fitted(made, lambda section: _height(console, _section(section)), MOST - _height(console, front))
    console.print(Group(front, *map(_section, made)))


def _height(console: Console, part: RenderableType) -> int:
    return len(console.render_lines(part, pad=False))


def _head(shown: Head, width: int) -> Iterator[RenderableType]:
    sides = [("Keras", "\n".join(shown.keras)), ("PyTorch", "\n".join(shown.torch))]
    longest = [max([len(line) for line in code.split("\n")]) for _, code in sides]
    if all(longest) and sum(longest) + 2 <= width:
        table = Table.grid(padding=(0, 2))
        table.add_row(*(Text(name, style="bold") for name, _ in sides))
        table.add_row(*(_source(code) for _, code in sides))
        yield table
    else:
        for name, code in sides:
            if code:
                yield Text(name, style="bold")
                yield Padding(_source(code), (0, 0, 0, 2))
    yield Text(shown.verdict, style=_VERDICTS.get(shown.verdict.split()[0].rstrip(";"), "bold yellow"))
    yield Text("")
    yield from (Text(line) for line in shown.prose)


def _source(code: str) -> Syntax:
    return Syntax(code, "python", background_color="default", word_wrap=True)


def _section(section: Section) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    parts: list[RenderableType] = [Text(f"\n{section.name}" if section.name else "", style="bold")]
    if any(len(row.cells) > 1 for row in section.rows):
        for row in section.rows:
            table.add_row(*map(Text, row.cells))
        return Group(*parts, Padding(table, (0, 0, 0, 2 if section.name else 0)))
    parts += [Padding(part, (0, 0, 0, 2)) for row in section.rows for part in _row(row)]
    return Group(*parts)


def _row(row: Row) -> Iterator[RenderableType]:
    if row.code:
        yield _source(row.cells[0])
        return
    yield Text(row.cells[0], style="bold" if row.below else "")
    label = ""
    for name, line in row.below:
        label = name or label
        table = Table.grid(padding=(0, 2))
        table.add_row(*([Text(name.ljust(5), _STYLES.get(label, "")), Text(line)] if label else [Text(line)]))
        yield Padding(table, (0, 0, 0, 2))
