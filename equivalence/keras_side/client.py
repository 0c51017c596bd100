"""The caller's end: a child process that has Keras, asked for one thing at a time.

Requests and answers are lines of JSON; arrays travel as .npy and .npz files in the process's folder.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from equivalence.errors import EquivalenceError, Unavailable, printable
from equivalence.keras_side.deferred_interrupt import deferred_interrupt

BACKENDS = ("tensorflow", "torch")
START_LIMIT = 300.0  # seconds to import Keras and its backend, on a cold disk too
ENDING_LIMIT = 10.0  # seconds for a child that has closed its output to be gone
LONGEST_ANSWER = 256 * 2**20  # bytes
#: What the child has of the caller's environment: how programs and libraries are found, and how many threads compute.
KEPT = frozenset(
    "PATH LD_LIBRARY_PATH DYLD_LIBRARY_PATH PYTHONHOME PYTHONHASHSEED VIRTUAL_ENV CONDA_PREFIX LANG LANGUAGE TZ "
    "SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT TEMP TMP".split()
)
KEPT_FAMILIES = ("LC_", "OMP_", "TF_NUM_", "MKL_", "KMP_", "OPENBLAS_", "COVERAGE_")
INSTALL = "pip install 'keras-torch-equivalence[keras]'"


class KerasFailed(EquivalenceError):
    """The child raised, died or ran out of time or memory; the text says which, in one sentence."""


def available_backends() -> tuple[str, ...]:
    """The backends on which Keras could run here, best first, found without importing anything."""
    return tuple(name for name in BACKENDS if _installed(name)) if _installed("keras") else ()


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


class KerasProcess:
    """A child process with Keras on one backend; started by the first call, and again after it died.

    `backend` None takes the first available. `time_limit` is in seconds for each call, `memory_limit` in
    bytes for the whole process, `threads` the number of threads for computing (None: the backend's choice).
    `folder` is a temporary folder for exchanging arrays, removed with the process.

    Raises Unavailable where Keras or the backend is not installed or cannot be imported.
    """

    def __init__(
        self,
        backend: str | None = None,
        *,
        time_limit: float = 600.0,
        memory_limit: int = 16 * 2**30,
        threads: int | None = None,
    ) -> None:
        available = available_backends()
        if not available:
            raise Unavailable(f"Keras is not installed with TensorFlow or torch: {INSTALL}")
        if backend is not None and backend not in available:
            raise Unavailable(f"Keras cannot run on {backend} here, only on {', '.join(available)}: {INSTALL}")
        self.backend = backend or available[0]
        self.time_limit = time_limit
        self.memory_limit = memory_limit
        self.threads = threads
        self._temporary = tempfile.TemporaryDirectory(prefix="equivalence-keras-")
        self.folder = Path(self._temporary.name)
        self._errors = self.folder / "stderr.txt"
        self._child: subprocess.Popen[bytes] | None = None
        self._unread = b""
        self._said = 0  # bytes on standard error before the call under way
        self._versions: dict[str, str] = {}

    def __enter__(self) -> KerasProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill the child and remove the folder."""
        with deferred_interrupt():
            self._kill()
            self._temporary.cleanup()

    @property
    def versions(self) -> dict[str, str]:
        """What runs in the child: "keras", the backend, "numpy" and "python", each with its version."""
        self._start()
        return self._versions

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Run one of the worker's methods. Raises KerasFailed; Unavailable where Keras cannot be imported."""
        child = self._start()
        request = {"method": method, "params": params, "seconds": self.time_limit}
        self._said = self._errors.stat().st_size
        assert child.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # a child that died says so where its answer is missing
            child.stdin.write(json.dumps(request, default=os.fspath).encode() + b"\n")
            child.stdin.flush()
        answer = self._answer(method, self.time_limit)
        if "error" in answer:
            raise KerasFailed(f"Keras on {self.backend} failed in {method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _start(self) -> subprocess.Popen[bytes]:
        if self._child is not None:
            return self._child
        self._unread, self._said = b"", 0
        with self._errors.open("wb") as errors, deferred_interrupt():  # a child that nobody knows would live on
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", "equivalence.keras_side.worker", str(self.memory_limit)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=self.folder,
                env=self._environment(),
                start_new_session=True,
            )
        answer = self._answer("starting", START_LIMIT)
        if "error" in answer:
            self._kill()
            raise Unavailable(f"Keras cannot be imported on {self.backend}: {answer['error']}; {INSTALL}")
        self._versions = answer["result"]
        return self._child

    def _environment(self) -> dict[str, str]:
        """One of its own: nothing of the caller's secrets, or of what would make a model compute something else."""
        package = Path(__file__).parents[2]
        environment = {
            **{name: value for name, value in os.environ.items() if name in KEPT or name.startswith(KEPT_FAMILIES)},
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "KERAS_BACKEND": self.backend,
            "KERAS_HOME": str(self.folder),  # a keras.json of the user may change dtypes and layouts
            "CUDA_VISIBLE_DEVICES": "-1",  # on a GPU float32 may mean TF32
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH")])),
        }
        if self.threads is not None:
            for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
                environment[name] = str(self.threads)
        return environment

    def _answer(self, method: str, seconds: float) -> dict[str, Any]:
        """The child's next line. It is killed if it does not come in time or is not one."""
        child = self._child
        assert child is not None and child.stdout is not None
        end = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if not selector.select(max(0.0, end - time.monotonic())):
                    self._kill()
                    raise KerasFailed(f"Keras on {self.backend} took more than {seconds:g} s in {method}")
                data = os.read(child.stdout.fileno(), 2**16)
                if not data or len(self._unread) > LONGEST_ANSWER:
                    raise KerasFailed(f"Keras on {self.backend} {self._death()} in {method}")
                self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _death(self) -> str:
        """How the child ended, in the words of its last line on standard error where there is one."""
        assert self._child is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(ENDING_LIMIT)
        status = self._kill()
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        said = self._errors.read_bytes()[self._said :].decode("utf-8", "replace")
        lines = said.strip().splitlines()
        last = printable(lines[-1], 300) if lines else ""
        return f"{how} ({last})" if last else how

    def _kill(self) -> int:
        """End the child and what it started; returns its status, negative for the signal that ended it."""
        child, self._child = self._child, None
        if child is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        return child.wait()
