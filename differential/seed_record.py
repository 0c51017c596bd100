"""What became of the models of each seed, added up and kept in docs/: thousands take longer than one sitting.

The seeds that a file of results holds take the place of those of the record; the others stay as they are.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from differential.outcome import FAILURES
from differential.results_file import Results


@dataclass(slots=True)
class Tally:
    """The models of one seed."""

    kinds: Counter[str] = field(default_factory=Counter)  # how many became what
    refused: Counter[str] = field(default_factory=Counter)  # how many for which reason
    failed: list[str] = field(default_factory=list)  # what failed, and with which number it is repeated
    mended: int = 0  # how many had failed
    days: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)

    @property
    def models(self) -> int:
        return sum(self.kinds.values())


def tallies(results: Results, stride: int) -> dict[int, Tally]:
    """Those of a file of results; the number of a model's seed is its own divided by `stride`."""
    found: dict[int, Tally] = {}
    for number in sorted(results.judged):
        outcome = results.judged[number].outcome
        tally = found.setdefault(number // stride, Tally(days=sorted(results.days), versions=sorted(results.versions)))
        tally.kinds[outcome.kind] += 1
        tally.mended += number in results.mended
        if outcome.kind == "refused":
            tally.refused[outcome.reason] += 1
        elif outcome.kind in FAILURES:
            tally.failed.append(f"{outcome.kind}, `--only {number}`, {outcome.doing}: {outcome.reason}")
    return found


def added_up(each: Iterable[Tally]) -> Tally:
    """Several seeds as one."""
    whole, days, versions = Tally(), set[str](), set[str]()
    for tally in each:
        whole.kinds += tally.kinds
        whole.refused += tally.refused
        whole.failed += tally.failed
        whole.mended += tally.mended
        days.update(tally.days)
        versions.update(tally.versions)
    whole.days, whole.versions = sorted(days), sorted(versions)
    return whole


def read_record(path: Path) -> dict[int, Tally]:
    """The record of a file; none where there is no file."""
    if not path.exists():
        return {}
    kept = json.loads(path.read_text("utf-8"))
    return {
        int(seed): Tally(**{**held, "kinds": Counter(held["kinds"]), "refused": Counter(held["refused"])})
        for seed, held in kept.items()
    }


def record_text(record: Mapping[int, Tally]) -> str:
    """The record as it is kept."""
    kept = {
        str(seed): {each.name: getattr(record[seed], each.name) for each in fields(Tally)} for seed in sorted(record)
    }
    return json.dumps(kept, indent=1, sort_keys=True) + "\n"
