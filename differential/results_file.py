"""What became of models, a line of JSON each, written as it comes: an interrupted run goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from differential.campaign import Judged
from differential.outcome import FAILURES, Outcome
from differential.recipe import Recipe
from equivalence.proofs.installed import versions

#: Of which the recipe is kept: of the others it is drawn again from the seed.
_KEPT = (*FAILURES, "refused", "unstable")


@dataclass(slots=True)
class Results:
    """The lines of a file: the last of each seed, and the days and versions of all."""

    judged: dict[int, Judged] = field(default_factory=dict)
    mended: set[int] = field(default_factory=set)  # seeds that had failed, and no longer do
    days: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)

    def take(self, line: Mapping[str, Any]) -> None:
        seed, outcome = line["seed"], Outcome(**line["outcome"])
        before = self.judged.get(seed)
        if outcome.kind in FAILURES:
            self.mended.discard(seed)
        elif before is not None and before.outcome.kind in FAILURES:
            self.mended.add(seed)
        self.judged[seed] = Judged(seed, line.get("recipe"), outcome)
        self.days.add(line["date"])
        self.versions.add(line["versions"])

    @property
    def failed(self) -> dict[int, Recipe]:
        """The recipes of what failed, which is judged again: it may have been mended."""
        return {
            seed: each.recipe
            for seed, each in self.judged.items()
            if each.outcome.kind in FAILURES and each.recipe is not None
        }


def read_results(path: Path) -> Results:
    """What a file holds; nothing where there is none. A last line that was cut short is left out."""
    results = Results()
    if path.exists():
        for line in path.read_text("utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                results.take(json.loads(line))
    return results


def add_result(path: Path, result: Judged) -> None:
    """Append a line; one that was cut short before it is ended first."""
    line: dict[str, Any] = {
        "seed": result.seed,
        "outcome": {"kind": result.outcome.kind, "doing": result.outcome.doing, "message": result.outcome.message},
        "date": date.today().isoformat(),
        "versions": ", ".join(f"{name} {number}" for name, number in versions().items()),
    }
    if result.outcome.kind in _KEPT:
        line["recipe"] = result.recipe
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        _drop_what_was_cut(file)
        file.write(json.dumps(line).encode() + b"\n")


def _drop_what_was_cut(file: Any) -> None:
    """Without the beginning of a line behind the last whole one."""
    size = file.seek(0, 2)
    if size:
        file.seek(size - 1)
        if file.read(1) != b"\n":
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
