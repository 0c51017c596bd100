"""An HDF5 file as a tree of groups and arrays, read by pyfive in one walk.

Hard links alone are followed, each object once. No array is read before it is asked for, and none
that claims more bytes than the file has.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyfive

from equivalence.errors import Refused
from equivalence.formats.bounded_objects import BoundedFile
from equivalence.formats.file_limits import DEFAULTS, Limits, lifted_by
from equivalence.formats.refusal import readable, shown
from equivalence.formats.window import Window
from equivalence.translation.graph import Stored

#: What learning the tree may cost for each byte of the file: h5py's files cost seventeen times their size at most.
METADATA_COST = 40
SMALLEST_ALLOWANCE = 1 << 20
CHUNK_COST = 1024  # of finding one in the index
MAX_DEPTH = 64
CONTIGUOUS, CHUNKED = 1, 2


@dataclass(slots=True)
class Group:
    """A group of the file; `attributes()` are parsed when asked for."""

    path: str
    attributes: Callable[[], Mapping[str, Any]]
    groups: dict[str, Group] = field(default_factory=dict)
    arrays: dict[str, Stored] = field(default_factory=dict)

    def group(self, path: str) -> Group | None:
        """The group at a relative path ("a/b"), or None."""
        found: Group | None = self
        for part in path.split("/"):
            if part and found is not None:
                found = found.groups.get(part)
        return found

    def array(self, path: str) -> Stored | None:
        """The array at a relative path ("a/b/kernel:0"), or None."""
        parent, _, name = path.rpartition("/")
        group = self.group(parent)
        return group.arrays.get(name) if group else None

    def every_array(self) -> Iterator[Stored]:
        """All arrays below this group."""
        yield from self.arrays.values()
        for group in self.groups.values():
            yield from group.every_array()


def read_tree(window: Window, source: str, limits: Limits, skip: tuple[str, ...] = ()) -> Group:
    """The whole tree of an HDF5 file, without the groups named in `skip` at its root.

    Raises Refused where the file is broken, has links other than hard ones, has one object under
    two names, declares more data than it holds, or what it says of them expands beyond all that Keras writes.
    """
    walk = _Walk(window, source, limits, skip)
    most, usual = limits.metadata_bytes, window.size * METADATA_COST + SMALLEST_ALLOWANCE
    window.allow(most if most > DEFAULTS.metadata_bytes else min(most, usual))
    with readable(source):
        file = BoundedFile(window, limits.objects)
        end = file._superblock._contents["end_of_file_address"]
        if end > window.size or file.userblock_size:
            raise ValueError(f"it should end at byte {end} and has {window.size} bytes")
        return walk.group(file, "", 0)


def text(value: Any) -> str:
    """An attribute that should be a text: bytes are decoded, anything else is shown."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


class _Walk:
    def __init__(self, window: Window, source: str, limits: Limits, skip: tuple[str, ...]) -> None:
        self.window = window
        self.source = source
        self.limits = limits
        self.skip = skip
        self.seen: set[int] = set()
        self.declared = 0

    def group(self, found: Any, path: str, depth: int) -> Group:
        if depth > MAX_DEPTH:
            raise Refused(f"{self.source}: groups are nested deeper than {MAX_DEPTH} at {shown(path)}")
        group = Group(path, self._attributes(found))
        # pyfive resolves a soft link silently; only its table of links tells one from a hard link.
        for name, target in found._links.items():
            if not path and name in self.skip:
                continue
            inside = f"{path}/{name}" if path else name
            self._check_link(name, target, inside)
            child = found.get_lazy_view(name)
            if isinstance(child, pyfive.Group):
                group.groups[name] = self.group(child, inside, depth + 1)
            elif isinstance(child, pyfive.Dataset):
                group.arrays[name] = self._array(child, inside)
            else:
                raise Refused(f"{self.source}: {shown(inside)} is neither a group nor an array")
        return group

    def _check_link(self, name: str, target: Any, inside: str) -> None:
        if not isinstance(target, int):
            raise Refused(f"{self.source}: {shown(inside)} is a soft link to {shown(target)}; only hard links are read")
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise Refused(f"{self.source}: {shown(inside)} is not a name Keras writes")
        if target in self.seen:
            raise Refused(f"{self.source}: {shown(inside)} is a second name of an object already read")
        self.seen.add(target)

    def _attributes(self, found: Any) -> Callable[[], Mapping[str, Any]]:
        def read() -> Mapping[str, Any]:
            with readable(self.source):
                attributes: Mapping[str, Any] = found.attrs
                return attributes

        return read

    def _array(self, dataset: Any, path: str) -> Stored:
        shape = tuple(int(size) for size in dataset.shape)
        dtype = np.dtype(dataset.dtype)
        name = dtype.name
        # bfloat16 is all that Keras writes as two bytes of no type: it says so in an attribute, but not in legacy files
        if dtype == "V2" and text(dataset.attrs.get("dtype", "bfloat16")) == "bfloat16":
            name, dtype = "bfloat16", np.dtype("<u2")
        self.declared += math.prod(shape) * dtype.itemsize
        if self.declared > self.window.size:
            raise Refused(
                f"{self.source}: {shown(path)} of shape {shape} and type {name} "
                f"cannot lie in a file of {self.window.size} bytes"
            )
        if dataset.id.filter_pipeline is not None:
            raise Refused(
                f"{self.source}: {shown(path)} is compressed, as Keras never writes it; "
                "rewrite the file with 'h5repack -f NONE'"
            )

        def read() -> Any:
            return _decoded(self._values(dataset, path, shape, dtype), name)

        return Stored(path, "", shape, name, read)

    def _values(self, dataset: Any, path: str, shape: tuple[int, ...], dtype: Any) -> Any:
        if dtype.kind not in "fiu":
            raise Refused(f"{self.source}: {shown(path)} holds no numbers but {dtype}")
        with readable(self.source):
            if 0 in shape:
                return np.empty(shape, dtype)
            if dataset.id.layout_class == CONTIGUOUS:
                values = np.empty(shape, dtype)
                self.window.fill(dataset.id.data_offset, values.reshape(-1).view(np.uint8).data)
            else:
                values = np.asarray(self._in_pieces(dataset, path, shape, dtype)).view(dtype)
            self.window.check()
            if values.shape != shape:
                raise ValueError(f"{path} has shape {values.shape}, not {shape}")
            return values

    def _in_pieces(self, dataset: Any, path: str, shape: tuple[int, ...], dtype: Any) -> Any:
        """An array that lies in its header, or in chunks: all of them have to be there."""
        if dataset.id.layout_class != CHUNKED:
            return dataset[()]
        sizes = dataset.id.chunks
        at = [range(0, size, step) for size, step in zip(shape, sizes, strict=True)]
        count, each = math.prod(map(len, at)), math.prod(sizes) * dtype.itemsize
        if count > self.limits.chunks:
            raise Refused(f"{self.source}: {shown(path)} is in {count} parts; {lifted_by('chunks')}")
        if count * each > self.window.size:
            raise ValueError(f"{path} is in {count} parts of {each} bytes")
        with self.window.allowing(count * (each + CHUNK_COST) + SMALLEST_ALLOWANCE):
            if dataset.id.get_num_chunks() != count:
                raise ValueError(f"{path} is in {count} parts, of which {dataset.id.get_num_chunks()} were written")
            for place in itertools.product(*at):
                if dataset.id.get_chunk_info_by_coord(place).size != each:
                    raise ValueError(f"the part of {path} at {place} has not its {each} bytes")
            return dataset[()]


def _decoded(values: Any, name: str) -> Any:
    """bfloat16 as float32, which holds each of its values; anything else in native byte order."""
    if name == "bfloat16":
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(values.dtype.newbyteorder("="), copy=False)
