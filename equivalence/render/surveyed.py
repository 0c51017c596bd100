"""What a dry run found, as text for a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from equivalence.errors import printable

_COLOURS = {"exact": "green", "composed": "green", "traced": "green", "approximate": "yellow", "unsupported": "red"}


def show(survey: dict[str, Any]) -> None:
    """Prints a survey (the JSON of `port --dry-run`): a line for each layer, then what is missing."""
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False)
    for name in ("layer", "class", "translation"):
        table.add_column(name)
    for row in survey["layers"]:
        style = _COLOURS.get(row["standing"], "dim")
        standing = row["standing"]
        if standing == "traced" and row["because"]:
            standing = f"traced ({row['because']})"
        table.add_row(*(Text(printable(cell, 60), style) for cell in (row["path"], row["cls"], standing)))
    console.print(table)
    for row in survey["layers"]:
        if row["standing"] == "unsupported":
            console.print(Text(printable(row["because"]), "red"), soft_wrap=True)
    console.print(Text(_verdict(survey), "bold green" if survey["portable"] else "bold red"))


def _verdict(survey: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {standing}" for standing, count in survey["counts"].items())
    return f"{'Can' if survey['portable'] else 'Cannot'} be ported: {len(survey['layers'])} layers ({counts})."
