"""A saved port loaded where nothing else is: a process that imports torch and the emitted file alone."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from equivalence.torch_side.loading import run
from equivalence.translation.structure import leaves
from equivalence.verification.compare import compare
from equivalence.verification.keras_layout import from_keras_array
from equivalence.verification.ported import Ported

#: Both compute in float32, and one may hold its weights channels last: what is further apart is a mistake.
BOUND = 1e-4
SECONDS = 120.0
LOADER = Path(__file__).with_name("fresh_loader.py")


class FreshProcesses:
    """Where saved ports are loaded, each in a process of its own; all of them are forks of one, begun when needed."""

    def __init__(self) -> None:
        self._loader: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        """End the one that the others are forks of, and its fork."""
        loader, self._loader = self._loader, None
        if loader is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(loader.pid, signal.SIGKILL)
            loader.communicate()

    def trouble(self, ported: Ported, inputs: list[np.ndarray], folder: Path) -> str:
        """What is wrong with the files of a port, saved below a folder; empty where they load and give the same."""
        place = folder / "fresh"
        place.mkdir(exist_ok=True)
        source = next(path for path in ported.save(place) if path.suffix == ".py")
        orders = [value.order for _, value, _ in ported.draft.classes[-1].inputs]
        held = [from_keras_array(array, order) for array, order in zip(inputs, orders, strict=True)]
        given, made = place / "inputs.npz", place / "outputs.npz"
        np.savez(given, *map(np.ascontiguousarray, held))
        said = self.load(source=source, inputs=given, outputs=made)
        if said:
            return said
        with np.load(made) as found:
            actual = [found[name] for name in found.files]
        expected = leaves(run(ported.module, held, "float32"))
        return compare(actual, expected, max_rel=BOUND, equal_nan=True, name="output of the saved port").message

    def load(self, **request: Any) -> str:
        """What the loader says of one file."""
        if self._loader is None:
            self._loader = subprocess.Popen(
                [sys.executable, "-P", str(LOADER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        loader = self._loader
        assert loader.stdin is not None and loader.stdout is not None
        loader.stdin.write(json.dumps(request, default=os.fspath).encode() + b"\n")
        loader.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(loader.stdout, selectors.EVENT_READ)
            came = selector.select(SECONDS)
        line = loader.stdout.readline() if came else b""
        if not line:
            self.close()
            return "the process died" if came else f"took more than {SECONDS:g} s"
        said: str = json.loads(line)
        return said
