"""Many models, drawn and judged in child processes: one that dies takes its model with it and no more.

A child (`python -m differential.campaign`) reads seeds, a line each, and answers each with a line of JSON.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import selectors
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Queue
from threading import Event
from types import MappingProxyType
from typing import Any

from differential.outcome import Outcome
from differential.recipe import Recipe
from differential.shrinking import shrunk

ROOT = Path(__file__).resolve().parent.parent
#: Seconds that one model may take, the imports before the first included, on a machine that is busy otherwise.
LONGEST = 300.0
#: And those to be gone after the last.
ENDING = 20.0
DIED = "the process died, or took too long"


@dataclass(frozen=True, slots=True)
class Judged:
    """A seed, the recipe that was drawn from it (None where the process died), and what became of it."""

    seed: int
    recipe: Recipe | None
    outcome: Outcome


def campaign(seeds: Iterable[int], recipes: Mapping[int, Recipe] = MappingProxyType({})) -> Iterator[Judged]:
    """What becomes of the models of some seeds, one after the other; of `recipes` where they have the seed's."""
    return _answered({"seed": seed, "recipe": recipes.get(seed)} for seed in seeds)


def judged(recipes: Iterable[tuple[int, Recipe]], ways: Sequence[str]) -> Iterator[Judged]:
    """What becomes of recipes, each with its seed, one after the other."""
    return _answered({"seed": seed, "recipe": recipe, "ways": list(ways)} for seed, recipe in recipes)


def in_parallel(run: Callable[[Sequence[Any]], Iterator[Judged]], items: Sequence[Any], jobs: int) -> Iterator[Judged]:
    """What `run` gives for the items, in several parts at once, as it comes."""
    done: Queue[Judged] = Queue()
    stopped = Event()

    def put(part: Sequence[Any]) -> None:
        for result in run(part):
            done.put(result)
            if stopped.is_set():
                break

    with ThreadPoolExecutor(jobs) as pool:
        parts = [pool.submit(put, items[job::jobs]) for job in range(jobs)]
        try:
            for _ in items:
                yield done.get()
        finally:
            stopped.set()
        for part in parts:
            part.result()


def _answered(requests: Iterable[dict[str, Any]]) -> Iterator[Judged]:
    child: _Child | None = None
    try:
        for request in requests:
            child = child or _Child()
            answer = child.ask(request)
            if answer is None:
                died = Outcome("invalid", "running", DIED)
                yield Judged(request["seed"], request.get("recipe"), died)
                child.close()
                child = None
            else:
                yield Judged(request["seed"], answer["recipe"], Outcome(**answer["outcome"]))
    finally:
        if child is not None:
            child.close()


def judge(recipe: Recipe, seed: int, ways: Sequence[str]) -> Outcome:
    """What becomes of one recipe, in a process of its own; invalid where that dies."""
    child = _Child()
    try:
        return _outcome(child, recipe, seed, ways) or Outcome("invalid", "running", DIED)
    finally:
        child.close()


def reproduced(result: Judged) -> Recipe:
    """The smallest recipe found that fails in the same way as a result."""
    assert result.recipe is not None
    child, ways = _Child(), ways_of(result.seed)

    def fails(recipe: Recipe) -> bool:
        nonlocal child
        outcome = _outcome(child, recipe, result.seed, ways)
        if outcome is None:
            child.close()
            child = _Child()
            return False
        return outcome.kind == result.outcome.kind

    try:
        return shrunk(result.recipe, fails)
    finally:
        child.close()


def _outcome(child: _Child, recipe: Recipe, seed: int, ways: Sequence[str]) -> Outcome | None:
    answer = child.ask({"seed": seed, "recipe": recipe, "ways": list(ways)})
    return None if answer is None else Outcome(**answer["outcome"])


class _Child:
    """A process that draws and judges."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "differential.campaign"],
            cwd=ROOT,
            env={"TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1", **os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The answer, or None where none comes."""
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            return None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(LONGEST):
                return None
        line = process.stdout.readline()
        if not line.endswith(b"\n"):
            return None
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End it; asked first, it ends its own child and removes their folders."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def ways_of(seed: int) -> list[str]:
    """The kinds of file a model is ported from: `.keras` last, which Keras itself reads best."""
    return random.Random(f"ways of {seed}").choice([[".keras"], [".h5", ".keras"], ["live"]])


def serve() -> None:
    """The child's end."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    from differential.drawing import draw_recipe
    from differential.judging import Judge

    gc.freeze()  # each search for garbage would walk through all that TensorFlow and torch made
    with Judge() as judge:
        for line in sys.stdin:
            request = json.loads(line)
            recipe = request.get("recipe") or draw_recipe(request["seed"])
            seed = request["seed"]
            outcome = judge.judge(recipe, seed, request.get("ways") or ways_of(seed), fresh=True)
            print(json.dumps({"recipe": recipe, "outcome": asdict(outcome)}), file=answers, flush=True)


if __name__ == "__main__":
    serve()
