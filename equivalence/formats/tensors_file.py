"""Writes a `.safetensors` file tensor by tensor, so that no two of them need be in memory at once.

The library's own writers take all tensors together. The bytes are those that it writes; it reads what is written here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

#: The names of dtypes in the file, in the order in which the library writes their tensors.
_NAMES = {
    "uint64": "U64", "int64": "I64", "float64": "F64", "float32": "F32", "uint32": "U32", "int32": "I32",
    "float16": "F16", "uint16": "U16", "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip
_ALIGNMENT = 8  # bytes, of where the first tensor begins
_PIECE = 16 << 20  # bytes, of a part of an array
_METADATA = {"format": "pt"}


class LazyTensor(NamedTuple):
    """A tensor that is read when its turn comes."""

    name: str
    dtype: str  # NumPy's name
    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]


def write_tensors(path: Path, tensors: Iterable[LazyTensor]) -> None:
    """Writes the tensors, by dtype and then by name.

    Raises ValueError where what is read has another dtype or shape than was said, or the file cannot hold a dtype.
    """
    order = [*_NAMES]
    ordered = sorted(tensors, key=lambda tensor: (order.index(tensor.dtype), tensor.name))
    header: dict[str, object] = {"__metadata__": _METADATA}
    end = 0
    for tensor in ordered:
        begin, end = end, end + math.prod(tensor.shape) * np.dtype(tensor.dtype).itemsize
        header[tensor.name] = {
            "dtype": _NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]
        }  # fmt: skip
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for tensor in ordered:
            array = tensor.read()
            if array.dtype.name != tensor.dtype or array.shape != tensor.shape:
                raise ValueError(f"{tensor.name} is {array.dtype}{array.shape}, not {tensor.dtype}{tensor.shape}")
            for piece in _pieces(array):
                file.write(piece.astype(piece.dtype.newbyteorder("<"), copy=False).reshape(-1).view(np.uint8).data)


def _pieces(array: np.ndarray) -> Iterator[np.ndarray]:
    """The array as it is where it lies in order, or parts of it in order, so that no second one as large is made."""
    if array.flags.c_contiguous:
        yield array
        return
    rows = max(1, _PIECE * len(array) // array.nbytes)
    for begin in range(0, len(array), rows):
        yield np.ascontiguousarray(array[begin : begin + rows])
