"""The vocabularies of an archive: read where they belong, and nothing else of it."""

from __future__ import annotations

import io
import zipfile

import keras
import numpy as np
import pytest

from equivalence.errors import Refused
from equivalence.formats import read
from equivalence.formats.file_limits import Limits


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A lookup layer in a nested model, and a TextVectorization of two with the same class."""
    words = keras.Input((1,), dtype="string", name="words")
    lookup = keras.layers.StringLookup(name="lookup")
    lookup.adapt(np.array(["b", "a", "b"]))
    inner = keras.Model(words, lookup(words), name="inner")
    text = keras.Input((1,), dtype="string", name="text")
    first, second = (keras.layers.TextVectorization(name=name) for name in ("first", "second"))
    first.adapt(np.array(["one one two"]))
    second.adapt(np.array(["three"]))
    path = tmp_path_factory.mktemp("assets") / "model.keras"
    keras.Model(text, [inner(text), first(text), second(text)]).save(path)
    return path.read_bytes()


def with_vocabulary(content: bytes, vocabulary: bytes) -> bytes:
    """The archive with another vocabulary for the layer `second`."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(out, "w") as made:
        for name in archive.namelist():
            own = name == "assets/layers/text_vectorization_1/vocabulary.txt"
            made.writestr(name, vocabulary if own else archive.read(name))
        made.writestr("assets/layers/text_vectorization/other.txt", b"never read")
    return out.getvalue()


def test_each_layer_gets_its_own(content: bytes) -> None:
    model = read(content)
    layers = {layer.name: layer for layer in model.graph.layers}
    lookup = next(layer for layer in layers["inner"].graph.layers if layer.name == "lookup")  # type: ignore[union-attr]
    found = {layer.name: layer.assets["vocabulary.txt"]() for layer in (lookup, layers["first"], layers["second"])}
    assert found == {"lookup": "[UNK]\nb\na", "first": "\n[UNK]\none\ntwo", "second": "\n[UNK]\nthree"}
    model.close()


def test_other_files_are_not_taken_up(content: bytes) -> None:
    model = read(with_vocabulary(content, b"x"))
    assert all(set(layer.assets) <= {"vocabulary.txt"} for layer in model.graph.layers)
    model.close()


def test_what_is_no_utf_8_is_refused(content: bytes) -> None:
    model = read(with_vocabulary(content, b"\xff\xfe"), name="odd.keras")
    second = next(layer for layer in model.graph.layers if layer.name == "second")
    with pytest.raises(Refused, match=r"odd\.keras: .*vocabulary\.txt' is no text in UTF-8"):
        second.assets["vocabulary.txt"]()
    model.close()


def test_what_is_too_large_is_refused(content: bytes) -> None:
    model = read(content, name="large.keras", limits=Limits(text_bytes=4))
    first = next(layer for layer in model.graph.layers if layer.name == "first")
    with pytest.raises(
        Refused, match=r"large\.keras: .*vocabulary\.txt has \d+ bytes, more than 4; --allow text-bytes=N"
    ):
        first.assets["vocabulary.txt"]()
    model.close()


def test_more_words_than_anybody_has_are_refused(content: bytes) -> None:
    model = read(with_vocabulary(content, b"a\n" * 9), name="long.keras", limits=Limits(words=8))
    second = next(layer for layer in model.graph.layers if layer.name == "second")
    with pytest.raises(Refused, match=r"long\.keras: .*vocabulary\.txt' has more than 8 lines; --allow words=N"):
        second.assets["vocabulary.txt"]()
    model.close()
