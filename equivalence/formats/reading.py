"""`read`: a model file, known by its content, to a graph with its arrays attached."""

from __future__ import annotations

import io
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from equivalence.errors import Refused
from equivalence.formats.archive import Archive
from equivalence.formats.assets import attach_assets
from equivalence.formats.document import Document, parse, without_tuples, writer
from equivalence.formats.file_limits import DEFAULTS, Limits
from equivalence.formats.folder import Folder
from equivalence.formats.given_file import GivenFile
from equivalence.formats.hdf5 import Group, read_tree, text
from equivalence.formats.legacy_weights import attach_legacy, is_legacy
from equivalence.formats.model import build_model
from equivalence.formats.native_weights import attach_native
from equivalence.formats.other_files import WHOLE_MODEL, other_file, other_folder
from equivalence.formats.quantised_weights import dequantise
from equivalence.formats.refusal import shown
from equivalence.formats.weights_only import PASS_CONFIG, architecture, joined_shards, on_architecture
from equivalence.formats.window import Window
from equivalence.translation.graph import Graph, ModelFile

ZIP_MAGIC = b"PK\x03\x04"
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
OTHER_WEIGHTS = ("model.weights.npz", "model.weights.json")
PEEK = 1024


def read(
    source: str | os.PathLike[str] | bytes,
    *,
    name: str = "",
    config: str | os.PathLike[str] | None = None,
    limits: Limits | None = None,
) -> ModelFile:
    """Reads a `.keras` file, or a `.h5`/`.hdf5` file with a model in it, from a path or from bytes.

    With `config`, the file of a model's JSON, the source holds its weights alone. A folder is read where it is an
    unpacked `.keras` file. `name` stands in messages where the source is bytes. Nothing of the file is executed, and
    no array is read yet: each `Stored.read()` does that until the result is closed. A bfloat16 array
    comes as float32 with the same values. `limits`: what is allowed of what a file can make the reader do.

    Raises Refused, with the file's name, for everything that is not a whole Functional or Sequential
    model of Keras 2 or 3.
    """
    name = shown(name or ("model in memory" if isinstance(source, bytes) else Path(source).name))[1:-1]
    with ExitStack() as resources:
        reading = _Reading(name, limits or DEFAULTS, resources)
        if config is not None:
            given = architecture(config, reading.limits)
            tree = reading.weights_alone(source)
            kind, document, graph = on_architecture(given, tree, name, reading.limits)
        elif not isinstance(source, bytes) and Path(source).is_dir():
            kind = ".keras"
            document, graph = reading.keras(reading.unpacked(Path(source)))
        else:
            kind, document, graph = reading.whole(source)
        return ModelFile(name, kind, document.keras_version, graph, resources.pop_all().close)


def is_unpacked(path: Path) -> bool:
    """Whether a folder is an unpacked `.keras` file."""
    return (path / CONFIG).exists() and any((path / weights).exists() for weights in (WEIGHTS, *OTHER_WEIGHTS))


class _Reading:
    """One file being read; `resources` closes what is opened for it."""

    def __init__(self, name: str, limits: Limits, resources: ExitStack) -> None:
        self.name = name
        self.limits = limits
        self.resources = resources

    def whole(self, source: str | os.PathLike[str] | bytes) -> tuple[str, Document, Graph]:
        """A file with a model in it, known by its first bytes."""
        name, window = self.name, self._opened(source)
        if _starts(window, ZIP_MAGIC) and CONFIG in (archive := Archive(window, name, self.limits)):
            return ".keras", *self.keras(archive)
        if _starts(window, HDF5_MAGIC):
            return ".h5", *self._legacy(window)
        raise other_file(name, _start(window))

    def _opened(self, source: str | os.PathLike[str] | bytes) -> Window:
        if isinstance(source, bytes):
            return Window(io.BytesIO(source), 0, len(source))
        path = Path(source)
        if path.is_dir():
            raise other_folder(self.name, path)
        try:
            given = self.resources.enter_context(GivenFile(path, self.name))
        except Refused as refusal:
            if Path(f"{path}.index").is_file():
                raise other_file(f"{self.name}.index", b"") from refusal
            raise
        return Window(given.file, 0, given.size, given.check_unchanged)

    def unpacked(self, path: Path) -> Folder:
        """A folder that is an unpacked `.keras` file (`model.save(…, zipped=False)`). Raises Refused for any other."""
        if not is_unpacked(path):
            raise other_folder(self.name, path)
        return Folder(path, self.name, self.limits)

    def keras(self, archive: Archive | Folder) -> tuple[Document, Graph]:
        """The members of a `.keras` file."""
        name, limits = self.name, self.limits
        for other in OTHER_WEIGHTS:
            if other in archive:
                raise Refused(f"{name} keeps its weights in {other}, which is not read; {WHOLE_MODEL}")
        config = parse(archive.text(CONFIG, limits.json_bytes, "json_bytes"), CONFIG, name, limits)
        version: Any = ""
        if METADATA in archive:
            metadata = archive.text(METADATA, limits.json_bytes, "json_bytes")
            version = parse(metadata, METADATA, name, limits).get("keras_version")
        document = Document(name, writer(version, name))
        graph = build_model(config, document, limits)
        root = read_tree(archive.window(WEIGHTS, self.resources), name, limits, skip=("optimizer",))
        attach_native(graph, root, document)
        dequantise(graph.layers, document)
        attach_assets(graph, archive, name)
        return document, graph

    def _legacy(self, window: Window) -> tuple[Document, Graph]:
        name = self.name
        root = read_tree(window, name, self.limits, skip=("optimizer_weights",))
        attributes = root.attributes()
        weights = root.groups.get("model_weights")
        if "model_config" not in attributes:
            raise Refused(f"{name} holds weights alone and no architecture: {PASS_CONFIG}")
        if weights is None:
            raise Refused(f"{name} holds an architecture and no weights; {WHOLE_MODEL}")
        version = attributes.get("keras_version", weights.attributes().get("keras_version"))
        document = Document(name, writer(text(version) if version is not None else "1", name))
        config = parse(text(attributes["model_config"]), "model_config", name, self.limits)
        graph = build_model(without_tuples(config), document, self.limits)
        attach_legacy(graph, weights, document)
        return document, graph

    def weights_alone(self, source: str | os.PathLike[str] | bytes) -> Group:
        """The tree of a file that holds no model. Raises Refused where it holds one, or is no file of weights."""
        name, window = self.name, self._opened(source)
        if _starts(window, HDF5_MAGIC):
            root = read_tree(window, name, self.limits)
            if "model_config" not in root.attributes():
                weights = root.groups.get("model_weights")
                return weights if weights is not None and is_legacy(weights) else root
        elif _starts(window, b"{") and not isinstance(source, bytes):
            window.allow(2 * self.limits.json_bytes)
            index = parse(window.read(self.limits.json_bytes + 1), "its index", name, self.limits)
            return joined_shards(index, Path(source).parent, name, self.resources, self.limits)
        elif not _starts(window, ZIP_MAGIC):
            raise other_file(name, _start(window))
        raise Refused(f"{name} holds a model of its own: leave --config out, or pass the weights of model.save_weights")


def _start(window: Window) -> bytes:
    with window.allowing(PEEK):
        window.seek(0)
        found = window.read(16)
        window.seek(0)
        return found


def _starts(window: Window, magic: bytes) -> bool:
    return _start(window).startswith(magic)
