"""`python -m conformance`: what Keras's own tests call, and every case varied, ported and held against Keras.

`make conformance` runs both, which takes an hour or so, and writes docs/conformance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from conformance import variants
from conformance.tables import Row, page, table
from differential.campaign import ROOT, in_parallel, judged
from differential.outcome import FAILURES, Outcome
from differential.recipe import Recipe

PAGE = ROOT / "docs" / "conformance.md"
PARTS = ("tests", "variants")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where nothing failed, 1 where something is wrong, raw or broken."""
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    parser.add_argument("--part", choices=PARTS, help="one of the two alone")
    parser.add_argument("--only", default="", help="those alone whose name, as the table has it, holds this")
    parser.add_argument("--sample", type=int, help="so many of each part, drawn from the seed")
    parser.add_argument("--seed", type=int, default=0, help="which sample")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    given = parser.parse_args(arguments)
    found: dict[str, list[Row]] = {}
    for part in [given.part] if given.part else PARTS:
        rows, recipes = _of_tests(given.only) if part == "tests" else _of_variants(given.only)
        if given.sample is not None:
            chosen = random.Random(given.seed).sample(sorted(recipes), min(given.sample, len(recipes)))
            recipes = {name: recipes[name] for name in chosen}
        found[part] = sorted([*rows, *judged_rows(recipes, given.jobs)])
    if given.json:
        print(json.dumps({part: [asdict(row) for row in rows] for part, rows in found.items()}))
    else:
        print("\n".join(line for part, rows in found.items() for line in table(part, rows)))
    if not given.part and not given.only and given.sample is None:
        PAGE.write_text(page(found), "utf-8")
    return int(any(row.kind in FAILURES for rows in found.values() for row in rows))


def judged_rows(recipes: Mapping[str, Recipe], jobs: int) -> Iterator[Row]:
    """What becomes of recipes by name, as it comes; their random numbers are those of the name."""
    names = {zlib.crc32(name.encode()): name for name in recipes}
    assert len(names) == len(recipes)
    items = [(seed, recipes[name]) for seed, name in names.items()]
    for number, result in enumerate(in_parallel(lambda part: judged(part, [".keras"]), items, jobs), 1):
        if sys.stderr.isatty():
            print(f"\r{number} of {len(items)}", end="", file=sys.stderr, flush=True)
        yield _row(names[result.seed], recipes[names[result.seed]], result.outcome)


def _row(name: str, recipe: Recipe, outcome: Outcome) -> Row:
    symbol = recipe["nodes"][-1]["keras"].removeprefix("keras.")
    return Row(name, symbol, outcome.kind, outcome.doing, outcome.message)


def _of_tests(only: str) -> tuple[list[Row], dict[str, Recipe]]:
    """The calls that Keras's tests make, as recipes by name; and rows of those that are none."""
    file = [only.partition("::")[0]] if "::" in only else []
    rows, recipes = [], {}
    for line in recorded(file):
        if only and only not in line["id"]:
            continue
        if line.get("recipe"):
            recipes[line["id"]] = line["recipe"]
        else:
            kind = "no model" if "layer" in line else "unread"
            rows.append(Row(line["id"], line.get("layer", ""), kind, "", line["because"]))
    return rows, recipes


def recorded(files: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """What Keras's tests call, recorded in a process of its own: they change what they like."""
    with tempfile.TemporaryFile() as said:
        command = [sys.executable, "-m", "conformance.recording", *files]
        environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.DEVNULL)
        said.seek(0)
        yield from map(json.loads, said)
    if done.returncode:
        raise RuntimeError(f"the recording of Keras's tests ended with {done.returncode}")


def _of_variants(only: str) -> tuple[list[Row], dict[str, Recipe]]:
    named = (pair for entry in variants.entries() for pair in variants.variants(entry))
    return [], {name: recipe for name, recipe in named if only in name}


if __name__ == "__main__":
    sys.exit(main())
