"""`make fuzz`: mutants by the hundred thousand, and what must be true of each; some that port are held against Keras.

    python -m fuzzing --seed 1 --mutants 100000 --verify 200

A mutant that does not behave is written to the folder `--keep`, with what is wrong with it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hostile_bases import Craft
from hostile_figures import add_run
from mutants import mutant
from trials import Trials

STEP = 10_000_000  # numbers of mutants that belong to one seed


@dataclass
class Figures:
    """What came of the mutants."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: dict[int, list[str]] = field(default_factory=dict)
    seconds: float = 0.0  # the most that one took
    memory: int = 0
    verified: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        of_them = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(self.outcomes.items()))
        held = ", ".join(f"{count:,} {what}" for what, count in sorted(self.verified.items())) or "none"
        return (
            f"{self.outcomes.total():,} mutants: {of_them}; {len(self.faults)} with faults; at most "
            f"{self.seconds:.1f} s and {self.memory >> 20} MB each; held against Keras: {held}"
        )


def fuzz(numbers: Iterable[int], trials: Trials, figures: Figures, verify: int = 0) -> None:
    """Tries the mutants of these numbers; the first `verify` of those that port are held against Keras too."""
    for number in numbers:
        craft = mutant(number)
        trial = trials.tried(craft)
        figures.outcomes[trial.outcome] += 1
        figures.seconds = max(figures.seconds, trial.seconds)
        figures.memory = max(figures.memory, trial.memory - trial.size)
        if faults := trial.faults():
            figures.faults[number] = faults
        elif trial.outcome == "ported" and verify:
            verify -= 1
            held, said = against_keras(craft)
            figures.verified[held] += 1
            if held == "WRONG":
                figures.faults[number] = [said]


def against_keras(craft: Craft) -> tuple[str, str]:
    """What the verdict of a port is worth: held against Keras on other inputs than those that it was found on."""
    import numpy as np

    from equivalence import porting
    from equivalence.errors import EquivalenceError
    from equivalence.keras_side.client import KerasFailed, KerasProcess
    from equivalence.translation.structure import leaves
    from equivalence.verification.against_keras import Original, run_keras
    from equivalence.verification.compare import compare
    from equivalence.verification.sample_inputs import draw_inputs

    with tempfile.TemporaryDirectory() as folder:
        for name, content in craft.files.items():
            (Path(folder) / name).write_bytes(content)
        path, config = Path(folder) / craft.main, craft.config and Path(folder) / craft.config
        try:
            ported = porting.port(path, config=config or None)
        except EquivalenceError as refusal:
            return "refused", str(refusal)
        if not ported.report.verified:
            return ("different" if ported.report.verified is False else "not verified"), ported.report.because
        arrays = Path(folder) / "arrays"
        arrays.mkdir()
        inputs = draw_inputs(ported, seed=99)
        try:
            with KerasProcess() as keras:
                truth = run_keras(keras, inputs, Original(path, config or None), arrays, lambda what: None)
        except KerasFailed as failure:
            return "not run again", str(failure)
        apart = compare(ported.predict(*inputs), truth.outputs["float32"], max_rel=1e-3)
        if not apart.equal and not all(np.isnan(x).all() for x in leaves(truth.outputs["float32"])):
            return "WRONG", f"it says equal, and is not: {apart.message}"
        return "equal", ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mutants", type=int, default=100_000)
    parser.add_argument("--verify", type=int, default=100, help="how many that port are held against Keras")
    parser.add_argument("--keep", type=Path, default=Path("fuzzed"), help="folder for mutants with faults")
    parser.add_argument("--record", action="store_true", help="add the figures to docs/hostile.json")
    arguments = parser.parse_args()
    figures, started, kept = Figures(), time.monotonic(), 0
    first, step = arguments.seed * STEP, max(1, arguments.mutants // max(1, arguments.verify))
    with Trials() as trials:
        for start in range(first, first + arguments.mutants, step):
            share = min(step, first + arguments.mutants - start)
            fuzz(range(start, start + share), trials, figures, verify=int(arguments.verify > 0))
            for number, faults in list(figures.faults.items())[kept:]:
                _keep(arguments.keep, number, faults)
            kept = len(figures.faults)
            print(f"[{time.monotonic() - started:.0f} s] {figures}", flush=True)
    if arguments.record:
        add_run(
            {
                "kind": "by structure",
                "seed": arguments.seed,
                "mutants": figures.outcomes.total(),
                "ported": figures.outcomes["ported"],
                "refused": figures.outcomes["refused"],
                "faults": len(figures.faults),
                "seconds": figures.seconds,
                "memory": max(0, figures.memory),
                "verified": dict(figures.verified),
            }
        )
    return int(bool(figures.faults))


def _keep(folder: Path, number: int, faults: list[str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in mutant(number).files.items():
        (folder / f"{number}.{name}").write_bytes(content)
    (folder / f"{number}.faults.json").write_text(json.dumps(faults, indent=1))


if __name__ == "__main__":
    sys.exit(main())
