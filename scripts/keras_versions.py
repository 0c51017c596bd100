"""Since which Keras 3 there are a public name and its arguments: `python -m scripts.keras_versions FOLDER`.

FOLDER holds one wheel of each Keras 3.x (`pip download --no-deps keras==3.5.0`). They are read and never run: names
from the modules of the public API, arguments from the signature where it is stated. What is newer than the oldest
wheel is written to the catalogue's since.json, which a lookup shows.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from equivalence import catalogue
from equivalence.catalogue.since import PATH
from equivalence.schema import Entry

Version = tuple[int, int]
_VERSION = re.compile(r"keras-(\d+)\.(\d+)\.")


class Wheel:
    """The public API of one version, by its text."""

    def __init__(self, path: Path) -> None:
        self._files = zipfile.ZipFile(path)
        self._names = set(self._files.namelist())
        self._parsed: dict[str, ast.Module] = {}

    def arguments(self, keras: str) -> set[str] | None:
        """The arguments that a full Keras name states, none where it states no signature itself. None: no such name."""
        home, _, name = keras.rpartition(".")
        folder = home.removeprefix("keras").replace(".", "/")
        for file in (f"keras/api{folder}/__init__.py", f"keras{folder}/__init__.py"):
            if (found := self._imported(file, name)) is not None:
                return self._signature(*found)
        return None

    def _imported(self, file: str, name: str) -> tuple[str, str] | None:
        """The module that the API takes a name from, and what it is called there."""
        for node in self._module(file).body:
            if isinstance(node, ast.ImportFrom) and node.module:
                for each in node.names:
                    if (each.asname or each.name) == name:
                        return node.module, each.name
        return None

    def _module(self, file: str) -> ast.Module:
        if file not in self._parsed:
            text = self._files.read(file).decode() if file in self._names else ""
            self._parsed[file] = ast.parse(text)
        return self._parsed[file]

    def _signature(self, module: str, name: str) -> set[str]:
        body = self._module(f"{module.replace('.', '/')}.py").body
        found = next((n for n in body if isinstance(n, (ast.ClassDef, ast.FunctionDef)) and n.name == name), None)
        if isinstance(found, ast.ClassDef):
            found = next((n for n in found.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
        stated = found.args if isinstance(found, ast.FunctionDef) else None
        return {each.arg for each in (*stated.args, *stated.kwonlyargs)} if stated else set()


def wheels(folder: Path) -> dict[Version, Wheel]:
    """The wheels of a folder by their versions, the oldest first. Raises ValueError where there are fewer than two."""
    found = {
        (int(match[1]), int(match[2])): path
        for path in folder.glob("keras-*.whl")
        if (match := _VERSION.match(path.name))
    }
    if len(found) < 2:
        raise ValueError(f"{folder} holds {len(found)} wheels of Keras; a comparison needs two at least")
    return {version: Wheel(found[version]) for version in sorted(found)}


def since(entries: Iterable[Entry], by_version: Mapping[Version, Wheel]) -> dict[str, dict[str, str]]:
    """By full Keras name, the version since which there is the name (under "") and each argument, where that is not the
    oldest."""
    table: dict[str, dict[str, str]] = {}
    for entry in entries:
        stated = {version: wheel.arguments(entry.keras) for version, wheel in by_version.items()}
        if (newest := list(stated.values())[-1]) is None:
            continue
        found = {"": _first([names is not None for names in stated.values()], by_version)}
        for argument in sorted({each.keras for each in entry.arguments if each.keras} & newest):
            known = [names is not None and argument in names for names in stated.values()]
            found[argument] = _first(known, by_version)
        oldest = next(iter(by_version))
        newer = {
            name: "{}.{}".format(*version)
            for name, version in found.items()
            if version > (oldest if not name else found[""])
        }
        if newer:
            table[entry.keras] = newer
    return table


def _first(known: list[bool], versions: Iterable[Version]) -> Version:
    """The version from which on all know it."""
    listed = list(versions)
    missing = [place for place, has in enumerate(known) if not has]
    return listed[missing[-1] + 1] if missing else listed[0]


def main(folder: Path) -> None:
    by_version = wheels(folder)
    table = since(catalogue.entries(), by_version)
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(table[name])}" for name in sorted(table))
    Path(PATH).write_text(f"{{\n{rows}\n}}\n", "utf-8")
    told = ", ".join("{}.{}".format(*version) for version in by_version)
    print(f"{len(table)} names are newer, or have newer arguments, than Keras {told.split(',')[0]}; read: {told}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
