"""Part of a file as a file of its own: bounded, and ended where it is read without end."""

from __future__ import annotations

import io

import pytest

from equivalence.formats.file_limits import Exceeded
from equivalence.formats.window import READ_COST, Window


@pytest.fixture
def window() -> Window:
    made = Window(io.BytesIO(b"before" + bytes(range(100)) + b"after"), 6, 100)
    made.allow(2000)
    return made


def test_only_its_own_bytes_are_read(window: Window) -> None:
    assert window.read() == bytes(range(100)) and window.read(5) == b""
    assert window.seek(-3, io.SEEK_END) == 97 and window.read(9) == bytes((97, 98, 99))
    with pytest.raises(OSError, match="before the file's start"):
        window.seek(-1)


def test_many_tiny_reads_end_too(window: Window) -> None:
    for _ in range(2000 // READ_COST):
        window.seek(0)
        assert window.read(1) == b"\0"
    with pytest.raises(Exceeded, match="too large or refers to itself"):
        window.read(1)


def test_a_buffer_is_filled_from_inside_alone(window: Window) -> None:
    buffer = bytearray(4)
    window.fill(96, memoryview(buffer))
    assert bytes(buffer) == bytes((96, 97, 98, 99))
    for offset in (-1, 97):
        with pytest.raises(OSError, match="outside its 100 bytes"):
            window.fill(offset, memoryview(buffer))
