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
from equivalence.formats.document import MAX_BYTES, Document, parse, without_tuples, writer
from equivalence.formats.folder import Folder
from equivalence.formats.hdf5 import Group, read_tree, text
from equivalence.formats.legacy_weights import attach_legacy, is_legacy
from equivalence.formats.model import build_model
from equivalence.formats.native_weights import attach_native
from equivalence.formats.other_files import WHOLE_MODEL, other_file, other_folder
from equivalence.formats.refusal import shown
from equivalence.formats.weights_only import PASS_CONFIG, architecture, beside, joined_shards
from equivalence.formats.window import Window
from equivalence.translation.graph import Graph, ModelFile

ZIP_MAGIC = b"PK\x03\x04"
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
CONFIG, WEIGHTS, OTHER_WEIGHTS = "config.json", "model.weights.h5", ("model.weights.npz", "model.weights.json")


def read(
    source: str | os.PathLike[str] | bytes, *, name: str = "", config: str | os.PathLike[str] | None = None
) -> ModelFile:
    """Reads a `.keras` file, or a `.h5`/`.hdf5` file with a model in it, from a path or from bytes.

    With `config`, the file of a model's JSON, the source holds its weights alone. A folder is read where it is an
    unpacked `.keras` file. `name` stands in messages where the source is bytes. Nothing of the file is executed, and
    no array is read yet: each `Stored.read()` does that until the result is closed. A bfloat16 array
    comes as float32 with the same values.

    Raises Refused, with the file's name, for everything that is not a whole Functional or Sequential
    model of Keras 2 or 3.
    """
    name = shown(name or ("model in memory" if isinstance(source, bytes) else Path(source).name))[1:-1]
    with ExitStack() as resources:
        if config is not None:
            given = architecture(config)
            kind, document, graph = beside(given, _weights_alone(source, name, resources), name)
        elif not isinstance(source, bytes) and Path(source).is_dir():
            kind = ".keras"
            document, graph = _read_keras(_unpacked(Path(source), name), name, resources)
        else:
            file, size = _opened(source, name, resources)
            if _starts(file, ZIP_MAGIC) and CONFIG in (archive := Archive(file, size, name)):
                kind, (document, graph) = ".keras", _read_keras(archive, name, resources)
            elif _starts(file, HDF5_MAGIC):
                kind, (document, graph) = ".h5", _read_hdf5(Window(file, 0, size), name)
            else:
                raise other_file(name, _start(file))
        return ModelFile(name, kind, document.keras_version, graph, resources.pop_all().close)


def _opened(source: Any, name: str, resources: ExitStack) -> tuple[BinaryIO, int]:
    if isinstance(source, bytes):
        return io.BytesIO(source), len(source)
    path = Path(source)
    if path.is_dir():
        raise other_folder(name, path)
    try:
        return resources.enter_context(path.open("rb")), path.stat().st_size
    except OSError as error:
        if Path(f"{path}.index").is_file():
            raise other_file(f"{name}.index", b"") from error
        raise Refused(f"{name} cannot be opened: {error.strerror}") from error


def _start(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(16)


def _unpacked(path: Path, name: str) -> Folder:
    """A folder that is an unpacked `.keras` file (`model.save(…, zipped=False)`). Raises Refused for any other."""
    folder = Folder(path, name)
    if CONFIG not in folder or not any(weights in folder for weights in (WEIGHTS, *OTHER_WEIGHTS)):
        raise other_folder(name, path)
    return folder


def _read_keras(archive: Archive | Folder, name: str, resources: ExitStack) -> tuple[Document, Graph]:
    for other in OTHER_WEIGHTS:
        if other in archive:
            raise Refused(f"{name} keeps its weights in {other}, which is not read; {WHOLE_MODEL}")
    config = parse(archive.text(CONFIG, MAX_BYTES), CONFIG, name)
    version: Any = ""
    if "metadata.json" in archive:
        version = parse(archive.text("metadata.json", 1 << 20), "metadata.json", name).get("keras_version")
    document = Document(name, writer(version, name))
    graph = build_model(config, document)
    root = read_tree(archive.window(WEIGHTS, resources), name, skip=("optimizer",))
    attach_native(graph, root, document)
    attach_assets(graph, archive, name)
    return document, graph


def _read_hdf5(window: Window, name: str) -> tuple[Document, Graph]:
    root = read_tree(window, name, skip=("optimizer_weights",))
    attributes = root.attributes()
    weights = root.groups.get("model_weights")
    if "model_config" not in attributes:
        raise Refused(f"{name} holds weights alone and no architecture: {PASS_CONFIG}")
    if weights is None:
        raise Refused(f"{name} holds an architecture and no weights; {WHOLE_MODEL}")
    version = attributes.get("keras_version", weights.attributes().get("keras_version"))
    document = Document(name, writer(text(version) if version is not None else "1", name))
    config = parse(text(attributes["model_config"]), "model_config", name)
    graph = build_model(without_tuples(config), document)
    attach_legacy(graph, weights, document)
    return document, graph


def _weights_alone(source: Any, name: str, resources: ExitStack) -> Group:
    """The tree of a file that holds no model. Raises Refused where it holds one, or is no file of weights."""
    file, size = _opened(source, name, resources)
    if _starts(file, HDF5_MAGIC):
        root = read_tree(Window(file, 0, size), name)
        if "model_config" not in root.attributes():
            weights = root.groups.get("model_weights")
            return weights if weights is not None and is_legacy(weights) else root
    elif _starts(file, b"{") and not isinstance(source, bytes):
        index = parse(file.read(MAX_BYTES + 1), "its index", name)
        return joined_shards(index, Path(source).parent, name, resources)
    elif not _starts(file, ZIP_MAGIC):
        raise other_file(name, _start(file))
    raise Refused(f"{name} holds a model of its own: leave --config out, or pass the weights of model.save_weights")


def _starts(file: BinaryIO, magic: bytes) -> bool:
    file.seek(0)
    found = file.read(len(magic))
    file.seek(0)
    return found == magic
