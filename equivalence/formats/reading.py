"""`read`: a model file, known by its content, to a graph with its arrays attached."""

from __future__ import annotations

import io
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from equivalence.errors import Refused
from equivalence.formats.archive import Archive
from equivalence.formats.assets import attach_assets
from equivalence.formats.document import Document, parse, without_tuples
from equivalence.formats.hdf5 import Group, read_tree, text
from equivalence.formats.legacy_weights import attach_legacy
from equivalence.formats.model import build_model
from equivalence.formats.native_weights import attach_native
from equivalence.formats.refusal import shown
from equivalence.formats.window import Window
from equivalence.translation.graph import Graph, ModelFile

ZIP_MAGIC = b"PK\x03\x04"
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
WHOLE_MODEL = "save the whole model with model.save('name.keras')"
WEIGHTS, OTHER_WEIGHTS = "model.weights.h5", ("model.weights.npz", "model.weights.json")


def read(source: str | os.PathLike[str] | bytes, *, name: str = "") -> ModelFile:
    """Reads a `.keras` file, or a `.h5`/`.hdf5` file with a model in it, from a path or from bytes.

    `name` stands in messages where the source is bytes. Nothing of the file is executed, and no
    array is read yet: each `Stored.read()` does that until the result is closed. A bfloat16 array
    comes as float32 with the same values.

    Raises Refused, with the file's name, for everything that is not a whole Functional or Sequential
    model of Keras 2 or 3.
    """
    name = shown(name or ("model in memory" if isinstance(source, bytes) else Path(source).name))[1:-1]
    with ExitStack() as resources:
        file, size = _opened(source, name, resources)
        if _starts(file, ZIP_MAGIC):
            kind, (document, graph) = ".keras", _read_keras(file, size, name, resources)
        elif _starts(file, HDF5_MAGIC):
            kind, (document, graph) = ".h5", _read_hdf5(Window(file, 0, size), name)
        else:
            raise Refused(f"{name} is neither a .keras (zip) nor an HDF5 file; {WHOLE_MODEL}")
        return ModelFile(name, kind, document.keras_version, graph, resources.pop_all().close)


def _opened(source: Any, name: str, resources: ExitStack) -> tuple[BinaryIO, int]:
    if isinstance(source, bytes):
        return io.BytesIO(source), len(source)
    path = Path(source)
    if path.is_dir():
        raise Refused(f"{name} is a folder, not a Keras file; {WHOLE_MODEL}")
    try:
        return resources.enter_context(path.open("rb")), path.stat().st_size
    except OSError as error:
        raise Refused(f"{name} cannot be opened: {error.strerror}") from error


def _starts(file: BinaryIO, magic: bytes) -> bool:
    file.seek(0)
    return file.read(len(magic)) == magic


def _read_keras(file: BinaryIO, size: int, name: str, resources: ExitStack) -> tuple[Document, Graph]:
    archive = Archive(file, size, name)
    for other in OTHER_WEIGHTS:
        if other in archive:
            raise Refused(f"{name} keeps its weights in {other}, which is not read; {WHOLE_MODEL}")
    config = parse(archive.text("config.json", 16 << 20), "config.json", name)
    version: Any = ""
    if "metadata.json" in archive:
        version = parse(archive.text("metadata.json", 1 << 20), "metadata.json", name).get("keras_version")
    document = Document(name, _version(version, name))
    graph = build_model(config, document)
    root = read_tree(archive.window(WEIGHTS, resources), name, skip=("optimizer",))
    attach_native(graph, root, document)
    attach_assets(graph, archive, name)
    return document, graph


def _read_hdf5(window: Window, name: str) -> tuple[Document, Graph]:
    root = read_tree(window, name, skip=("optimizer_weights",))
    attributes = root.attributes()
    weights = root.groups.get("model_weights")
    if "model_config" not in attributes or weights is None:
        raise Refused(f"{name} holds no architecture (a weights-only file?); {WHOLE_MODEL}")
    document = Document(name, _keras_2_or_3(attributes, weights, name))
    config = parse(text(attributes["model_config"]), "model_config", name)
    graph = build_model(without_tuples(config), document)
    attach_legacy(graph, weights, document)
    return document, graph


def _keras_2_or_3(attributes: Any, weights: Group, name: str) -> str:
    value = attributes.get("keras_version", weights.attributes().get("keras_version"))
    version = _version(text(value) if value is not None else "1", name)
    if version.startswith("1"):
        raise Refused(f"{name} was written by Keras 1: it is not read; load and save it with Keras 2.2 first")
    return version


def _version(value: Any, name: str) -> str:
    if value is not None and not isinstance(value, str):
        raise Refused(f"{name}: keras_version should be a text and is {shown(value)}")
    return value or ""
