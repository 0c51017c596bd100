"""The members of a `.keras` zip: bounded, checked, and never extracted to a path of their choosing."""

from __future__ import annotations

import struct
import tempfile
import zipfile
import zlib
from contextlib import ExitStack
from typing import BinaryIO, cast

from equivalence.errors import Refused
from equivalence.formats.file_limits import Limits, lifted_by
from equivalence.formats.refusal import readable, shown
from equivalence.formats.window import Window

#: Up to this size members may expand whatever is stored of them, as weights that are all zeros do.
EXPANSION_FLOOR = 256 << 20
PIECE = 1 << 20
#: What the directory takes of each member at most, in bytes: Keras's names are short.
ENTRY = 1024
LOCAL_MAGIC = b"PK\x03\x04"
LOCAL_HEADER = struct.Struct("<4s22xHH")


class Archive:
    """A `.keras` file opened for reading. Raises Refused where a name, a size or a method is odd."""

    def __init__(self, whole: Window, source: str, limits: Limits) -> None:
        self._whole = whole
        self._source = source
        self.limits = limits
        self._left = max(EXPANSION_FLOOR, limits.expansion * whole.size)  # bytes that members may still expand to
        whole.allow(ENTRY * limits.members + PIECE, "members")
        with readable(source):
            self._zip = zipfile.ZipFile(cast(BinaryIO, whole))
        self._members: dict[str, zipfile.ZipInfo] = {}
        members = self._zip.infolist()
        if len(members) > limits.members:
            raise Refused(f"{source}: {len(members)} members, where a .keras file has a few; {lifted_by('members')}")
        whole.allow(4 * whole.size + PIECE)
        for member in members:
            self._check(member)
            self._members[member.filename] = member

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def _check(self, member: zipfile.ZipInfo) -> None:
        name = member.filename
        if name in self._members:
            raise Refused(f"{self._source}: the member {shown(name)} is there twice")
        if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
            raise Refused(f"{self._source}: the member {shown(name)} has no plain relative name")
        if member.flag_bits & 1:
            raise Refused(f"{self._source}: the member {shown(name)} is encrypted")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused(f"{self._source}: the member {shown(name)} is neither stored nor deflated")

    def text(self, name: str, limit: int, of: str) -> bytes:
        """The content of a small member, of at most `limit` bytes; `of` is the limit's name."""
        member = self._member(name)
        if member.file_size > limit:
            raise Refused(f"{self._source}: {name} has {member.file_size} bytes, more than {limit}; {lifted_by(of)}")
        self._expand(member)
        with readable(self._source), self._zip.open(member) as stream:
            content = stream.read(limit + 1)
        self._whole.check()
        if len(content) != member.file_size:
            raise Refused(f"{self._source}: {name} has not the {member.file_size} bytes it declares")
        return content

    def window(self, name: str, resources: ExitStack) -> Window:
        """A large member as a file: a stored one where it lies, a deflated one in a temporary file.

        The checksum is verified either way. `resources` closes the temporary file.
        """
        member = self._member(name)
        if member.compress_type == zipfile.ZIP_STORED:
            return self._stored(member)
        self._expand(member)
        return self._inflated(member, resources)

    def _member(self, name: str) -> zipfile.ZipInfo:
        if name not in self._members:
            raise Refused(f"{self._source} has no {name}: it is not a whole .keras file")
        return self._members[name]

    def _expand(self, member: zipfile.ZipInfo) -> None:
        """Takes what a member expands to from what all of them may: several may lie at one place."""
        self._left -= member.file_size
        if self._left < 0:
            raise Refused(
                f"{self._source}: the member {shown(member.filename)} would expand from {member.compress_size} "
                f"to {member.file_size} bytes; {lifted_by('expansion')}"
            )

    def _stored(self, member: zipfile.ZipInfo) -> Window:
        with readable(self._source):
            self._whole.seek(member.header_offset)
            magic, name_size, extra_size = LOCAL_HEADER.unpack(self._whole.read(LOCAL_HEADER.size))
            start = member.header_offset + LOCAL_HEADER.size + name_size + extra_size
            if magic != LOCAL_MAGIC or member.compress_size != member.file_size:
                raise ValueError(f"the header of {member.filename} is damaged")
            window = self._whole.part(start, member.file_size)
            piece = bytearray(min(PIECE, member.file_size))
            checksum = 0
            for offset in range(0, member.file_size, PIECE):
                part = memoryview(piece)[: member.file_size - offset]
                window.fill(offset, part)
                checksum = zlib.crc32(part, checksum)
            if checksum != member.CRC:
                raise ValueError(f"the checksum of {member.filename} is wrong")
            return window

    def _inflated(self, member: zipfile.ZipInfo, resources: ExitStack) -> Window:
        target = resources.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - resources closes it
        left = member.file_size
        with readable(self._source), self._zip.open(member) as stream:
            while piece := stream.read(PIECE):
                left -= len(piece)
                if left < 0:
                    raise ValueError(f"{member.filename} is larger than it declares")
                target.write(piece)
            if left:
                raise ValueError(f"{member.filename} is smaller than it declares")
        target.flush()
        return Window(cast(BinaryIO, target), 0, member.file_size)
