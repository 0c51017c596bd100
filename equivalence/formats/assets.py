"""Text files that a `.keras` archive keeps beside its weights: the vocabularies of lookup layers."""

from __future__ import annotations

from functools import partial

from equivalence.errors import Refused
from equivalence.formats.archive import Archive
from equivalence.formats.folder import Folder
from equivalence.formats.held_models import inside_at
from equivalence.formats.native_weights import named
from equivalence.formats.refusal import shown
from equivalence.translation.graph import Graph, Layer

#: The files that are looked for: no other name is ever read.
NAMES = ("vocabulary.txt",)
MAX_BYTES = 64 << 20


def attach_assets(graph: Graph, archive: Archive | Folder, source: str, folder: str = "assets/layers") -> None:
    """Gives every layer of the graph its text files, to be read when asked for.

    They lie where the layer's arrays do (keras/src/saving/saving_lib.py, `_save_state`); a shared layer's at its
    first visit alone.
    """
    for name, layer in named(graph):
        _attach(layer, archive, source, f"{folder}/{name}")


def _attach(layer: Layer, archive: Archive | Folder, source: str, folder: str) -> None:
    if layer.graph is not None:
        attach_assets(layer.graph, archive, source, f"{folder}/layers")
        return
    for path, inside in inside_at(layer).items():
        _attach(inside, archive, source, f"{folder}/{path}")
    for file in NAMES:
        path = f"{folder}/{file}"
        if path in archive and file not in layer.assets:
            layer.assets[file] = partial(_text, archive, path, source)


def _text(archive: Archive | Folder, path: str, source: str) -> str:
    """The content of a text file. Raises Refused where it is too large or no UTF-8."""
    try:
        return archive.text(path, MAX_BYTES).decode()
    except UnicodeDecodeError as error:
        raise Refused(f"{source}: {shown(path)} is no text in UTF-8") from error
