"""The figures of the bench from its verdicts, and every miss by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """`of` mutants of which `hits` do; `aim` is the least share, or the most where `most`."""

    what: str
    hits: int
    of: int
    aim: float
    most: bool = False

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else 0.0

    @property
    def met(self) -> bool:
        return self.share <= self.aim if self.most else self.share >= self.aim


def figures(verdicts: Sequence[dict[str, Any]], as_they_are: Sequence[dict[str, Any]]) -> list[Figure]:
    """The figures of the verdicts on mutants and of the checks of the pairs as they are."""
    singles = [verdict for verdict in verdicts if len(verdict["layers"]) == 1]
    doubles = [verdict for verdict in verdicts if len(verdict["layers"]) > 1]
    wrong = sum("wrong" in verdict["causes"] for verdict in verdicts)
    return [
        Figure("first fault at the right layer", sum(v["first"] for v in singles), len(singles), 0.95),
        Figure("cause right", sum(v["cause"] for v in singles), len(singles), 0.85),
        Figure("a wrong cause", wrong, len(verdicts), 0.02, most=True),
        Figure("false alarms", sum(not pair["equal"] for pair in as_they_are), len(as_they_are), 0.0, most=True),
        Figure("both of two faults found", sum(all(v["layers"]) for v in doubles), len(doubles), 0.85),
    ]


def misses(verdicts: Iterable[dict[str, Any]], as_they_are: Iterable[dict[str, Any]]) -> list[str]:
    """A line for everything that counts against a figure."""
    lines = [
        f"false alarm  {pair['name']} ({pair['weights']}): {pair['said']}" for pair in as_they_are if not pair["equal"]
    ]
    for verdict in verdicts:
        found = all(verdict["layers"]) if len(verdict["layers"]) > 1 else verdict["first"]
        if not found:
            what = "layer"
        elif "wrong" in verdict["causes"]:
            what = "wrong cause"
        elif not verdict["cause"] and len(verdict["layers"]) == 1:
            what = "no cause"
        else:
            continue
        lines.append(f"{what:12} {verdict['name']} ({verdict['weights']}): {verdict['said']}")
    return lines


def printed(made: Sequence[Figure], lines: Sequence[str], kinds: int, seconds: float) -> None:
    """Prints the table, then the misses."""
    console = Console(width=110, highlight=False)
    shown = Table("", "", "share", "aim", title=f"{kinds} kinds of mistakes", title_justify="left")
    for figure in made:
        aim = f"{'at most' if figure.most else 'at least'} {figure.aim:.0%}"
        share = f"{figure.share:.1%}" + ("" if figure.met else "  missed")
        shown.add_row(figure.what, f"{figure.hits} of {figure.of}", share, aim)
    for line in lines:
        print(line)
    console.print(shown)
    console.print(f"{seconds:.1f} s a check, in the middle.")


def markdown(made: Sequence[Figure], kinds: int) -> str:
    """The same as a table of a README."""
    rows = [f"| {kinds} kinds of mistakes | | share | aim |", "| --- | --- | --- | --- |"]
    for figure in made:
        aim = f"{'at most' if figure.most else 'at least'} {figure.aim:.0%}"
        rows.append(f"| {figure.what} | {figure.hits} of {figure.of} | {figure.share:.1%} | {aim} |")
    return "\n".join(rows)
