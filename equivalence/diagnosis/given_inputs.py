"""A file of inputs that the user gives: arrays in Keras's layout."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np

from equivalence.errors import Refused, printable
from equivalence.formats.given_file import GivenFile

#: Compressed arrays may take this much, or EXPANSION times what the file takes; zeros compress a thousandfold.
EXPANSION_FLOOR, EXPANSION = 256 << 20, 100


def read_inputs(file: str | Path) -> dict[str, np.ndarray] | list[np.ndarray]:
    """The arrays of an .npz: by their names, or a list where `np.savez(file, x, y)` named them itself.

    Raises Refused where it is none, holds anything that would have to be unpickled, or would expand beyond measure.
    """
    path = Path(file)
    try:
        with GivenFile(path, path.name) as given:
            if given.file.read(6) == np.lib.format.MAGIC_PREFIX:
                raise Refused(f"{path.name} holds one array: save it with np.savez")
            _check_sizes(given.file, given.size)
            given.file.seek(0)
            with np.load(given.file, allow_pickle=False) as held:
                arrays = {name: held[name] for name in held.files}
            given.check_unchanged()
    except Refused:
        raise
    except Exception as error:  # numpy and zipfile raise whatever they meet in a broken file
        raise Refused(f"{path.name} is no .npz of plain arrays: {printable(str(error), 200)}") from error
    if not arrays:
        raise Refused(f"{path.name} holds no array")
    numbered = [f"arr_{index}" for index in range(len(arrays))]
    return [arrays[name] for name in numbered] if set(arrays) == set(numbered) else arrays


def _check_sizes(file: BinaryIO, size: int) -> None:
    """Raises ValueError where an array says that it is larger than its member, or all are larger than they may be."""
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > max(EXPANSION_FLOOR, EXPANSION * size):
            raise ValueError(f"its arrays would expand beyond {max(EXPANSION_FLOOR, EXPANSION * size)} bytes")
        for member in members:
            with archive.open(member) as stream:
                version = np.lib.format.read_magic(stream)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(stream)
                if math.prod(shape) * dtype.itemsize > member.file_size:
                    raise ValueError(f"{member.filename} says shape {shape}, and has {member.file_size} bytes")
