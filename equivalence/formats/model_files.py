"""The model files that paths, folders and patterns stand for, and where in a folder of ports each has its place."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from equivalence.errors import Refused
from equivalence.formats.reading import is_unpacked
from equivalence.formats.refusal import shown
from equivalence.translation.python_text import identifier

ENDINGS = (".keras", ".h5", ".hdf5")
_LONGEST = 50  # letters of a name, so that what tells it from another still fits behind


class ModelPath(NamedTuple):
    """A model file, and of its port the folder (relative, "." for the uppermost) and the name."""

    path: Path
    folder: str
    name: str


def model_files(paths: Iterable[str | os.PathLike[str]]) -> list[ModelPath]:
    """Every model once, in the order of their paths.

    A path is a model's own, or a folder in which, at any depth, every file that ends in .keras, .h5 or .hdf5 is one
    (links to folders are not followed), or a pattern as `glob` knows them ("zoo/**/*.keras"). Each has its place
    below the deepest folder that all that was given has in common. Two that would have one name there are told
    apart by their endings, then by a number.

    Raises Refused for a folder or pattern without a model; a file that is not there is left to the reader to refuse.
    """
    found: dict[Path, None] = {}
    folders = []
    for given in paths:
        for path in _given(os.fspath(given)):
            inside = [*_inside(path)]
            if not inside:
                raise Refused(f"there is no model ({', '.join(ENDINGS)}) in the folder {shown(str(path))}")
            found |= dict.fromkeys(inside)
            folders.append(path.parent if inside == [path] else path)
    if not found:
        raise Refused("there is nothing to port: no path was given")
    base = os.path.commonpath(map(os.path.abspath, folders))
    places = {path: os.path.relpath(os.path.abspath(path.parent), base) for path in sorted(found)}
    return [*_named(places)]


def is_own_path(given: str) -> bool:
    """Whether a path is that of one model, there or not: no folder of models, and no pattern."""
    path = Path(given)
    return is_unpacked(path) if path.is_dir() else path.exists() or not glob.has_magic(given)


def _given(given: str) -> list[Path]:
    """The paths that a pattern stands for; a path that is there is one, whatever its letters."""
    if os.path.exists(given) or not glob.has_magic(given):
        return [Path(given)]
    matches = sorted(glob.glob(given, recursive=True))
    if not matches:
        raise Refused(f"nothing is called {shown(given)}")
    return [*map(Path, matches)]


def _inside(path: Path) -> Iterator[Path]:
    """The models of a folder, or the path itself where it is none."""
    if not path.is_dir() or is_unpacked(path):
        yield path
        return
    for folder, inner, files in os.walk(path):
        inner.sort()
        unpacked = [name for name in inner if is_unpacked(Path(folder, name))]
        inner[:] = [name for name in inner if name not in unpacked]
        models = [name for name in files if name.endswith(ENDINGS)]
        yield from (Path(folder, name) for name in sorted([*unpacked, *models]))


def _named(places: dict[Path, str]) -> Iterator[ModelPath]:
    """Names that are an emitted file's; of those that are alike in one folder, each with its ending."""
    plain = {path: identifier(path.stem.removesuffix(".weights"), ())[:_LONGEST] for path in places}
    often = Counter((places[path], name) for path, name in plain.items())
    taken: dict[str, set[str]] = {}
    for path, name in plain.items():
        alike = often[places[path], name] > 1
        others = taken.setdefault(places[path], set())
        unique = identifier(f"{name}_{path.suffix.removeprefix('.')}" if alike else name, others)
        others.add(unique)
        yield ModelPath(path, places[path], unique)
