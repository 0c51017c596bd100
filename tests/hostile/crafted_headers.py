"""HDF5 by hand: headers, trees and heaps that overlap or lead back to themselves."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from hostile_bases import Craft

UNDEFINED = 0xFFFFFFFFFFFFFFFF
MAGIC = b"\x89HDF\r\n\x1a\n"
START = 4096  # where what is made by hand begins


def _file(root: int, body: bytes) -> bytes:
    """A file of version 2 whose root group is at `root`, with `body` from START."""
    content = START + len(body)
    block = MAGIC + struct.pack("<BBBBQQQQ", 2, 8, 8, 0, 0, UNDEFINED, content, root) + bytes(4)
    return block.ljust(START, b"\0") + body


def _messages(count: int, messages: bytes) -> bytes:
    """A header of version 1."""
    return struct.pack("<BBHIII", 1, 0, count, 1, len(messages), 0) + messages


def _message(kind: int, content: bytes) -> bytes:
    return struct.pack("<HHB3x", kind, len(content), 0) + content


def _many_messages() -> bytes:
    return _file(START, _messages(65535, _message(0, b"") * 65535))


def _version_2_of_nothing() -> bytes:
    """A header of version 2 with a million messages of no bytes."""
    body = b"\0" * (1 << 20) * 4
    return _file(START, b"OHDR" + struct.pack("<BBI", 2, 2, len(body)) + body)


def _continued(count: int, size: int) -> bytes:
    """A header that is continued in one and the same place again and again."""
    place = START + 16 + 24 * count
    parts = _message(0x10, struct.pack("<QQ", place, size)) * count
    return _file(START, _messages(65535, parts) + _message(0, b"") * (size // 8))


def _continued_by_itself() -> bytes:
    part = _message(0x10, struct.pack("<QQ", START + 16, 24))
    return _file(START, _messages(65535, part))


def _overlapping(count: int) -> bytes:
    """A group of `count` members whose headers overlap, each with all that follows."""
    tree, heap, table = START + 64, START + 1024, START + 2048
    root = _messages(1, _message(0x11, struct.pack("<QQ", tree, heap)))
    body = bytearray(2048 + 8 + 40 * count)
    body[: len(root)] = root
    body[64 : 64 + 56] = struct.pack("<4sBBHQQQQQ", b"TREE", 0, 0, 1, UNDEFINED, UNDEFINED, 0, table, 8)
    names = len(body)
    for index in range(count):
        body += f"{index:07d}\0".encode()
    struct.pack_into("<4sB3xQQQ", body, 1024, b"HEAP", 0, 8 * count, UNDEFINED, START + names)
    first = len(body)
    struct.pack_into("<4sBBH", body, 2048, b"SNOD", 1, 0, count)
    for index in range(count):
        struct.pack_into("<QQII16x", body, 2056 + 40 * index, 8 * index, START + first + 16 * index, 0, 0)
    body += struct.pack("<BBHIII", 1, 0, 60000, 1, 8 * 60000, 0) * count + bytes(8 * 60000)
    return _file(START, bytes(body))


def _tree_in_a_circle(level: int, entries: int) -> bytes:
    """A tree of names whose nodes all lead to the first."""
    tree, heap = START + 64, START + 40
    root = _messages(1, _message(0x11, struct.pack("<QQ", tree, heap)))
    node = struct.pack("<4sBBHQQ", b"TREE", 0, level, entries, UNDEFINED, UNDEFINED)
    return _file(START, root.ljust(64, b"\0") + node + struct.pack("<QQ", 0, tree) * entries + bytes(8))


def _names_in_header(count: int, size: int) -> bytes:
    """Links in the header whose names are all that follows."""
    link = struct.pack("<BBI", 1, 2, size)
    parts = _message(6, link) * count
    return _file(START, _messages(count, parts + b"n" * size))


def _attributes(count: int, size: int) -> bytes:
    """Attributes in the header that each reach over all that follow."""
    name, kind, space = b"a" * 8, struct.pack("<BBBBI", 0x13, 0, 0, 0, size), struct.pack("<BBBBI", 1, 0, 0, 0, 0)
    part = _message(12, struct.pack("<BBHHH", 1, 0, 8, 8, 8) + name + kind + space)
    return _file(START, _messages(count, part * count + bytes(size)))


def _heap(rows: int, width: int) -> bytes:
    """Names in a heap of many blocks, all of them one."""
    root = _messages(1, _message(2, struct.pack("<BBQQ", 0, 0, START + 64, START + 300)))
    header = struct.pack(
        "<4sBHHBIQQQQQQQQQQQQHQQHHQH", b"FRHP", 0, 7, 0, 0, 4096, 0, UNDEFINED, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0,
        width, 512, 65536, 40, 1, START + 1024, rows,
    )  # fmt: skip
    body = bytearray(root.ljust(64, b"\0") + header).ljust(1024, b"\0")
    body += struct.pack("<4sBQ5s", b"FHIB", 0, START + 64, b"") + struct.pack("<Q", START + 200_000) * 20_000
    body = body.ljust(200_000, b"\0") + struct.pack("<4sBQ5s", b"FHDB", 0, START + 64, b"") + bytes(70_000)
    struct.pack_into("<4sBBIHHBBQHQ", body, 300, b"BTHD", 0, 5, 512, 11, 0, 100, 40, START + 400, 40, 40)
    return _file(START, bytes(body))


def crafts() -> Iterator[tuple[str, Craft]]:
    """Each with its name."""
    for name, content in {
        "many-messages": _many_messages(),
        "version-2-of-nothing": _version_2_of_nothing(),
        "continued-again": _continued(2000, 60_000),
        "continued-large": _continued(200, 900_000),
        "continued-by-itself": _continued_by_itself(),
        "overlapping-headers": _overlapping(300),
        "overlapping-headers-many": _overlapping(20_000),
        "circle-of-level-1": _tree_in_a_circle(1, 200),
        "circle-of-level-200": _tree_in_a_circle(200, 2),
        "circle-wide": _tree_in_a_circle(3, 65_000),
        "names-in-header": _names_in_header(4000, 500_000),
        "attributes-in-header": _attributes(4000, 500_000),
        "attributes-large": _attributes(10, 0xFFFFFFF0 & 0x7FFFFF),
        "heap-of-one-block": _heap(20, 512),
        "heap-deep": _heap(65_000, 4),
        "root-nowhere": _file(1 << 40, b""),
        "root-in-magic": _file(0, bytes(64)),
        "root-is-zeros": _file(START, bytes(64)),
    }.items():
        yield name, Craft({"m.h5": content}, "m.h5", "m.h5")
