"""A file that somebody gives: a regular one, opened once, and the same until it is closed."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from equivalence.errors import Refused

#: What a path may name that is no file to read: opening a pipe waits for its other end, a device has no end.
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class Identity(NamedTuple):
    """What tells that a file is the same, and nobody has written to it."""

    device: int
    inode: int
    size: int
    modified: int  # ns
    changed: int  # ns; on POSIX nobody can set it back

    @classmethod
    def of(cls, found: os.stat_result) -> Identity:
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


class GivenFile:
    """A regular file open for reading; `file` is it, `size` in bytes as it was when it was opened.

    Raises Refused where the path names anything else than a regular file, or cannot be opened; nothing is waited for.
    """

    def __init__(self, path: str | os.PathLike[str], name: str) -> None:
        self.name = name
        self.file: BinaryIO = _opened(Path(path), name)
        self.identity = Identity.of(os.fstat(self.file.fileno()))
        self.size = self.identity.size

    def __enter__(self) -> GivenFile:
        return self

    def __exit__(self, *error: Any) -> None:
        self.file.close()

    def check_unchanged(self) -> None:
        """Raises Refused where somebody has written to the file since it was opened."""
        if Identity.of(os.fstat(self.file.fileno())) != self.identity:
            raise Refused(f"{self.name} was changed while it was read: port it again when nobody writes to it")


def _opened(path: Path, name: str) -> BinaryIO:
    try:
        descriptor = os.open(
            path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
        )
    except OSError as error:
        kind = _kind(path)
        raise Refused(f"{name} is {kind}, not a file" if kind else f"{name} cannot be opened: {_why(error)}") from error
    except ValueError as error:  # a null character
        raise Refused(f"{name} cannot be opened: {error}") from error
    if kind := _kind(descriptor):
        os.close(descriptor)
        raise Refused(f"{name} is {kind}, not a file")
    return os.fdopen(descriptor, "rb")


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _kind(path: Path | int) -> str:
    """What a path names where it is no regular file; "" where it is one, or nothing."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return ""
    return next((kind for test, kind in _KINDS if test(mode)), "")
