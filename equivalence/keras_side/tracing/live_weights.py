"""The arrays of live layers, by the sub-paths under which a file would have them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras.src.saving import saving_lib

from equivalence.translation.graph import Stored


def stored_variable(variable: Any, path: str) -> Stored:
    """A variable, or any array, as a file would hold it; the numbers are read when they are asked for."""
    dtype = str(keras.backend.standardize_dtype(variable.dtype))
    return Stored(path, "", tuple(variable.shape), dtype, partial(_numbers, variable))


def _numbers(value: Any) -> Any:
    found = keras.ops.convert_to_numpy(value)
    return np.asarray(found, np.float32) if str(found.dtype) == "bfloat16" else found


def arrays_of(layer: Any, where: str) -> Iterator[tuple[str, list[tuple[Stored, Any]]]]:
    """For each sub-path inside a layer of Keras's its arrays, with the variables that they are."""
    store = saving_lib.NpzIOStore("", mode="w")  # as a dictionary: nothing is written before it is closed
    saving_lib._save_state(layer, store, None, "", set())
    for path, group in store.contents.items():
        inside = "" if path == "__root__" else path
        if not group or inside.rpartition("/")[2] in ("seed_generator", "_lookup_layer"):
            continue
        arrays = []
        for name, variable in group.items():
            array = stored_variable(variable, f"{where}/{inside}/{name}".replace("//", "/"))
            array.name = "" if name.isdecimal() else name
            arrays.append((array, variable))
        yield inside, arrays


def assets_of(layer: Any) -> dict[str, Callable[[], str]]:
    """The text files that a layer would have in a file (a vocabulary)."""
    if not any(hasattr(part, "save_assets") for part in layer._flatten_layers()):
        return {}
    with tempfile.TemporaryDirectory(prefix="equivalence-") as folder:
        store = saving_lib.DiskIOStore(os.path.join(folder, "assets"), mode="w")  # which it makes itself
        try:
            saving_lib._save_state(layer, None, store, "", set())
        finally:
            store.close()
        texts = {path.name: path.read_text(encoding="utf-8") for path in Path(folder).rglob("*") if path.is_file()}
    return {name: partial(str, text) for name, text in texts.items()}
