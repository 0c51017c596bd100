"""`make fuzz`'s second part: atheris on every format, and what came of it in docs/hostile.json.

    python -m guided_runs --seed 1 --runs 25000 --record

Each format has a process of its own, which says what it does as it goes. Exit 1 where one found something; the mutant
then lies in this folder, where atheris has written it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from hostile_figures import add_run

NAMES = ("hdf5", "json", "zip", "keras-2")  # of guided.FORMATS, which only atheris can import
_COVERED = re.compile(r"\bcov: (\d+)")
_DONE = re.compile(r"^Done (\d+) runs")


def figures(lines: Iterable[str]) -> dict[str, int]:
    """What atheris tells: `mutants` read (0: it did not come to its end), and `branches` covered by those it began with
    and `reached` in all."""
    covered: list[int] = []
    mutants = 0
    for line in lines:
        covered += map(int, _COVERED.findall(line))
        if done := _DONE.match(line):
            mutants = int(done[1])
    return {"mutants": mutants, "branches": covered[0] if covered else 0, "reached": max(covered, default=0)}


def guided(name: str, seed: int, runs: int) -> dict[str, Any]:
    """One format's run: its figures, `seconds` in all, `faults` 1 where a mutant ended it."""
    began = time.monotonic()
    command = [sys.executable, "-m", "guided", name, f"-seed={seed}", f"-runs={runs}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as process:
        assert process.stderr
        found = figures(_shown(process.stderr))
    took = round(time.monotonic() - began)
    return {
        "kind": f"by coverage, {name}",
        "seed": seed,
        **found,
        "faults": int(bool(process.returncode)),
        "took": took,
    }


def _shown(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        print(line, end="", file=sys.stderr)
        yield line


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="what the mutants are drawn from (default: 1)")
    parser.add_argument("--runs", type=int, default=25_000, help="mutants of each format (default: 25,000)")
    parser.add_argument("--record", action="store_true", help="add the figures to docs/hostile.json")
    given = parser.parse_args()
    found = [guided(name, given.seed, given.runs) for name in NAMES]
    for run in found:
        print(run)
        if given.record and run["mutants"]:
            add_run(run)
    return int(any(run["faults"] for run in found))


if __name__ == "__main__":
    sys.exit(main())
