"""Several files written together: all of them whole, or none."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from equivalence.errors import Refused
from equivalence.formats.refusal import shown


def write_together(folder: str | os.PathLike[str], writers: Mapping[str, Callable[[Path], object]]) -> list[Path]:
    """Writes each named file of `folder` by its writer, replacing what was there; a writer is given an empty file.

    Every file is complete on disk under a temporary name in the folder before the first takes its
    own name. Where a writer raises, the files that were there stay as they were and nothing new
    remains; a folder made for this is removed again. Raises Refused for a name that is no plain file
    name or a folder's, and where the folder cannot be written.
    """
    for name in writers:
        if name in ("", ".", "..") or name != os.path.basename(name):
            raise Refused(f"{shown(name)} is no plain file name")
    target = Path(folder)
    for name in writers:
        if (target / name).is_dir():
            raise Refused(f"{shown(str(target / name))} is a folder")
    made = _made(target)
    temporary: dict[str, Path] = {}
    try:
        for name, write in writers.items():
            temporary[name] = _written(target, name, write)
        for name in writers:
            temporary[name].replace(target / name)
            del temporary[name]
        _sync_folder(target)
    except BaseException:
        for path in temporary.values():
            path.unlink(missing_ok=True)
        for path in made:
            with suppress(OSError):  # not empty: something else is in it by now
                path.rmdir()
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


def _written(target: Path, name: str, write: Callable[[Path], object]) -> Path:
    path = target / f".{name}.{secrets.token_hex(4)}.part"
    try:
        path.touch(exist_ok=False)
    except OSError as error:
        raise Refused(f"the folder {shown(str(target))} cannot be written: {error.strerror}") from error
    usual = path.stat().st_mode
    try:
        write(path)
        path.chmod(usual)  # safetensors puts a file of its own in its place, which the owner alone may read
        with path.open("rb+") as stream:
            os.fsync(stream.fileno())
    except BaseException:
        path.unlink()
        raise
    return path


def _sync_folder(target: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(target, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
