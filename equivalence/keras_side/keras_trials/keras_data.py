"""What Keras makes of arrays, and of folders of files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from equivalence.formats.sample_files import REPEATED, filled_up, flips, given, in_any_order, write_files

Arrays = Mapping[str, Any]


def run(make: Callable[[], Any], trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> dict[str, Any]:
    """All arrays of what comes of it, numbered; of batches, those of each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        done = {
            "call": _call,
            "folder": _folder,
            "file": _file,
            "image": _image,
            "saved": _saved,
            "generator": _generator,
            "flips": _generator,
        }[trial["as"]]
        made = done(make(), trial, arrays, folder)
        if trial.get("stack"):
            rows = (np.stack([np.asarray(row) for row in part]) for part in made)
            return {f"/{index}": filled_up(part, trial["stack"]) for index, part in enumerate(rows)}
        if trial["as"] == "flips":
            return flips(made[index][0] for _ in range(REPEATED) for index in range(len(made)))
        leaves = dict(_leaves("", made))
        if trial.get("channels"):  # images that stay whole numbers are floats in torch
            leaves = {name: array * 1.0 if array.ndim > 2 else array for name, array in leaves.items()}
        return in_any_order(leaves) if trial.get("unordered") else leaves


def _call(function: Any, trial: Mapping[str, Any], arrays: Arrays, folder: Path) -> Any:
    return function(*[given(name, arrays) for name in trial["on"]])


def _folder(function: Any, trial: Mapping[str, Any], arrays: Arrays, folder: Path) -> Any:
    write_files(folder, arrays)
    keras.utils.set_random_seed(3)
    return function(str(folder / trial["kind"]))


def _file(function: Any, trial: Mapping[str, Any], arrays: Arrays, folder: Path) -> Any:
    write_files(folder, arrays)
    return function(str(folder / "images" / "a" / "4.png"))


def _image(function: Any, trial: Mapping[str, Any], arrays: Arrays, folder: Path) -> Any:
    return function(Image.fromarray(arrays["x"].astype(np.uint8)))


def _saved(function: Any, trial: Mapping[str, Any], arrays: Arrays, folder: Path) -> Any:
    """The pixels of the file that is written."""
    function(str(folder / "saved.png"), arrays["x"])
    return np.array(Image.open(folder / "saved.png"))


def _generator(generator: Any, trial: Mapping[str, Any], arrays: Arrays, folder: Path) -> Any:
    write_files(folder, arrays)
    np.random.seed(3)
    return generator.flow_from_directory(str(folder / trial["kind"]), **trial["method"])


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, tf.data.Dataset) or (hasattr(value, "__getitem__") and hasattr(value, "class_indices")):
        for index in range(len(value)) if not isinstance(value, tf.data.Dataset) else ():
            yield from _leaves(f"{name}/{index}", value[index])
        for index, batch in enumerate(value) if isinstance(value, tf.data.Dataset) else ():
            yield from _leaves(f"{name}/{index}", batch)
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            yield from _leaves(f"{name}/{index}", part)
    elif value is not None:
        array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
        if array.dtype == object:  # texts
            array = np.frombuffer(b"\n".join(array.ravel()), np.uint8)
        yield name or "/", array.astype(np.int64) if array.dtype.kind in "iu" else array
