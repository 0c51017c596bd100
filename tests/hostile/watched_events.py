"""What Python is asked to do while a file is read: its audit events, of which none may run what a file holds."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: Events that run code, start something, talk to somebody, or load a library.
FORBIDDEN = (
    *("exec", "compile", "import", "marshal.", "pickle.", "code.", "function.__new__", "cpython.run_"),
    *("subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile", "pty."),
    *("socket.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "ctypes.", "signal.pthread_kill"),
    *("os.putenv", "os.unsetenv", "os.chmod", "os.chown", "os.link", "os.symlink", "os.kill", "shutil."),
    *("sqlite3.", "apsw."),
)
#: Of these, what writing and loading the emitted source needs: it has passed the guard before. (And a temporary
#: folder goes.)
OF_EMITTED_SOURCE = ("exec", "compile", "shutil.rmtree")
TEMPORARY = os.path.realpath(tempfile.gettempdir())  # looked for once: that opens files
#: Where Python's own files lie, and those of packages: some ask for their own version.
INSTALLED = (sys.prefix, sys.base_prefix, os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix))


class Watch:
    """Notes what is asked for while it watches; there is one for the whole process, as a hook cannot be taken off."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._allowed: tuple[str, ...] | None = None
        self._folder = ""
        sys.addaudithook(self._hook)

    @contextmanager
    def on(self, folder: str, allowed: tuple[str, ...] = ()) -> Iterator[None]:
        """Watches; files in `folder` and temporary ones may be opened, and what is `allowed` may happen."""
        self._folder, self._allowed = os.path.realpath(folder), allowed
        try:
            yield
        finally:
            self._allowed = None

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        allowed = self._allowed
        if allowed is None:
            return
        if event == "open":
            self._opened(arguments[0])
        elif event.startswith(FORBIDDEN) and event not in allowed:
            self.seen.append(f"{event} {ascii(arguments)[:200]}")

    def _opened(self, path: Any) -> None:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return  # a descriptor, which somebody opened before
        real = os.path.realpath(os.fsdecode(path))
        if not real.startswith((self._folder, TEMPORARY, *INSTALLED)):
            self.seen.append(f"open {real[:200]}")
