"""Checks every pair of the bench as it is and with the mistakes made in it, and prints how often the check was right.

    python -m benchmarks.mutation_bench [--only REGEX] [--resume] [--json FILE] [--doubles N] [--seed N] [--markdown]

Each result is a line of build/benchmarks/mutation_bench/results.jsonl as it comes; with --resume those that are there
are not run again.
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

from benchmarks.mutation_bench import bench_table
from benchmarks.mutation_bench.all_written_pairs import NAMES, written_pair
from benchmarks.mutation_bench.bench_judging import failed, judged
from benchmarks.mutation_bench.bench_mutants import Mutant, chosen, double, single
from benchmarks.mutation_bench.injected_mistakes import SOURCES, mistaken, unloaded
from benchmarks.mutation_bench.written_pair import WrittenPair

RESULTS = SOURCES / "results.jsonl"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the bench; 0 where all aims are met."""
    options = _options(arguments)
    done = _read(RESULTS) if options.resume else {}
    SOURCES.mkdir(parents=True, exist_ok=True)
    if not options.resume:
        RESULTS.write_text("")
    mutants = chosen([*single(), *double(options.doubles, options.seed)], options.only)
    bare = [name for name in NAMES if not options.only or any(mutant.pair == name for mutant in mutants)]
    wanted: dict[str, dict[str, Any]] = {}
    total = 2 * len(bare) + len(mutants)
    for result in _run(bare, mutants, done, options.seed):
        wanted[_key(result)] = result
        if _key(result) not in done:
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(result) + "\n")
        _progress(result, len(wanted), total)
    return _report(list(wanted.values()), options)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation_bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", default="", metavar="REGEX", help="mutants whose name it finds, and their pairs")
    parser.add_argument("--resume", action="store_true", help="keep what an earlier run has found")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results and figures there")
    parser.add_argument("--doubles", type=int, default=90, metavar="N", help="how many mutants of two mistakes")
    parser.add_argument("--seed", type=int, default=0, help="of those, and of the check")
    parser.add_argument("--markdown", action="store_true", help="print the table as the README has it")
    return parser.parse_args(arguments)


def _run(
    bare: Sequence[str], mutants: Sequence[Mutant], done: dict[str, dict[str, Any]], seed: int
) -> Iterator[dict[str, Any]]:
    """The results pair by pair, each Keras model made once."""
    for name in NAMES:
        held = Held(written_pair(name))
        for weights in ("given", "transfer") if name in bare else ():
            known = done.get(f"{name}:{weights}")
            if known is None:
                known = _as_it_is(held, weights, seed)
            yield known
        for mutant in mutants:
            if mutant.pair != name:
                continue
            known = done.get(f"{mutant.name}:{mutant.weights}")
            if known is None:
                known = _mutated(held, mutant, seed)
            yield known


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


def _as_it_is(held: Held, weights: str, seed: int) -> dict[str, Any]:
    """Whether the check finds the pair equal; one that says how it trains, in training as well."""
    pair, model = held.pair, held.model
    module = pair.torch_module(model) if weights == "given" else unloaded(pair, model, ())
    _ = held.ported
    start = time.perf_counter()
    try:
        found = _checked(held, module, weights, pair.trains and weights == "given", seed)
        said = "" if found["equal"] else found["because"] or "; ".join(f["keras"] for f in found["faults"])
        equal = found["equal"] is True
    except Exception as error:
        equal, said = False, f"raised {type(error).__name__}: {error}"
    seconds = time.perf_counter() - start
    return {"name": pair.name, "weights": weights, "equal": equal, "said": said, "seconds": seconds}


def _mutated(held: Held, mutant: Mutant, seed: int) -> dict[str, Any]:
    made = mistaken if mutant.weights == "given" else unloaded
    module = made(held.pair, held.model, mutant.mistakes)
    _ = held.ported
    start = time.perf_counter()
    try:
        found = _checked(held, module, mutant.weights, mutant.train, seed)
    except Exception as error:
        return failed(mutant, error, time.perf_counter() - start).to_json()
    return judged(mutant, found, time.perf_counter() - start).to_json()


def _checked(held: Held, module: Any, weights: str, train: bool, seed: int) -> dict[str, Any]:
    from equivalence.checking import check

    found: dict[str, Any] = check(
        held.ported, module, held.pair.drawn(), weights=weights, train=train, seed=seed
    ).to_json()
    return found


def _report(results: Sequence[dict[str, Any]], options: argparse.Namespace) -> int:
    verdicts = [result for result in results if "causes" in result]
    as_they_are = [result for result in results if "causes" not in result]
    made = bench_table.figures(verdicts, as_they_are)
    kinds = len({name.partition("/")[2].partition("@")[0] for name in (verdict["name"] for verdict in verdicts)})
    lines = bench_table.misses(verdicts, as_they_are)
    seconds = statistics.median(result["seconds"] for result in results) if results else 0.0
    bench_table.printed(made, lines, kinds, seconds)
    if options.markdown:
        print(bench_table.markdown(made, kinds))
    if options.json:
        whole = {"figures": [{"what": f.what, "hits": f.hits, "of": f.of, "aim": f.aim} for f in made]}
        options.json.write_text(json.dumps({**whole, "misses": lines, "results": list(results)}, indent=1) + "\n")
    return 0 if all(figure.met for figure in made if figure.of) else 1


def _read(path: Path) -> dict[str, dict[str, Any]]:
    if not path.exists():
        return {}
    results = map(json.loads, path.read_text("utf-8").splitlines())
    return {_key(result): result for result in results}


def _key(result: dict[str, Any]) -> str:
    return f"{result['name']}:{result['weights']}"


def _progress(result: dict[str, Any], done: int, total: int) -> None:
    if "causes" in result:
        good = (
            all(result["layers"]) and (result["cause"] or len(result["layers"]) > 1) and "wrong" not in result["causes"]
        )
    else:
        good = result["equal"]
    print(
        f"[{done}/{total}] {'ok  ' if good else 'MISS'} {_key(result)} {result['seconds']:.1f}s",
        file=sys.stderr,
        flush=True,
    )
