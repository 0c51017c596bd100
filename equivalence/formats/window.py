"""A bounded, read-only view of part of a file: what pyfive is given instead of the file itself."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from equivalence.formats.file_limits import Exceeded

#: What one read costs at least, in bytes, so that a loop of tiny reads ends too.
READ_COST = 256


class Window(io.RawIOBase):
    """`size` bytes of `file` from `start`, as a file of their own; nothing is copied ahead.

    It has no file descriptor, so pyfive cannot map or reopen the file behind it. Reads spend an
    allowance (`allow`): metadata that refers to itself in circles raises Exceeded, not a hang. `check` is called after
    every array, and raises where the file is no longer what it was.
    """

    def __init__(self, file: BinaryIO, start: int, size: int, check: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._file = file
        self._start = start
        self.size = size
        self.check = check or (lambda: None)
        self._at = 0
        self._allowance = 0
        self._limit = "metadata_bytes"
        self._largest = size

    def part(self, start: int, size: int) -> Window:
        """Some of its bytes as a window of their own. Raises OSError where they are not there."""
        if start < 0 or start + size > self.size:
            raise OSError(f"{size} bytes at {start} lie outside its {self.size} bytes")
        return Window(self._file, self._start + start, size, self.check)

    def allow(self, nbytes: int, limit: str = "metadata_bytes") -> None:
        """Sets how much may be read before the next call of this method, and which of `Limits` allows more."""
        self._allowance = nbytes
        self._limit = limit

    @contextmanager
    def allowing(self, nbytes: int) -> Iterator[None]:
        """Reads inside spend an allowance of their own."""
        before, self._allowance = self._allowance, nbytes
        try:
            yield
        finally:
            self._allowance = before

    @contextmanager
    def in_pieces(self, largest: int) -> Iterator[None]:
        """No read inside may ask for more than `largest` bytes at once."""
        before, self._largest = self._largest, largest
        try:
            yield
        finally:
            self._largest = before

    def spend(self, nbytes: int) -> None:
        """Takes from the allowance what something costs that is not read. Raises Exceeded where nothing is left."""
        self._allowance -= nbytes
        if self._allowance < 0:
            raise Exceeded("its metadata is too large or refers to itself", self._limit)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise OSError(f"position {base + offset} lies before the file's start")
        self._at = base + offset
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(self.size - self._at, 0)
        size = left if size is None or size < 0 else min(size, left)
        if size > self._largest:
            raise OSError(f"{size} bytes in one piece of its metadata")
        self.spend(max(size, READ_COST))
        data = bytearray(size)
        self.fill(self._at, memoryview(data))
        self._at += size
        return bytes(data)

    def fill(self, offset: int, buffer: memoryview) -> None:
        """Reads exactly the buffer's length from `offset`; raises OSError where that is not there."""
        if offset < 0 or offset + len(buffer) > self.size:
            raise OSError(f"{len(buffer)} bytes at {offset} lie outside its {self.size} bytes")
        self._file.seek(self._start + offset)
        done = 0
        while done < len(buffer):
            file: Any = self._file
            count = file.readinto(buffer[done:])
            if not count:
                raise OSError(f"it ended {len(buffer) - done} bytes early")
            done += count
