"""Zip archives that lie about what is in them, or that hold what Keras never writes."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator

from hostile_bases import WEIGHTS, Craft, members, tiny, with_members, zipped

NAMES = ("config.json", "metadata.json", WEIGHTS)
CENTRAL, LOCAL, END = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"
#: Fields of a member's entry in the directory, and of its header: offset and form.
FIELDS = {
    "central-flags": (CENTRAL, 8, "<H", (1, 0x41, 0x800, 0xFFFF)),
    "central-method": (CENTRAL, 10, "<H", (1, 9, 12, 14, 99)),
    "central-checksum": (CENTRAL, 16, "<I", (0, 0xFFFFFFFF)),
    "central-compressed": (CENTRAL, 20, "<I", (0, 1, 0xFFFFFFFE, 0xFFFFFFFF)),
    "central-size": (CENTRAL, 24, "<I", (0, 1, 0xFFFFFFFE, 0xFFFFFFFF)),
    "central-name-size": (CENTRAL, 28, "<H", (0, 3, 0xFFFF)),
    "central-extra-size": (CENTRAL, 30, "<H", (5, 0xFFFF)),
    "central-offset": (CENTRAL, 42, "<I", (1, 0x7FFFFFFF, 0xFFFFFFFF)),
    "local-method": (LOCAL, 8, "<H", (9, 99)),
    "local-compressed": (LOCAL, 18, "<I", (0, 0xFFFFFFFF)),
    "local-name-size": (LOCAL, 26, "<H", (0, 0xFFFF)),
    "local-extra-size": (LOCAL, 28, "<H", (7, 0xFFFF)),
    "end-entries": (END, 10, "<H", (0, 1, 0xFFFF)),
    "end-directory-size": (END, 12, "<I", (0, 10, 0xFFFFFFFF)),
    "end-directory-offset": (END, 16, "<I", (0, 0x7FFFFFFF, 0xFFFFFFFF)),
}


def _patched(magic: bytes, offset: int, form: str, value: int) -> bytes:
    """The first member's, or the end's, field with another value."""
    data = bytearray(tiny())
    at = data.rfind(magic) if magic == END else data.find(magic)
    struct.pack_into(form, data, at + offset, value)
    return bytes(data)


def _names(name: str) -> bytes:
    return with_members(lambda parts: parts.update({name: b"print('here')"}))


def _twice(name: str) -> bytes:
    out = io.BytesIO(tiny())
    with zipfile.ZipFile(out, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(name, b"{}")
    return out.getvalue()


def _many(count: int) -> bytes:
    parts = dict(members(tiny()))
    return zipped({**parts, **{f"assets/{index}": b"" for index in range(count)}})


def _directory_of_one(count: int) -> bytes:
    """A directory whose entries all lead to one member."""
    data = tiny()
    directory, end = data.find(CENTRAL), data.rfind(END)
    entry = data[directory : data.find(CENTRAL, directory + 4)]
    new = data[:directory] + data[directory:end] + entry * count
    fields = struct.unpack("<4s4H2IH", data[end : end + 22])
    total = min(fields[4] + count, 0xFFFF)
    return new + struct.pack("<4s4H2IH", END, 0, 0, total, total, len(new) - directory, directory, 0)


def _bomb(name: str, size: int, declared: int | None = None) -> bytes:
    """A member of zeros that expands a thousandfold; with `declared`, it claims another size."""
    content = with_members(lambda parts: parts.update({name: bytes(size)}), zipfile.ZIP_DEFLATED)
    return content if declared is None else content.replace(struct.pack("<I", size), struct.pack("<I", declared))


def _vocabularies(count: int, size: int) -> bytes:
    """Many lookup layers whose vocabularies are one member of the zip, or expand a thousandfold."""
    from hostile_bases import layer, model_of

    given = layer("given", "InputLayer", batch_shape=[None, 1])
    given["config"]["dtype"] = "string"
    chain = [layer(f"lookup_{index}", "StringLookup", max_tokens=None, vocabulary=None) for index in range(count)]
    content = model_of(
        {
            "module": "keras",
            "class_name": "Sequential",
            "config": {"name": "words", "layers": [given, *chain]},
            "registered_name": None,
        }
    )
    parts = dict(members(content))
    for index in range(count):
        suffix = f"_{index}" if index else ""
        parts[f"assets/layers/string_lookup{suffix}/vocabulary.txt"] = b"a\n" * (size // 2)
    return zipped(parts, zipfile.ZIP_DEFLATED)


def _without(name: str) -> bytes:
    return with_members(lambda parts: parts.pop(name))


def _instead(other: str) -> bytes:
    return with_members(lambda parts: parts.update({other: parts.pop(WEIGHTS)}))


def _polyglot(first: bytes, second: bytes) -> bytes:
    return first + second


MADE: dict[str, tuple[Callable[[], bytes], str | None]] = {
    "empty": (lambda: b"", "neither"),
    "magic-alone": (lambda: LOCAL, "readable"),
    "end-alone": (lambda: END + bytes(18), "neither"),
    "no-members": (lambda: zipped({}), "neither"),
    "bytes-before": (lambda: b"MZ" + tiny(), "neither"),
    "bytes-behind": (lambda: tiny() + b"#!/bin/sh\n" * 9, None),
    "a-program-before": (lambda: b"#!/bin/sh\nexit\n" + tiny(), "neither"),
    "two-archives": (lambda: _polyglot(tiny(), tiny()), None),
    "members-20000": (lambda: _many(20_000), "--allow members=N"),
    "directory-of-one-200000": (lambda: _directory_of_one(200_000), "--allow members=N"),
    "directory-of-one-9": (lambda: _directory_of_one(9), "is there twice"),
    "bomb-config": (lambda: _bomb("config.json", 64 << 20), "--allow json-bytes=N"),
    "bomb-metadata": (lambda: _bomb("metadata.json", 64 << 20), "--allow json-bytes=N"),
    "bomb-weights": (lambda: _bomb(WEIGHTS, 200 << 20), "readable"),
    "bomb-weights-larger": (lambda: _bomb(WEIGHTS, 300 << 20), "--allow expansion=N"),
    "bomb-config-understated": (lambda: _bomb("config.json", 64 << 20, 1 << 10), "HDF5/Keras file"),
    "bomb-weights-understated": (lambda: _bomb(WEIGHTS, 64 << 20, 1 << 10), "HDF5/Keras file"),
    "bomb-weights-overstated": (lambda: _bomb(WEIGHTS, 64 << 20, 65 << 20), "HDF5/Keras file"),
    "bomb-vocabularies": (lambda: _vocabularies(8, 30 << 20), None),
    "deflated": (lambda: zipped(members(tiny()), zipfile.ZIP_DEFLATED), None),
    "json-instead": (lambda: json.dumps({"class_name": "Sequential"}).encode(), "is JSON and no whole model"),
}


def crafts() -> Iterator[tuple[str, Craft]]:
    """Each with its name."""
    for name, (make, says) in MADE.items():
        yield name, Craft({"m.keras": make()}, "m.keras", says)
    for field, (magic, offset, form, values) in FIELDS.items():
        for value in values:
            yield f"{field}-{value}", Craft({"m.keras": _patched(magic, offset, form, value)}, "m.keras")
    for name in ("../up.py", "/etc/cron.d/up", "C:up.py", "a/../../up", "..", "a\\..\\up", "\\\\host\\share"):
        yield f"name-{name}", Craft({"m.keras": _names(name)}, "m.keras", "has no plain relative name")
    for name in ("con", "a" * 60_000, "line\nbreak", "\x1b[31mred", "é" * 200, " ", "__pycache__/x.pyc", "x.so"):
        yield f"name-{ascii(name)[:20]}", Craft({"m.keras": _names(name)}, "m.keras")
    for name in NAMES:
        yield f"twice-{name}", Craft({"m.keras": _twice(name)}, "m.keras", "is there twice")
        yield f"without-{name}", Craft({"m.keras": _without(name)}, "m.keras", None if name == NAMES[1] else "has no")
    for other in ("model.weights.npz", "model.weights.json"):
        yield f"instead-{other}", Craft({"m.keras": _instead(other)}, "m.keras", "which is not read")
    for count in (1, 3, 20, 99, 1000, 5000, 9000, 12_000):
        yield f"cut-{count}", Craft({"m.keras": tiny()[:-count]}, "m.keras", "m.keras")
