"""Text files that a `.keras` archive keeps beside its weights: the vocabularies of lookup layers."""

from __future__ import annotations

from functools import cache, partial

from equivalence.errors import Refused
from equivalence.formats.archive import Archive
from equivalence.formats.file_limits import lifted_by
from equivalence.formats.folder import Folder
from equivalence.formats.held_models import inside_at
from equivalence.formats.native_weights import named
from equivalence.formats.refusal import shown
from equivalence.translation.graph import Graph, Layer

#: The files that are looked for: no other name is ever read.
NAMES = ("vocabulary.txt",)


def attach_assets(graph: Graph, archive: Archive | Folder, source: str) -> None:
    """Gives every layer of the graph its text files, to be read when asked for.

    They lie where the layer's arrays do (keras/src/saving/saving_lib.py, `_save_state`); a shared layer's at its
    first visit alone.
    """
    _Texts(archive, source).attach(graph, "assets/layers")


class _Texts:
    """What an archive may still hold of them, all together."""

    def __init__(self, archive: Archive | Folder, source: str) -> None:
        self.archive = archive
        self.source = source
        self.bytes_left = archive.limits.text_bytes
        self.words_left = archive.limits.words

    def attach(self, graph: Graph, folder: str) -> None:
        for name, layer in named(graph):
            self._attach(layer, f"{folder}/{name}")

    def _attach(self, layer: Layer, folder: str) -> None:
        if layer.graph is not None:
            self.attach(layer.graph, f"{folder}/layers")
            return
        for path, inside in inside_at(layer).items():
            self._attach(inside, f"{folder}/{path}")
        for file in NAMES:
            path = f"{folder}/{file}"
            if path in self.archive and file not in layer.assets:
                layer.assets[file] = cache(partial(self._text, path))

    def _text(self, path: str) -> str:
        """The content of a text file. Raises Refused where it is too large or no UTF-8."""
        content = self.archive.text(path, self.bytes_left, "text_bytes")
        self.bytes_left -= len(content)
        self.words_left -= content.count(b"\n") + content.count(b"\r")
        if self.words_left < 0:
            raise Refused(
                f"{self.source}: {shown(path)} has more than {self.archive.limits.words} lines; {lifted_by('words')}"
            )
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise Refused(f"{self.source}: {shown(path)} is no text in UTF-8") from error
