"""Records as text for a terminal: the first in full, the others a line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from equivalence.render.phrases import counterpart, defects, placement, proved, seen, signature, title


def show(results: Sequence[dict[str, Any]], console: Console | None = None) -> None:
    """Prints what `equivalence.lookup` found; `results` is not empty."""
    console = console or Console(highlight=False)
    console.print(Group(*_full(results[0])))
    if len(results) > 1:
        console.print(Text("\nSee also", style="bold"))
        for other in results[1:]:
            console.print(Padding(Text(title(other)), (0, 0, 0, 2)))


def _full(record: dict[str, Any]) -> Iterable[RenderableType]:
    yield Text(title(record), style="bold")
    yield Text(record["says"])
    yield Text(record["verdict"], style="green" if record["proof"] else "yellow")
    for document in record["read"]:
        yield Text(f"Answered by experiment: {document}")
    if record["call"] is not None:
        yield _section(
            "This call", _rows([(f"{a['name']}={a['given']}", _meant(a), a["note"]) for a in record["call"]])
        )
    elif record["arguments"]:
        rows = [(signature(a), counterpart(a), a["note"]) for a in record["arguments"] if not a["inert"]]
        yield _section("Arguments", _rows(rows))
    if record["weights"]:
        rows = [(w["keras"] or "—", w["torch"], placement(w)) for w in record["weights"]]
        yield _section("Weights", _rows(rows))
    if record["differences"] or record["defects"]:
        differences = [(d["id"], d["says"] + seen(d)) for d in record["differences"]]
        named = [(f"{where}:", says) for where, says in defects(record)]
        yield _section("Differences", _rows([*differences, *named]))
    if record["code"]:
        for side, name in (("keras", "Keras"), ("torch", "PyTorch")):
            yield _section(name, Syntax(record["code"][side].rstrip(), "python", background_color="default"))
    yield _section("Proof", Text("\n".join(proved(record["proof"]))))


def _meant(answer: dict[str, Any]) -> str:
    if answer["torch"] is None:
        return "—"
    return f"{answer['torch']} = {answer['how']}" if answer["how"] else f"{answer['torch']} = {answer['given']}"


def _section(name: str, content: RenderableType) -> RenderableType:
    return Group(Text(f"\n{name}", style="bold"), Padding(content, (0, 0, 0, 2)))


def _rows(rows: Iterable[Sequence[str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
