"""How several files of a folder are replaced in one event of the file system.

A rename replaces one file at once, and there is none that replaces several. So each file becomes a symbolic link
through one and the same link, `.NAME.part/now`, which leads to what they were (`old`); that link is turned to `new` by
a rename, and then each link is replaced by the file that it leads to. Whoever looks sees all old ones or all new ones.
Where a process was killed in between, whoever writes next finishes that, or undoes it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: nobody is kept out, and leftovers stay
    LOCKS = False
else:
    LOCKS = True

NEW, _OLD, _NOW = "new", "old", "now"
_PART = re.compile(r"\..*\.[0-9a-f]{8}\.part")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """No other process has the folder locked meanwhile; a killed one has no longer."""
    if not LOCKS:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a network's file system may have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def put_in_place(folder: Path, part: Path, names: list[str]) -> None:
    """The files in `part / NEW` become those of the folder, all at once; `settle` ends it, also after an error."""
    if len(names) > 1:
        (part / _OLD).mkdir()
        for name in names:
            if os.path.lexists(folder / name):
                _same_file(folder / name, part / _OLD / name)
    try:
        if len(names) > 1:
            os.symlink(_OLD, part / _NOW)
    except OSError:
        names, rest = names[:1], names[1:]  # a file system without links: one after the other
        for name in rest:
            os.replace(part / NEW / name, folder / name)
    if len(names) == 1:
        os.replace(part / NEW / names[0], folder / names[0])
        _sync(folder)
        return
    for name in names:
        os.symlink(Path(part.name, _NOW, name), part / name)
        os.replace(part / name, folder / name)
    _sync(part / NEW)
    _sync(folder)
    os.symlink(NEW, part / "next")
    os.replace(part / "next", part / _NOW)
    settle(folder, part)
    _sync(folder)


def settle(folder: Path, part: Path) -> None:
    """The links that lead through `part` become the files that they lead to; one that leads to nothing goes."""
    now = part / _NOW
    if not now.is_symlink():
        return
    through = str(Path(part.name, _NOW))
    for path in list(folder.iterdir()):
        if path.is_symlink() and os.path.dirname(os.readlink(path)) == through:
            kept = part / os.readlink(now) / path.name
            if os.path.lexists(kept):
                os.replace(kept, path)
            else:
                path.unlink()


def remove_leftovers(folder: Path) -> None:
    """Finishes what killed processes have begun in the folder, or undoes it where nothing of it could be seen."""
    if not LOCKS:
        return
    for part in folder.iterdir():
        if _PART.fullmatch(part.name) and part.is_dir() and not part.is_symlink():
            with suppress(OSError), _abandoned(part):
                settle(folder, part)
                shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _abandoned(part: Path) -> Iterator[None]:
    """Raises BlockingIOError where the process that made it is alive."""
    descriptor = os.open(part, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _same_file(source: Path, target: Path) -> None:
    """A second name of a file, or where there are none, a copy."""
    try:
        os.link(source, target, follow_symlinks=False)
    except (OSError, NotImplementedError):
        shutil.copy2(source, target, follow_symlinks=False)


def _sync(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
