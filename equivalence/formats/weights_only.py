"""Weights that lie in a file of their own (`model.save_weights`), beside the JSON of their model (`model.to_json`)."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from equivalence.errors import Refused
from equivalence.formats.document import Document, parse, without_tuples, writer
from equivalence.formats.file_limits import Limits, lifted_by
from equivalence.formats.folder import beside
from equivalence.formats.given_file import GivenFile
from equivalence.formats.hdf5 import Group, read_tree, text
from equivalence.formats.legacy_weights import attach_legacy, is_legacy, names_in_model
from equivalence.formats.model import build_model
from equivalence.formats.native_weights import attach_native
from equivalence.formats.quantised_weights import dequantise
from equivalence.formats.refusal import readable, shown
from equivalence.formats.window import Window
from equivalence.translation.graph import Graph

#: What a file of weights alone is refused with.
PASS_CONFIG = (
    "pass the JSON of its model with --config (in Python: config=), as Path('model.json').write_text(model.to_json()) "
    "writes it"
)


def architecture(path: str | os.PathLike[str], limits: Limits) -> dict[str, Any]:
    """The JSON that `model.to_json()` gives, out of a file. Raises Refused where it is none."""
    name = shown(Path(path).name)[1:-1]
    with GivenFile(path, name) as given:
        content = given.file.read(limits.json_bytes + 1)
        given.check_unchanged()
    with readable(name):
        content.decode()
    found = parse(content, "the configuration", name, limits)
    if "class_name" not in found or not isinstance(found.get("config"), (dict, list)):
        raise Refused(f"{name} holds no model's class_name and config; write it with model.to_json()")
    return found


def on_architecture(config: dict[str, Any], tree: Group, name: str, limits: Limits) -> tuple[str, Document, Graph]:
    """The kind of file it would be as a whole (".h5" of Keras 2, else ".keras"), and its graph with the arrays.

    Raises Refused where the arrays are not those of the model.
    """
    legacy, old = is_legacy(tree), "module" not in config
    version = config.get("keras_version")
    if version is None and legacy and old:
        found = tree.attributes().get("keras_version")
        version = text(found) if found is not None else "1"
    document = Document(name, writer(version, name))
    graph = build_model(without_tuples(config) if old else config, document, limits)
    if legacy:
        attach_legacy(graph, tree, document, names_in_model(graph, tree, document))
    else:
        tree.groups.pop("optimizer", None)
        attach_native(graph, tree, document)
        dequantise(graph.layers, document)
    return ".h5" if old else ".keras", document, graph


def joined_shards(index: dict[str, Any], folder: Path, name: str, resources: ExitStack, limits: Limits) -> Group:
    """The tree that the files of a `.weights.json` hold together; they lie in its folder.

    Raises Refused where one is missing, or two hold the same array.
    """
    trees = []
    for file in shard_names(index, name, limits):
        given = resources.enter_context(beside(folder, file, f"{name}: its part {shown(file)}", limits))
        trees.append(tree_of(given, shown(file)[1:-1], limits))
    for other in trees[1:]:
        _join(trees[0], other, name)
    return trees[0]


def shard_names(index: dict[str, Any], name: str, limits: Limits) -> list[str]:
    """The names of the files that a `.weights.json` lists, in order. Raises Refused where one is no plain name."""
    listed = index.get("weight_map")
    if not isinstance(listed, dict):
        raise Refused(f"{name} is no index of weights (it has no weight_map): {PASS_CONFIG}")
    files: set[str] = set()
    for found in listed.values():
        for file in found if isinstance(found, list) else [found]:
            if not isinstance(file, str) or file in ("", ".", "..") or file != os.path.basename(file) or "\0" in file:
                raise Refused(f"{name}: {shown(file)} is no plain name of a file beside it")
            files.add(file)
    if not files:
        raise Refused(f"{name} lists 0 files of weights")
    if len(files) > limits.shards:
        raise Refused(f"{name} lists {len(files)} files of weights; {lifted_by('shards')}")
    return sorted(files)


def tree_of(given: GivenFile, name: str, limits: Limits) -> Group:
    """The whole tree of an HDF5 file."""
    return read_tree(Window(given.file, 0, given.size, given.check_unchanged), name, limits)


def _join(tree: Group, other: Group, name: str) -> None:
    for key, array in other.arrays.items():
        if key in tree.arrays:
            raise Refused(f"{name}: the array {shown(array.path)} is in two of its files")
        tree.arrays[key] = array
    for key, group in other.groups.items():
        if key in tree.groups:
            _join(tree.groups[key], group, name)
        else:
            tree.groups[key] = group
