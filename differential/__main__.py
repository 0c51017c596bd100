"""`python -m differential`: random models, ported and held against Keras; a table of what became of them."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from differential.campaign import ROOT, Judged, campaign, in_parallel, reproduced
from differential.outcome import FAILURES
from differential.random_models_page import page, table
from differential.recipe import Recipe
from differential.results_file import Results, add_result, read_results
from differential.seed_record import read_record, record_text, tallies

#: Where recipes that failed are kept, shrunk; tests/differential judges each again.
FOUND = ROOT / "tests" / "differential" / "found"
PAGE = ROOT / "docs" / "differential.md"
RECORD = PAGE.with_suffix(".json")
#: So that the models of one seed are not those of the next.
STRIDE = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where nothing failed, 1 where something is wrong, raw or broken."""
    parser = argparse.ArgumentParser(prog="python -m differential", description=__doc__)
    parser.add_argument("--models", type=int, default=1000, help="how many models, of all seeds together")
    parser.add_argument("--seed", type=int, nargs="+", default=[0], help="which models: another seed, other ones")
    parser.add_argument("--only", type=int, help="the one model of this number, as the table names it")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument("--keep", action="store_true", help=f"shrink what fails and keep it in {FOUND.name}/")
    parser.add_argument(
        "--resume", type=Path, metavar="FILE",
        help="what was found is kept there as it comes; what is there already is not judged again, unless it failed",
    )  # fmt: skip
    parser.add_argument(
        "--record", action="store_true", help=f"put the seeds that FILE holds into {RECORD.name} and {PAGE.name}"
    )
    given = parser.parse_args(arguments)
    if given.record and given.resume is None:
        parser.error("--record is of a file of results: --resume FILE")
    start = time.monotonic()
    results = read_results(given.resume) if given.resume else Results()
    seeds = [given.only] if given.only is not None else seeds_of(given.seed, given.models)
    again = results.failed
    asked = [seed for seed in seeds if seed not in results.judged or seed in again]
    for number, result in enumerate(in_parallel(partial(campaign, recipes=again), asked, given.jobs), 1):
        results.judged[result.seed] = result
        if given.resume:
            add_result(given.resume, result)
        if sys.stderr.isatty():
            print(f"\r{number} of {len(asked)}", end="", file=sys.stderr, flush=True)
    judged = [results.judged[seed] for seed in seeds]
    failed = [result for result in judged if result.outcome.kind in FAILURES]
    if given.keep:
        for result in failed:
            _keep(result)
    if given.json:
        print(json.dumps([asdict(result) for result in judged]))
    else:
        print("\n".join(table(judged, time.monotonic() - start)))
    if given.record:
        record = read_record(RECORD) | tallies(read_results(given.resume), STRIDE)
        RECORD.write_text(record_text(record), "utf-8")
        PAGE.write_text(page(record), "utf-8")
    return int(bool(failed))


def seeds_of(seeds: Sequence[int], models: int) -> list[int]:
    """The numbers of so many models, of each seed in turn: what is stopped half way has half of each."""
    return [seeds[number % len(seeds)] * STRIDE + number // len(seeds) for number in range(models)]


def _keep(result: Judged) -> None:
    if result.recipe is None:
        return
    smallest: Recipe = reproduced(result)
    text = json.dumps({"seed": result.seed, "was": result.outcome.reason, "recipe": smallest}, indent=1)
    FOUND.mkdir(parents=True, exist_ok=True)
    (FOUND / f"{result.outcome.kind}_{result.seed}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
