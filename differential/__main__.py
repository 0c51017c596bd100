"""`python -m differential`: random models, ported and held against Keras; a table of what became of them."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from differential.campaign import Judged, campaign, in_parallel, reproduced
from differential.outcome import FAILURES, KINDS
from differential.recipe import Recipe

#: Where recipes that failed are kept, shrunk; tests/differential judges each again.
FOUND = Path(__file__).resolve().parent.parent / "tests" / "differential" / "found"
#: So that the models of one seed are not those of the next.
STRIDE = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where nothing failed, 1 where something is wrong, raw or broken."""
    parser = argparse.ArgumentParser(prog="python -m differential", description=__doc__)
    parser.add_argument("--models", type=int, default=1000, help="how many models")
    parser.add_argument("--seed", type=int, default=0, help="which models: another seed, other ones")
    parser.add_argument("--only", type=int, help="the one model of this number, as the table names it")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument("--keep", action="store_true", help=f"shrink what fails and keep it in {FOUND.name}/")
    given = parser.parse_args(arguments)
    first = given.seed * STRIDE
    seeds = [given.only] if given.only is not None else list(range(first, first + given.models))
    judged, start = [], time.monotonic()
    for result in in_parallel(campaign, seeds, given.jobs):
        judged.append(result)
        if sys.stderr.isatty():
            print(f"\r{len(judged)} of {len(seeds)}", end="", file=sys.stderr, flush=True)
    failed = [result for result in judged if result.outcome.kind in FAILURES]
    if given.keep:
        for result in failed:
            _keep(result)
    if given.json:
        print(json.dumps([asdict(result) for result in judged]))
    else:
        print("\n".join(_table(judged, time.monotonic() - start)))
    return int(bool(failed))


def _table(judged: Sequence[Judged], seconds: float) -> Iterator[str]:
    counts = Counter(result.outcome.kind for result in judged)
    tried = len(judged) - counts["invalid"]
    yield f"{len(judged)} models in {seconds:.0f} s; Keras itself cannot make or run {counts['invalid']} of them"
    for kind in KINDS:
        if kind != "invalid":
            yield f"{kind:>9} {counts[kind]:6} {100 * counts[kind] / max(tried, 1):6.2f} %"
    reasons = Counter(result.outcome.reason for result in judged if result.outcome.kind == "refused")
    if reasons:
        yield "refused:"
        yield from (f"{number:6}  {reason}" for reason, number in reasons.most_common())
    for result in sorted(judged, key=lambda result: result.seed):
        if result.outcome.kind in FAILURES:
            yield f"{result.outcome.kind} (--only {result.seed}), {result.outcome.doing}: {result.outcome.message}"


def _keep(result: Judged) -> None:
    if result.recipe is None:
        return
    smallest: Recipe = reproduced(result)
    text = json.dumps({"seed": result.seed, "was": result.outcome.reason, "recipe": smallest}, indent=1)
    FOUND.mkdir(parents=True, exist_ok=True)
    (FOUND / f"{result.outcome.kind}_{result.seed}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
