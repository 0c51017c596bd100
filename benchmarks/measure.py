"""What the benchmarks share: subjects in processes of their own, taking turns, and one table."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "benchmarks"  # ignored by git; models are kept here between runs


class Subject:
    """A process that runs `function` of `module` once to be ready, then times calls when asked.

    The function takes the arguments and returns what to time. Subjects that take turns see the same
    neighbours and the same heat; each has its libraries and thread pools to itself.
    """

    def __init__(self, module: str, function: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "benchmarks.measure", module, function, *arguments]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "OMP_WAIT_POLICY": "passive"},  # waiting threads do not spin beside the next subject
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._answer()

    def seconds(self) -> float:
        """One call, timed in the subject's process."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return float(self._answer())

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)

    def _answer(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("ready ") or line.startswith("took "):
                return line.split()[1]
        raise RuntimeError(f"{' '.join(self.process.args)} died with {self.process.wait()}")  # type: ignore[arg-type]


def serve(prepare: Callable[..., Callable[[], Any]], arguments: Sequence[str]) -> None:
    """The other end of a Subject: three calls to warm up, then a timed one for every line on stdin.

    Before each timed call comes another: it finds the caches, and the cores, as the last subject left them. With
    BENCH_CLOCK=cpu in the environment, the processor time of the process counts: what neighbours take is left out,
    and what several threads take is added up.
    """
    clock = time.process_time if os.environ.get("BENCH_CLOCK") == "cpu" else time.perf_counter
    call = prepare(*arguments)
    for _ in range(3):
        call()
    print("ready 0", flush=True)
    for _ in sys.stdin:
        call()
        start = clock()
        call()
        print(f"took {clock() - start}", flush=True)


def rounds(subjects: Mapping[str, Callable[[], float]], count: int) -> dict[str, list[float]]:
    """`count` measurements of each subject, in turns that begin with another one every time."""
    taken: dict[str, list[float]] = {name: [] for name in subjects}
    order = list(subjects)
    for start in range(count):
        for turn in range(len(order)):
            name = order[(start + turn) % len(order)]
            taken[name].append(subjects[name]())
    return taken


def run_json(module: str, *arguments: str) -> dict[str, Any]:
    """The JSON that `python -m module arguments` prints as its last line."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def peak_mib() -> float:
    """The largest resident memory of this process so far, in MiB (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def table(title: str, taken: Mapping[str, Iterable[float]], base: str) -> None:
    """Prints the median, the range and the ratio to `base` of each subject, in milliseconds.

    Says so where the machine has had more to do than this.
    """
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    shown = Table("", "median ms", "from", "to", f"ratio to {base}", title=title, title_justify="left")
    for name, seconds in taken.items():
        ordered = sorted(seconds)
        numbers = (medians[name], ordered[0], ordered[-1])
        shown.add_row(name, *(f"{1000 * number:.1f}" for number in numbers), f"{medians[name] / medians[base]:.2f}")
    console = Console(width=110)
    console.print(shown)
    load, cores = os.getloadavg()[1], os.cpu_count() or 1
    if load > cores + 0.5:
        console.print(f"The machine was busy (load {load:.1f} on {cores} cores): these figures are worth little.")


if __name__ == "__main__":
    from importlib import import_module

    serve(getattr(import_module(sys.argv[1]), sys.argv[2]), sys.argv[3:])
