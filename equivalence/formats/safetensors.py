"""Writing `.safetensors`: the header from names, shapes and types; then one tensor at a time.

Format: https://huggingface.co/docs/safetensors, "Format": 8 bytes of header length, a JSON header
padded with spaces to a multiple of 8, the tensors' bytes, little-endian and contiguous.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO, Protocol

import numpy as np

CODES = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16", "uint32": "U32",
    "int32": "I32", "uint64": "U64", "int64": "I64", "float16": "F16", "float32": "F32", "float64": "F64",
}  # fmt: skip


class Tensor(Protocol):
    """A NumPy array, or what says its shape and type and becomes one when its turn comes."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> Any: ...

    def __array__(self) -> np.ndarray[Any, Any]: ...


def write(stream: BinaryIO, tensors: Mapping[str, Tensor]) -> int:
    """Writes the tensors by name, largest type first and then by name; returns the number of bytes.

    The same tensors give the same bytes, in whatever order they come; one is in memory at a time.
    Raises ValueError for a type that safetensors lacks, and for a tensor that turns out to be of
    another shape or type than it said.
    """
    types = {name: np.dtype(tensor.dtype) for name, tensor in tensors.items()}
    names = sorted(tensors, key=lambda name: (-types[name].itemsize, name))
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name in names:
        dtype, shape = types[name], tensors[name].shape
        if dtype.name not in CODES or name in header:
            raise ValueError(f"tensor {name!r} of type {dtype.name} has no place in a safetensors file")
        start, end = end, end + math.prod(shape) * dtype.itemsize
        header[name] = {"dtype": CODES[dtype.name], "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    stream.write(struct.pack("<Q", len(text)) + text)
    for name in names:
        _write_values(stream, name, tensors[name])
    return 8 + len(text) + end


def _write_values(stream: BinaryIO, name: str, tensor: Tensor) -> None:
    dtype = np.dtype(tensor.dtype).name
    values = np.asarray(tensor)
    if values.shape != tensor.shape or values.dtype.name != dtype:
        raise ValueError(
            f"tensor {name!r} should be {dtype} of shape {tensor.shape} "
            f"and is {values.dtype.name} of shape {values.shape}"
        )
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    stream.write(little.reshape(-1).view(np.uint8).data)
