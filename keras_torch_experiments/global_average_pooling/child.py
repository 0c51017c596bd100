"""A module of this package run in a process of its own, for a backend or a memory of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any


def run(module: str, *arguments: str, backend: str = "tensorflow") -> Any:
    """What `python -m module arguments` prints as its last line of JSON, with Keras on `backend`.

    Raises:
        RuntimeError: the process failed, out of memory perhaps; with the end of what it said.
    """
    done = subprocess.run(
        [sys.executable, "-m", f"{__package__}.{module}", *arguments],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(
            f"{module} {' '.join(arguments)} (Keras on {backend}) ended with status {done.returncode}: "
            f"{done.stderr[-500:]}"
        )
    return json.loads(done.stdout.splitlines()[-1])
