"""A cold `equivalence lookup X --json` against an empty Python.

Both start in a new environment that finds this checkout by a plain path: the import hook of an editable
installation would slow the empty Python too, and flatter the ratio.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import venv
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from benchmarks.measure import ROOT, rounds, table

ROUNDS = 41
EMPTY = "python -c pass"
NEEDED = ("apsw", "rapidfuzz")  # what a question and a misspelling load
QUESTION, SYMPTOM = "average over height and width", "accuracy lower after conversion"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=False)
        (packages,) = Path(folder).glob("lib/python*/site-packages")
        (packages / "checkout.pth").write_text(f"{ROOT}\n")
        for name in NEEDED:
            spec = find_spec(name)
            assert spec is not None and spec.origin is not None
            (packages / name).symlink_to(Path(spec.origin).parent)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        python = str(Path(folder) / "bin" / "python")
        entry_point = "from equivalence.cli import main; raise SystemExit(main())"

        def cold(*arguments: str) -> Callable[[], float]:
            def measure() -> float:
                start = time.perf_counter()
                command = [python, "-c", *arguments]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment, cwd=folder)
                return time.perf_counter() - start

            measure()  # compiles what is not compiled yet
            return measure

        subjects = {EMPTY: cold("pass")}
        for what in ("GlobalAveragePooling2D", "nn.Conv2d", "relu", "Conv2D(32, 3, padding='same')", QUESTION, SYMPTOM):
            subjects[f"lookup {what}"] = cold(entry_point, "lookup", what, "--json")
        table("Cold start of a lookup", rounds(subjects, ROUNDS), EMPTY)


if __name__ == "__main__":
    main()
