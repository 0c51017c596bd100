"""Hostile files tried in a child process, and what must be true of each."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from hostile_bases import ROOT, Craft

LONGEST = 10.0  # seconds of processor time
WAITED = 120.0  # seconds of the clock, on a machine that does other things as well
MEMORY = 500 << 20  # bytes beyond the file's own
CANARY = "canary"


@dataclass(frozen=True)
class Trial:
    """What came of a file: "refused", "ported", "failed" (anything else was raised), "died", "hung"."""

    outcome: str
    says: str
    seconds: float = 0.0
    memory: int = 0
    events: tuple[str, ...] = ()
    size: int = 0

    def faults(self, says: str | None = None) -> list[str]:
        """What is not as it must be; `says`: part of what a refusal has to say."""
        found = []
        if self.outcome not in ("refused", "ported"):
            found.append(f"{self.outcome}: {self.says[-2000:]}")
        if self.outcome == "refused" and not all(_is_sentence(line) for line in self.says.split("\n")):
            found.append(f"no sentence: {self.says!r:.400}")
        if says is not None and (self.outcome != "refused" or says not in self.says):
            found.append(f"should say {says!r}, and it {self.outcome}: {self.says!r:.400}")
        if self.seconds > LONGEST:
            found.append(f"took {self.seconds:.1f} s")
        if self.memory > self.size + MEMORY:
            found.append(f"took {self.memory >> 20} MB for {self.size >> 20} MB")
        found += [f"asked for {event}" for event in self.events]
        return found


def _is_sentence(line: str) -> bool:
    return bool(line) and line.isprintable() and len(line) < 2000 and "Traceback" not in line


class Trials:
    """A child that tries files; another takes its place where it dies."""

    def __init__(self, folder: Path | None = None) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="hostile-")
        self.folder = Path(self._temporary.name)
        self.canary = self.folder / CANARY
        self._child: subprocess.Popen[bytes] | None = None
        self._unread = b""

    def __enter__(self) -> Trials:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kill()
        self._temporary.cleanup()

    def tried(self, craft: Craft) -> Trial:
        """What comes of it."""
        own = self.folder / "files"
        own.mkdir(exist_ok=True)
        for path in own.iterdir():
            path.unlink()
        for name, content in craft.files.items():
            (own / name).write_bytes(content)
        request = {"folder": str(own), "main": craft.main, "config": craft.config, "options": dict(craft.options)}
        child = self._started()
        assert child.stdin is not None
        size = sum(map(len, craft.files.values()))
        try:
            child.stdin.write(json.dumps(request).encode() + b"\n")
            child.stdin.flush()
            answer = self._answer()
        except TimeoutError:
            self._kill()
            return Trial("hung", f"no answer in {WAITED:g} s", size=size)
        except (BrokenPipeError, EOFError):
            status = self._kill()
            return Trial("died", f"the process ended with {status}", size=size)
        answer["events"] = tuple(answer["events"])
        trial = Trial(**answer, size=size)
        if self.canary.exists():
            self.canary.unlink()
            return Trial("failed", "the canary was touched: something of the file ran", size=size)
        return trial

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            paths = [str(ROOT), str(Path(__file__).parent)]
            threads = {"OMP_NUM_THREADS": "1", "HOSTILE_CANARY": "still here"}
            self._child = subprocess.Popen(
                [sys.executable, "-P", str(Path(__file__).with_name("trial_worker.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=self.folder,
                env={**os.environ, **threads, "PYTHONPATH": os.pathsep.join(paths)},
            )
            assert self._answer() == {"ready": True}
        return self._child

    def _answer(self) -> dict[str, Any]:
        assert self._child is not None and self._child.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.stdout, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if not selector.select(WAITED):
                    raise TimeoutError
                data = os.read(self._child.stdout.fileno(), 1 << 16)
                if not data:
                    raise EOFError
                self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _kill(self) -> int:
        child, self._child, self._unread = self._child, None, b""
        if child is None:
            return 0
        child.kill()
        for pipe in (child.stdin, child.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()
        return child.wait()
