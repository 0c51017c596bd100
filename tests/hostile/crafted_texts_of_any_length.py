"""HDF5: a few bytes that stand for many, as many references lead to one object."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import h5py
import numpy as np
from hostile_bases import Craft, edited, legacy, with_weights

REFERENCE = struct.Struct("<IQI")
HEADER = "too large or refers to itself; --allow metadata-bytes=N"


def _shared(content: bytes, count: int, size: int) -> bytes:
    """All texts of an attribute of `count` become its first one, which has `size` bytes."""
    data = bytearray(content)
    at = data.find(struct.pack("<I", size))
    while at != -1:
        _, address, number = REFERENCE.unpack_from(data, at)
        if number == 1 and data[address : address + 4] == b"GCOL":
            break
        at = data.find(struct.pack("<I", size), at + 1)
    assert at != -1, "the attribute is not where it was expected"
    data[at : at + count * REFERENCE.size] = bytes(data[at : at + REFERENCE.size]) * count
    return bytes(data)


def _texts(where: str, name: str, count: int, size: int) -> bytes:
    """A Keras 2 file with an attribute of `count` texts, each of which is the same `size` bytes."""

    def write(file: h5py.File) -> None:
        attributes = file[where].attrs
        if name in attributes:
            del attributes[name]
        attributes.create(name, ["x" * size, *["y"] * (count - 1)], dtype=h5py.string_dtype())

    return _shared(edited(legacy(), write), count, size)


def _sequences() -> bytes:
    """An attribute of sequences of any length, which may hold sequences."""

    def write(file: h5py.File) -> None:
        made = np.empty(3, object)
        made[:] = [np.arange(4), np.arange(5), np.arange(6)]
        file["layers/dense/vars"].attrs.create("seen", made, dtype=h5py.vlen_dtype(np.int64))

    return with_weights(write)


def _names_of_one_text(count: int, size: int) -> bytes:
    """A group whose members' names are the ends of one long text."""
    data = bytearray(edited(legacy(), lambda file: file.create_group("many/member")))
    heap = data.rfind(b"HEAP", 0, data.rfind(b"member\0"))
    table = data.find(b"SNOD", heap)
    tree = data.rfind(b"TREE", 0, heap)
    entry = bytes(data[table + 16 : table + 48])
    names = len(data)
    data += b"n" * size + b"\0" * 8
    struct.pack_into("<QQQ", data, heap + 8, size + 8, 0xFFFFFFFFFFFFFFFF, names)
    wide = len(data)
    data += struct.pack("<4sBBH", b"SNOD", 1, 0, count)
    for index in range(count):
        data += struct.pack("<Q", index) + entry
    struct.pack_into("<Q", data, tree + 32, wide)
    struct.pack_into("<Q", data, 40, len(data))
    return bytes(data)


def crafts() -> Iterator[tuple[str, Craft]]:
    """Each with its name."""
    for where, name in (
        ("model_weights", "layer_names"),
        ("model_weights/out", "weight_names"),
        ("model_weights/out/out/kernel:0", "dtype"),
        ("/", "backend"),
        ("/", "model_config"),
    ):
        for size in (1 << 20, 50_000):
            craft = Craft({"m.h5": _texts(where, name, 4000, size)}, "m.h5", HEADER)
            yield f"shared-{where.rpartition('/')[2] or 'root'}-{name}-{size}", craft
    yield "sequences", Craft({"m.keras": _sequences()}, "m.keras", "of a type that Keras does not write")
    for count, size in ((4000, 200_000), (60_000, 100_000), (2000, 60_000)):
        yield f"names-of-one-text-{count}", Craft({"m.h5": _names_of_one_text(count, size)}, "m.h5", HEADER)
