"""A bounded, read-only view of part of a file: what pyfive is given instead of the file itself."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

#: What one read costs at least, in bytes, so that a loop of tiny reads ends too.
READ_COST = 256


class Window(io.RawIOBase):
    """`size` bytes of `file` from `start`, as a file of their own; nothing is copied ahead.

    It has no file descriptor, so pyfive cannot map or reopen the file behind it. Reads spend an
    allowance (`allow`): metadata that refers to itself in circles raises OSError, not a hang.
    """

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file = file
        self._start = start
        self.size = size
        self._at = 0
        self._allowance = 0

    def allow(self, nbytes: int) -> None:
        """Sets how much may be read before the next call of this method."""
        self._allowance = nbytes

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
        self._allowance -= max(size, READ_COST)
        if self._allowance < 0:
            raise OSError("its metadata is too large or refers to itself")
        self._file.seek(self._start + self._at)
        data = self._file.read(size)
        self._at += len(data)
        return data

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
