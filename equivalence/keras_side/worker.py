"""The child process: `python -m equivalence.keras_side.worker MEMORY` reads requests, a line of JSON each.

The first line it writes says what is installed, or why Keras cannot be imported; then one line answers each
request. What libraries print goes to standard error, so that it cannot get between the answers.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

from equivalence.errors import printable
from equivalence.keras_side.confinement import confine, leave_the_network
from equivalence.keras_side.limits import limit_memory, limit_processor

#: The methods of `KerasProcess.call`, and the modules that have them.
METHODS = {
    "run_model": "recording",
    "calibrate": "calibrate",
    "make_case": "case_model",
    "run_case": "case_run",
    "run_repeatedly": "case_draws",
    "run_masked": "case_masks",
    "run_function": "case_function",
    "run_trial": "case_trial",
    "run_trajectory": "case_trajectory",
    "run_written": "written_code",
}
#: Frames of Python. Keras walks along a model by recursion, several frames a layer: one of 5,000 layers in a row needs
#: more than Python allows by itself.
DEEPEST = 50_000


def main() -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def answer(function: Callable[..., Any], **params: Any) -> bool:
        try:
            line, worked = json.dumps({"result": function(**params)}), True
        except Exception as error:
            traceback.print_exc()
            line, worked = json.dumps({"error": printable(f"{type(error).__name__}: {error}", 600)}), False
        print(line, file=answers, flush=True)
        return worked

    sys.setrecursionlimit(DEEPEST)
    limit_memory(int(sys.argv[1]))
    leave_the_network()
    if answer(_versions):
        gc.freeze()  # what imports made stays: models are made and left, and each search for garbage would walk it all
        confine()  # what imports need is done
        for line in sys.stdin:
            request = json.loads(line)
            limit_processor(request["seconds"])
            answer(_run, method=request["method"], params=request["params"])


def _run(method: str, params: dict[str, Any]) -> Any:
    module = importlib.import_module(f"equivalence.keras_side.{METHODS[method]}")
    return getattr(module, method)(**params)


def _versions() -> dict[str, str]:
    import keras
    import numpy

    backend = keras.config.backend()
    versions = {"keras": keras.__version__, "numpy": numpy.__version__, "python": sys.version.split()[0]}
    return {**versions, backend: importlib.import_module(backend).__version__}


if __name__ == "__main__":
    main()
