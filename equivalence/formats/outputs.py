"""Several files written together: all of them whole, or none."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from equivalence.errors import EquivalenceError, Refused
from equivalence.formats.one_event import NEW, locked, put_in_place, remove_leftovers, settle
from equivalence.formats.refusal import shown


def write_together(
    folder: str | os.PathLike[str],
    writers: Mapping[str, Callable[[Path], object]],
    check: Callable[[Path], None] = lambda folder: None,
) -> list[Path]:
    """Writes each named file of `folder` by its writer, replacing what was there; a writer is given an empty file.

    Every file is complete on disk before the first can be seen, and all of them come into view in one event of the
    file system: whoever looks, also after this process was killed, sees all of the new files or none. `check` is
    called with the folder just before that, where there is one, while nobody else writes to it in this way.

    Where a writer or `check` raises, the files that were there stay as they were and nothing new remains; a folder
    made for this is removed again. Raises Refused for a name that is no plain file name or a folder's, and where the
    folder cannot be written.
    """
    for name in writers:
        if name in ("", ".", "..") or name != os.path.basename(name):
            raise Refused(f"{shown(name)} is no plain file name")
    target = Path(folder)
    for name in writers:
        if (target / name).is_dir():
            raise Refused(f"{shown(str(target / name))} is a folder")
    new = not os.path.lexists(target)
    made = _made(target.parent if new else target)
    try:
        with _staging(target.parent if new else target, target.name) as part:
            for name, write in writers.items():
                _write(part / NEW / name, write)
            if not (new and _moved(part / NEW, target)):
                with _inside(target, part) as own, locked(target):
                    remove_leftovers(target)
                    check(target)
                    put_in_place(target, own, list(writers))
    except BaseException as error:
        for path in made:
            with suppress(OSError):  # not empty: something else is in it by now
                path.rmdir()
        if isinstance(error, OSError):
            raise Refused(f"{shown(str(target))} cannot be written: {error.strerror or error}") from error
        raise
    return [target / name for name in writers]


def _made(target: Path) -> list[Path]:
    """Makes the folder; returns what had to be made, innermost first."""
    missing = [path for path in (target, *target.parents) if not path.exists()]
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"the folder {shown(str(target))} cannot be made: {error.strerror}") from error
    return missing


@contextmanager
def _staging(folder: Path, name: str) -> Iterator[Path]:
    """A hidden folder in `folder` that is gone afterwards; of one whose process was killed, another may dispose."""
    with locked(folder):
        remove_leftovers(folder)
    part = folder / f".{name}.{secrets.token_hex(4)}.part"
    try:
        part.mkdir()
    except OSError as error:
        raise Refused(f"the folder {shown(str(folder))} cannot be written: {error.strerror}") from error
    try:
        with locked(part):
            (part / NEW).mkdir()
            yield part
    finally:
        settle(folder, part)
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _inside(target: Path, part: Path) -> Iterator[Path]:
    """The hidden folder with the new files, in the folder itself: it is elsewhere where that was made meanwhile."""
    if part.parent == target:
        yield part
        return
    with _staging(target, target.name) as own:
        for path in list((part / NEW).iterdir()):
            path.rename(own / NEW / path.name)
        yield own


def _write(path: Path, write: Callable[[Path], object]) -> None:
    path.touch(exist_ok=False)
    usual = path.stat().st_mode
    try:
        write(path)
        path.chmod(usual)  # safetensors puts a file of its own in its place, which the owner alone may read
        with path.open("rb+") as stream:
            os.fsync(stream.fileno())
    except (EquivalenceError, OSError):
        raise
    except Exception as error:
        # what a writer's own library raises for a full disk is its own error with the system's words in it
        if "os error" in str(error).lower():
            raise Refused(f"{shown(path.name)} cannot be written: {shown(str(error))[1:-1]}") from error
        raise


def _moved(folder: Path, target: Path) -> bool:
    """Whether a whole folder got its place; not where somebody else was there first."""
    try:
        folder.rename(target)
    except OSError:
        if target.exists():
            return False
        raise
    return True
