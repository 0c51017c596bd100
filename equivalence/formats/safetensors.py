"""Writing `.safetensors`: the header from names, shapes and types; then one tensor at a time.

Format: https://huggingface.co/docs/safetensors, "Format": 8 bytes of header length, a JSON header
padded with spaces to a multiple of 8, the tensors' bytes, little-endian and contiguous.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

CODES = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16", "uint32": "U32",
    "int32": "I32", "uint64": "U64", "int64": "I64", "float16": "F16", "float32": "F32", "float64": "F64",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor to be written; `read` is called once, when its turn comes."""

    name: str
    shape: tuple[int, ...]
    dtype: str  # NumPy name
    read: Callable[[], Any]  # -> numpy.ndarray of that shape and type


def write(stream: BinaryIO, tensors: Iterable[Tensor]) -> int:
    """Writes the tensors, largest type first and then by name; returns the number of bytes.

    The same tensors give the same bytes, in whatever order they come. Raises ValueError for a name
    twice, a type that safetensors lacks, and a `read` that gives another shape or type.
    """
    ordered = sorted(tensors, key=lambda tensor: (-np.dtype(tensor.dtype).itemsize, tensor.name))
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for tensor in ordered:
        if tensor.name in header:
            raise ValueError(f"two tensors are named {tensor.name!r}")
        if tensor.dtype not in CODES:
            raise ValueError(f"tensor {tensor.name!r} is of type {tensor.dtype}, which safetensors lacks")
        start, end = end, end + math.prod(tensor.shape) * np.dtype(tensor.dtype).itemsize
        header[tensor.name] = {
            "dtype": CODES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    stream.write(struct.pack("<Q", len(text)) + text)
    for tensor in ordered:
        _write_values(stream, tensor)
    return 8 + len(text) + end


def _write_values(stream: BinaryIO, tensor: Tensor) -> None:
    values = np.asarray(tensor.read())
    if values.shape != tensor.shape or values.dtype.name != tensor.dtype:
        raise ValueError(
            f"tensor {tensor.name!r} should be {tensor.dtype} of shape {tensor.shape} "
            f"and is {values.dtype.name} of shape {values.shape}"
        )
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    stream.write(little.reshape(-1).view(np.uint8).data)
