"""What became of many models, as a table for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from equivalence.errors import printable

#: The verdicts in the order in which they are counted, with their colours.
_COLOURS = {"equal": "green", "not verified": "yellow", "different": "red", "refused": "red"}

_LONGEST = 160  # letters of a reason; the whole is in the model's report, and in --json


def show(outcomes: Sequence[dict[str, Any]]) -> None:
    """Prints a row for each model (the fields of a line of `port --json`), and how many there are of each verdict."""
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False)
    table.add_column("model", overflow="fold")
    table.add_column("verdict")
    table.add_column("relative", justify="right")
    table.add_column("", overflow="fold")
    for outcome in outcomes:
        apart = "" if outcome["float64"] is None else f"{float(outcome['float64']):.1e}"
        said = printable(outcome["because"], _LONGEST) or ("was there, unchanged" if outcome["left"] else "")
        colour = _COLOURS[outcome["verdict"]]
        table.add_row(Text(printable(outcome["model"])), Text(outcome["verdict"], colour), apart, Text(said))
    console.print(table)
    console.print(Text(counted(outcomes)))


def counted(outcomes: Sequence[dict[str, Any]]) -> str:
    """One sentence: how many there are of each verdict, and how many were left."""
    counts = Counter(outcome["verdict"] for outcome in outcomes)
    parts = [f"{counts[verdict]} {verdict}" for verdict in _COLOURS if counts[verdict]]
    left = sum(outcome["left"] for outcome in outcomes)
    there = f"; {left} of them were there and are unchanged" if left else ""
    return f"{len(outcomes)} model{'s' if len(outcomes) > 1 else ''}: {', '.join(parts)}{there}."
