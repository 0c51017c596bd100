"""How the model of a file was compiled, and the state that its optimizer was left in.

All of it is text and numbers of a stranger's file: nothing of it is made into an object here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from equivalence.errors import Refused
from equivalence.formats.archive import Archive
from equivalence.formats.document import Document, parse
from equivalence.formats.file_limits import DEFAULTS, Limits
from equivalence.formats.folder import Folder
from equivalence.formats.given_file import GivenFile
from equivalence.formats.hdf5 import Group, read_tree, text
from equivalence.formats.legacy_weights import listed_arrays
from equivalence.formats.reading import CONFIG, METADATA, WEIGHTS, is_unpacked
from equivalence.formats.refusal import shown
from equivalence.formats.window import Window
from equivalence.translation.graph import Stored

NOT_COMPILED = "holds no compiled model: compile it in Keras, and save it"


class Compiled(NamedTuple):
    """What `compile` was given, as the file says it, and the arrays of the optimizer in their order."""

    source: str  # the file's name, for messages
    config: Mapping[str, Any]  # optimizer, loss, loss_weights, metrics, weighted_metrics, …
    state: list[Stored]  # empty where the file has none


@contextmanager
def compiled(path: str | os.PathLike[str], limits: Limits = DEFAULTS) -> Iterator[Compiled]:
    """What a `.keras` or `.h5` file tells of its training; its arrays can be read while this lasts.

    Raises Refused where the model was not compiled, or a part of that cannot be read.
    """
    path = Path(path)
    name = shown(path.name)[1:-1]
    with ExitStack() as resources:
        if is_unpacked(path):
            yield _of_archive(Folder(path, name, limits), name, limits, resources)
            return
        given = resources.enter_context(GivenFile(path, name))
        window = Window(given.file, 0, given.size, given.check_unchanged)
        if given.file.read(2) == b"PK":
            yield _of_archive(Archive(window, name, limits), name, limits, resources)
        else:
            yield _of_legacy(window, name, limits)


def _of_archive(archive: Archive | Folder, name: str, limits: Limits, resources: ExitStack) -> Compiled:
    config = parse(archive.text(CONFIG, limits.json_bytes, "json_bytes"), CONFIG, name, limits).get("compile_config")
    metadata = archive.text(METADATA, limits.json_bytes, "json_bytes") if METADATA in archive else b"{}"
    root = read_tree(archive.window(WEIGHTS, resources), name, limits, skip=("layers",))
    group = root.group("optimizer/vars")
    kept = _numbered(group, name) if group else []
    return Compiled(
        name,
        _stated(config, name),
        _of_keras_3(kept, parse(metadata, METADATA, name, limits).get("keras_version"), name),
    )


def _of_keras_3(kept: list[Stored], version: Any, name: str) -> list[Stored]:
    """What an optimizer kept, if it was one of Keras 3; those of earlier ones have another order."""
    if kept and not (isinstance(version, str) and version.startswith("3.")):
        raise Refused(
            f"{name} has the state of an optimizer of Keras {shown(version)}, which lies in another order than that "
            "of Keras 3: save it with include_optimizer=False, and it begins anew"
        )
    return kept


def _numbered(group: Group, name: str) -> list[Stored]:
    for number in range(len(group.arrays)):
        if str(number) not in group.arrays:
            raise Refused(f"{name}: the optimizer lacks its array {number}")
    return [group.arrays[str(number)] for number in range(len(group.arrays))]


def _of_legacy(window: Window, name: str, limits: Limits) -> Compiled:
    root = read_tree(window, name, limits, skip=("model_weights",))
    attributes = root.attributes()
    if "training_config" not in attributes:
        raise Refused(f"{name} {NOT_COMPILED}")
    held = parse(text(attributes["training_config"]), "training_config", name, limits)
    config = {**held, "optimizer": held.get("optimizer_config")}
    group = root.groups.get("optimizer_weights")
    kept = listed_arrays(group, Document(name, "")) if group else []
    version = text(attributes["keras_version"]) if "keras_version" in attributes else None
    return Compiled(name, _stated(config, name), _of_keras_3(kept, version, name))


def _stated(config: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(config, dict) or not config.get("optimizer"):
        raise Refused(f"{name} {NOT_COMPILED}")
    return config
