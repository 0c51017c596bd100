"""A file of inputs that the user gives: arrays in Keras's layout."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from equivalence.errors import Refused, printable


def read_inputs(file: str | Path) -> dict[str, np.ndarray] | list[np.ndarray]:
    """The arrays of an .npz: by their names, or a list where `np.savez(file, x, y)` named them itself.

    Raises Refused where it is none, or holds anything that would have to be unpickled.
    """
    path = Path(file)
    try:
        opened = np.load(path, allow_pickle=False)
        if not isinstance(opened, np.lib.npyio.NpzFile):
            raise Refused(f"{path.name} holds one array: save it with np.savez")
        with opened as held:
            arrays = {name: held[name] for name in held.files}
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise Refused(f"{path.name} is no .npz of plain arrays: {printable(str(error), 200)}") from error
    if not arrays:
        raise Refused(f"{path.name} holds no array")
    numbered = [f"arr_{index}" for index in range(len(arrays))]
    return [arrays[name] for name in numbered] if set(arrays) == set(numbered) else arrays
