"""The figures of the bench from its verdicts, and every miss by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.mutation_bench.bench_judging import Verdict, in_short


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
        return not self.of or (self.share <= self.aim if self.most else self.share >= self.aim)

    @property
    def row(self) -> tuple[str, str, str, str]:
        aim = f"at {'most' if self.most else 'least'} {self.aim:.0%}"
        return self.what, f"{self.hits} of {self.of}", f"{self.share:.1%}", aim


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a whole run. `as_they_are`: what was found of the pairs without mistakes, by name and weights."""

    verdicts: Sequence[Verdict]
    as_they_are: Mapping[tuple[str, str], Mapping[str, Any]]
    seconds: float  # of a check, the median

    @property
    def kinds(self) -> int:
        return len({mistake.kind for verdict in self.verdicts for mistake in verdict.mutant.mistakes})

    @property
    def figures(self) -> list[Figure]:
        singles = [verdict for verdict in self.verdicts if len(verdict.layers) == 1]
        doubles = [verdict for verdict in self.verdicts if len(verdict.layers) > 1]
        alarms = [found for found in self.as_they_are.values() if found["equal"] is not True]
        wrong = sum("wrong" in verdict.causes for verdict in self.verdicts)
        return [
            Figure("first fault at the right layer", sum(verdict.first for verdict in singles), len(singles), 0.95),
            Figure("cause right", sum(verdict.cause for verdict in singles), len(singles), 0.85),
            Figure("a wrong cause", wrong, len(self.verdicts), 0.02, most=True),
            Figure("false alarms on pairs as they are", len(alarms), len(self.as_they_are), 0.0, most=True),
            Figure("both of two faults found", sum(all(verdict.layers) for verdict in doubles), len(doubles), 0.85),
        ]

    @property
    def misses(self) -> list[str]:
        """A line for everything that counts against a figure."""
        lines = [
            f"{'false alarm':12} {name} ({weights}): {in_short(found)}"
            for (name, weights), found in self.as_they_are.items()
            if found["equal"] is not True
        ]
        for verdict in self.verdicts:
            if verdict.miss:
                mutant = verdict.mutant
                lines.append(f"{verdict.miss:12} {mutant.name} ({mutant.weights}): {verdict.said}")
        return lines

    def print(self) -> None:
        """The misses, a line each, then the table."""
        for line in self.misses:
            print(line)
        shown = Table("", "", "share", "aim", "", title=f"{self.kinds} kinds of mistakes", title_justify="left")
        for figure in self.figures:
            shown.add_row(*figure.row, "" if figure.met else "missed")
        console = Console(width=110, highlight=False)
        console.print(shown)
        console.print(f"{self.seconds:.1f} s a check, in the middle.")

    def markdown(self) -> str:
        """The table as a README has it."""
        rows = [("", f"{self.kinds} kinds of mistakes", "share", "aim"), ("---",) * 4]
        return "\n".join(f"| {' | '.join(row)} |" for row in (*rows, *(figure.row for figure in self.figures)))

    def to_json(self) -> dict[str, Any]:
        return {
            "kinds": self.kinds,
            "figures": [asdict(figure) for figure in self.figures],
            "misses": self.misses,
            "seconds": self.seconds,
        }
