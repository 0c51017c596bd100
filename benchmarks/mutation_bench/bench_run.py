"""Checks every pair of the bench as it is and with the mistakes made in it, and prints how often the check was right.

    python -m benchmarks.mutation_bench [--only REGEX] [--resume] [--json FILE] [--markdown] [--doubles N] [--seed N]

What each check found is a line of build/benchmarks/mutation_bench/results.jsonl as it comes; with --resume, checks
that are there are not made again, and judged anew.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.mutation_bench.all_written_pairs import NAMES, written_pair
from benchmarks.mutation_bench.bench_judging import judged
from benchmarks.mutation_bench.bench_mutants import Mutant, chosen, double, single
from benchmarks.mutation_bench.bench_table import Outcome
from benchmarks.mutation_bench.injected_mistakes import SOURCES, mistaken, unloaded
from benchmarks.mutation_bench.written_pair import WrittenPair

RESULTS = SOURCES / "results.jsonl"


class Held:
    """A pair with its Keras model and the verified port of that, both made when they are first asked for."""

    def __init__(self, pair: WrittenPair) -> None:
        self.pair = pair

    @cached_property
    def model(self) -> Any:
        return self.pair.keras_model()

    @cached_property
    def ported(self) -> Any:
        from equivalence import port

        return port(self.model)

    def check(self, mutant: Mutant, seed: int) -> dict[str, Any]:
        """What a check finds of a mutant (without mistakes: of the pair), or the error that it raises."""
        from equivalence.checking import check

        made = mistaken if mutant.weights == "given" else unloaded
        module, ported = made(self.pair, self.model, mutant.mistakes), self.ported
        found: dict[str, Any] = {"equal": None, "because": "", "faults": [], "error": ""}
        start = time.perf_counter()
        try:
            whole = check(
                ported, module, self.pair.drawn(), weights=mutant.weights, train=mutant.train, seed=seed
            ).to_json()
        except Exception as error:  # a check that dies is a miss, and the others go on
            found["error"] = f"{type(error).__name__}: {error}"[:300]
        else:
            found |= {name: whole[name] for name in ("equal", "because")}
            wanted = ("keras", "cause", "difference", "seen_in")
            found["faults"] = [{name: fault[name] for name in wanted} for fault in whole["faults"]]
        return {"name": mutant.name, "weights": mutant.weights, **found, "seconds": time.perf_counter() - start}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the bench; 0 where all aims are met."""
    options = _options(arguments)
    SOURCES.mkdir(parents=True, exist_ok=True)
    if not (options.resume and RESULTS.exists()):
        RESULTS.write_text("")
    known = {_key(result): result for result in map(json.loads, RESULTS.read_text("utf-8").splitlines())}
    mutants = chosen([*single(), *double(options.doubles, options.seed)], options.only)
    outcome = _outcome(mutants, known, options.seed)
    outcome.print()
    if options.markdown:
        print(outcome.markdown())
    if options.json:
        options.json.write_text(json.dumps(outcome.to_json(), indent=1) + "\n")
    return 0 if all(figure.met for figure in outcome.figures) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.mutation_bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", default="", metavar="REGEX", help="mutants whose name it finds, and their pairs")
    parser.add_argument("--resume", action="store_true", help="keep what an earlier run has found")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and misses there")
    parser.add_argument("--markdown", action="store_true", help="print the table as the README has it")
    parser.add_argument("--doubles", type=int, default=90, metavar="N", help="how many mutants of two mistakes")
    parser.add_argument("--seed", type=int, default=0, help="of those, and of the check")
    return parser.parse_args(arguments)


def _outcome(mutants: Sequence[Mutant], known: dict[str, dict[str, Any]], seed: int) -> Outcome:
    verdicts, as_they_are, seconds = [], {}, []
    pairs = {mutant.pair for mutant in mutants}
    total = len(mutants) + sum(len(_bare(name)) for name in pairs)
    for mutant, found in _found(mutants, pairs, known, seed):
        if mutant.mistakes:
            verdict = judged(mutant, found)
            verdicts.append(verdict)
            said = verdict.miss
        else:
            as_they_are[found["name"], found["weights"]] = found
            said = "" if found["equal"] is True else "false alarm"
        seconds.append(found["seconds"])
        line = f"[{len(seconds)}/{total}] {_key(found)} {found['seconds']:.1f} s {said}"
        print(line, file=sys.stderr, flush=True)
    return Outcome(verdicts, as_they_are, statistics.median(seconds) if seconds else 0.0)


def _bare(name: str) -> list[Mutant]:
    """The pair as it is, with either weights; in training as well where it trains as Keras does."""
    ways = [Mutant((), weights, name) for weights in ("given", "transfer")]
    return [*ways, Mutant((), "given", name, training=True)] if written_pair(name).trains else ways


def _found(
    mutants: Sequence[Mutant], pairs: set[str], known: dict[str, dict[str, Any]], seed: int
) -> Iterator[tuple[Mutant, dict[str, Any]]]:
    """What is found of the mutants, pair by pair: each Keras model is made once."""
    for name in NAMES:
        if name not in pairs:
            continue
        held = Held(written_pair(name))
        for mutant in (*_bare(name), *(mutant for mutant in mutants if mutant.pair == name)):
            found = known.get(f"{mutant.name}:{mutant.weights}")
            if found is None:
                found = held.check(mutant, seed)
                with RESULTS.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(found) + "\n")
            yield mutant, found


def _key(found: dict[str, Any]) -> str:
    return f"{found['name']}:{found['weights']}"
