"""Inputs that the user gives: arrays in Keras's layout, by the names of the model's inputs or in their order."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

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


def in_order(given: Any, names: Sequence[str]) -> list[np.ndarray]:
    """Given inputs in the order of the model's, which are called `names`: a mapping, a sequence, or one array.

    A mapping's keys are the inputs' names, all of them; where none of them is, its arrays are taken in their order.
    Raises Refused where they are more or fewer, or some names are known and others not.
    """
    if isinstance(given, Mapping):
        known = [name for name in given if name in names]
        if known:
            missing, beside = [n for n in names if n not in given], [n for n in given if n not in names]
            problems = [*(f"{_text(n)} is missing" for n in missing), *(f"there is no {_text(n)}" for n in beside)]
            if problems:
                raise Refused(f"the model's inputs are {', '.join(map(_text, names))}: {', '.join(problems)}")
            return [np.asarray(given[name]) for name in names]
        given = list(given.values())
    arrays = [np.asarray(array) for array in (given if isinstance(given, (list, tuple)) else [given])]
    if len(arrays) != len(names):
        raise Refused(
            f"the model has {len(names)} inputs ({', '.join(map(_text, names))}), and {len(arrays)} are given"
        )
    return arrays


def _text(name: Any) -> str:
    return repr(printable(str(name), 60))
