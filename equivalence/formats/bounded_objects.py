"""pyfive's objects, with every step paid for that a file can have taken again and again.

An HDF5 file is a web of references: names, texts and headers may be shared, overlap, or lead back to themselves, so a
few bytes can expand to any amount. Each step here spends as much of the file's allowance (`Window.spend`) as it makes
in memory.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import pyfive
from pyfive.btree import BTreeV1Groups
from pyfive.core import UNDEFINED_ADDRESS
from pyfive.dataobjects import DataObjects
from pyfive.misc_low_level import FractalHeap, GlobalHeap, Heap, SymbolTable

from equivalence.formats.file_limits import Exceeded
from equivalence.formats.window import READ_COST, Window

#: Messages of an object: h5py writes a dozen, and one for each attribute.
MAX_MESSAGES = 4096
#: A piece of an object's header: HDF5 keeps what is larger than 64 kB elsewhere.
MAX_PIECE = 1 << 20
MESSAGE_COST = 512
BLOCK_COST = 16
#: What a text takes in memory for each of its bytes, at most.
TEXT_COST = 4
#: Classes of types: whole numbers, floats, texts, opaque ones (bfloat16), enumerations (bool), texts of any length.
_NUMBER, _FLOAT, _TEXT, _OPAQUE, _ENUMERATION, _VARIABLE = 0, 1, 3, 5, 8, 9
_OBJECT_IN_HEAP = struct.Struct("<HHIQ")
_REFERENCE = struct.Struct("<IQI")  # a text of any length: its length, the address of a heap, the number in it


class BoundedFile(pyfive.File):
    """pyfive's file of `BoundedObjects`; `objects` is the most that it may have."""

    _fh: Window

    def __init__(self, window: Window, objects: int) -> None:
        self._most = objects
        super().__init__(window)

    def _get_dataobjects(self, address: int) -> Any:
        known = self._dataobjects_cache
        if address not in known:
            if len(known) >= self._most:
                raise Exceeded(f"it has more than {self._most} groups and arrays", "objects")
            known[address] = BoundedObjects(self._fh, address, global_heaps=self._global_heaps)
        return known[address]


class BoundedObjects(DataObjects):
    """The header of a group or an array."""

    fh: Window

    def __init__(self, window: Window, address: int, global_heaps: dict[int, _Texts]) -> None:
        with window.in_pieces(MAX_PIECE):
            super().__init__(window, address, global_heaps=global_heaps)
        self._blocks = 0
        if len(self.msgs) > MAX_MESSAGES:
            raise ValueError(f"the header at {address} has {len(self.msgs)} messages")
        window.spend(MESSAGE_COST * len(self.msgs))
        self._ends = {message["offset_to_message"]: message["size"] for message in self.msgs}
        for message in self.find_msg_type(0x0003):
            _check_type(self.msg_data, message["offset_to_message"])

    def get_links(self) -> dict[str, Any]:
        links: dict[str, Any] = {}
        for name, target in self.iter_links():
            if name in links:
                raise ValueError(f"a group has two members named {name}")
            links[name] = target
        return links

    def _iter_links_btree_v1(self, btree_address: int, heap_address: int) -> Iterator[tuple[str, Any]]:
        tree = BTreeV1Groups(self.fh, btree_address)
        heap = _Names(self.fh, heap_address)
        for address in tree.symbol_table_addresses():
            table = SymbolTable(self.fh, address)
            table.assign_name(heap)
            yield from table.get_links(heap).items()

    def _iter_links_btree_v2(self, names: int, order: int | None, heap: int) -> Iterator[tuple[str, Any]]:
        self._blocks = _blocks_of(self.fh, heap)
        yield from super()._iter_links_btree_v2(names, order, heap)

    def _decode_link_msg(self, data: bytes, offset: int) -> Any:
        decoded = DataObjects._decode_link_msg(data, offset)
        self.fh.spend(TEXT_COST * len(decoded[1][0]) + self._looking_up(data))
        return decoded

    def _get_attributes_from_attr_info(self, attributes: Any, info: Any) -> Any:
        offset = info[0]["offset_to_message"]
        flags = self.msg_data[offset + 1]
        address = struct.unpack_from("<Q", self.msg_data, offset + (4 if flags & 1 else 2))[0]
        if address != UNDEFINED_ADDRESS:
            self._blocks = _blocks_of(self.fh, address)
        return super()._get_attributes_from_attr_info(attributes, info)

    def _parse_attribute_msg(self, buffer: bytes, offset: int) -> Any:
        """One attribute; its parts may not reach into what follows it."""
        if buffer is self.msg_data:
            buffer, offset = buffer[offset : offset + self._ends[offset]], 0
        else:
            self.fh.spend(self._looking_up(buffer))
        version, _, name_size = struct.unpack_from("<BBH", buffer, offset)
        _check_type(buffer, offset + (8 + -(-name_size // 8) * 8 if version == 1 else 9 + name_size))
        return super()._parse_attribute_msg(buffer, offset)

    def _looking_up(self, found: bytes) -> int:
        """What it cost to find something in a heap, where its blocks are gone through one after the other."""
        return 0 if found is self.msg_data else len(found) + BLOCK_COST * self._blocks

    def _attr_value(self, kind: Any, buffer: bytes, count: int, offset: int) -> Any:
        if count > len(buffer):
            raise ValueError(f"an attribute claims {count} elements in {len(buffer)} bytes")
        return super()._attr_value(kind, buffer, count, offset)

    def _vlen_size_and_data(self, buffer: bytes, offset: int) -> tuple[int, bytes | None]:
        """A text of any length; many may lie at one place, and each is paid for."""
        size, address, number = _REFERENCE.unpack_from(buffer, offset)
        if address == 0:
            return size, None
        heaps = self._global_heaps
        if address not in heaps:
            heaps[address] = _Texts(self.fh, address)
        data = heaps[address].objects[number]
        self.fh.spend(TEXT_COST * len(data) + READ_COST)
        return size, data


class _Names(Heap):
    """The names of a group's members; a name may be the end of another, so all may be one long text."""

    def __init__(self, window: Window, address: int) -> None:
        self.window = window
        super().__init__(window, address)

    def get_object_name(self, offset: int) -> bytes:
        name: bytes = super().get_object_name(offset)
        self.window.spend(TEXT_COST * len(name))
        return name


class _Texts(GlobalHeap):
    """A heap of texts; each costs something, an empty one too."""

    def __init__(self, window: Window, address: int) -> None:
        self.window = window
        self._found: dict[int, bytes] | None = None
        super().__init__(window, address)

    @property
    def objects(self) -> dict[int, bytes]:
        """The texts by their numbers."""
        if self._found is None:
            self._found = dict(self._all())
        return self._found

    def _all(self) -> Iterator[tuple[int, bytes]]:
        at = 0
        while at + _OBJECT_IN_HEAP.size <= len(self.heap_data):
            number, _, _, size = _OBJECT_IN_HEAP.unpack_from(self.heap_data, at)
            if number == 0:
                return
            at += _OBJECT_IN_HEAP.size
            if size > len(self.heap_data) - at:
                raise ValueError(f"a text of {size} bytes in a heap of {len(self.heap_data)}")
            self.window.spend(READ_COST)
            yield number, self.heap_data[at : at + size]
            at += -(-size // 8) * 8


def _blocks_of(window: Window, address: int) -> int:
    return len(FractalHeap(window, address).blocks)


def _check_type(buffer: bytes, offset: int) -> None:
    """Raises ValueError for a type that holds others: those of h5py's bool alone are read, which is an enumeration."""
    kind, flags = buffer[offset] & 15, buffer[offset + 1]
    if kind == _ENUMERATION and buffer[offset + 8] & 15 == _NUMBER and not buffer[offset + 2]:
        return
    if kind == _VARIABLE and flags & 15 == 1:
        return
    if kind not in (_NUMBER, _FLOAT, _TEXT, _OPAQUE):
        raise ValueError("an array or attribute is of a type that Keras does not write")
