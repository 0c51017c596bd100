"""Makes keys.json beside it: which keys each release of Keras writes for a layer, read off its sources.

`python make.py FOLDER`, where FOLDER holds unpacked wheels, each in a folder of its own: `pip download --no-deps
keras==2.2.4`, and of TensorFlow 1.13 to 2.5, which had a copy of Keras. Nothing of them is run: a key counts as
always written where `get_config`, or that of a base class, states it outside of any `if`.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from equivalence import catalogue

#: Parts of paths whose classes are none that Keras saves by these names.
OTHERS = ("_test.py", "/ops/", "legacy", "rnn_cell_impl", "feature_column", "/applications/", "dtensor", "premade")
#: Classes that Keras saves under another name than the exported one.
IN_SOURCE = {"GroupQueryAttention": "GroupedQueryAttention"}
#: What the base class of all layers writes.
GENERAL = {"name", "trainable", "dtype", "batch_input_shape", "dynamic", "activity_regularizer"}


@dataclass
class Keys:
    """What a `get_config` writes."""

    always: set[str] = field(default_factory=set)
    sometimes: set[str] = field(default_factory=set)


def classes(folder: Path) -> dict[str, list[tuple[str, ast.ClassDef]]]:
    """Every class of the layers and of what they are built on, by name, with its file."""
    found: dict[str, list[tuple[str, ast.ClassDef]]] = {}
    for path in sorted(folder.rglob("*.py")):
        name = str(path)
        if any(part in name for part in OTHERS) or not re.search(r"/(layers|engine)/", name):
            continue
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append((name, node))
    return found


def keys_of(known: dict[str, list[tuple[str, ast.ClassDef]]], file: str, node: ast.ClassDef) -> Keys:
    """The keys of a class, with those of its first base class that has any."""
    own = next((part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "get_config"), None)
    made = Keys()
    dropped: set[str] = set()
    if own is not None:
        for part, sure in statements(own.body, True):
            (made.always if sure else made.sometimes).update(stated(part))
            dropped.update(taken_away(part))
    if own is None or ".get_config()" in ast.unparse(own):
        for base in (ast.unparse(base).rpartition(".")[2] for base in node.bases):
            others = [item for item in known.get(base, ()) if item[1] is not node]
            if others:
                inherited = keys_of(known, *next((item for item in others if item[0] == file), others[0]))
                if inherited.always | inherited.sometimes:
                    made.always |= inherited.always
                    made.sometimes |= inherited.sometimes
                    break
    return Keys(made.always - dropped, made.sometimes - made.always - dropped)


def statements(body: list[ast.stmt], sure: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Every statement, and whether it is run in any case."""
    for part in body:
        if isinstance(part, ast.If):
            yield part.test, sure
            yield from statements([*part.body, *part.orelse], False)
        elif isinstance(part, (ast.For, ast.With, ast.Try)):
            yield from statements(part.body, sure)
        else:
            yield part, sure


def stated(part: ast.AST) -> Iterator[str]:
    """Keys that a statement writes: {"key": …}, config["key"] = …, dict(key=…), config.update(key=…)."""
    for node in ast.walk(part):
        if isinstance(node, ast.Dict):
            written = {key.value for key in node.keys if isinstance(key, ast.Constant)}
            yield from written if "class_name" not in written else ()  # of a layer inside
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                    yield target.slice.value
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("dict", "update"):
            yield from (keyword.arg for keyword in node.keywords if keyword.arg)


def taken_away(part: ast.AST) -> Iterator[str]:
    """Keys that a statement takes away: config.pop("key"), del config["key"]."""
    for node in ast.walk(part):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".pop"):
            yield from (given.value for given in node.args[:1] if isinstance(given, ast.Constant))
        elif isinstance(node, ast.Delete):
            yield from (
                target.slice.value
                for target in node.targets
                if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant)
            )


def release(folder: Path) -> tuple[str, Path]:
    """What is written as keras_version, with the TensorFlow that has this Keras; and where the sources are."""
    tensorflow = next(folder.rglob("python/keras/__init__.py"), None)
    if tensorflow is None:
        return folder.name.partition("-")[2], folder / "keras"
    versions = re.findall(r"__version__ = '(.*)'", tensorflow.read_text("utf-8"))
    number = folder.name.partition("-")[2]
    return f"{versions[0] if number.startswith('2.2') else versions[-1]} (TensorFlow {number})", tensorflow.parent


def main(folder: Path) -> None:
    layers = sorted(entry.name for entry in catalogue.entries() if entry.keras.startswith("keras.layers."))
    found: dict[str, list[tuple[list[str], list[str], list[str]]]] = {name: [] for name in layers}
    releases = sorted((release(path) for path in folder.iterdir()), key=lambda item: numbers(item[0]))
    for version, sources in releases:
        known = classes(sources)
        for name in layers:
            variants = [keys_of(known, *item) for item in known.get(IN_SOURCE.get(name, name), ())]
            variants = [keys for keys in variants if keys.always]  # of TensorFlow 1 and 2, say
            if variants:
                every = set.intersection(*(keys.always for keys in variants))
                some = set.union(*(keys.always | keys.sometimes for keys in variants)) - every
                row = ([version], sorted(every - GENERAL), sorted(some - GENERAL))
                if found[name] and found[name][-1][1:] == row[1:]:
                    found[name][-1][0].append(version)
                else:
                    found[name].append(row)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(rows)}" for name, rows in found.items())
    text = f'{{"releases": {json.dumps([version for version, _ in releases])},\n"layers": {{\n{lines}\n}}}}\n'
    Path(__file__).with_name("keys.json").write_text(text, "utf-8")


def numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
