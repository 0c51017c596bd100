"""What emitted text makes of the arrays and files of equivalence.keras_side.keras_trials.keras_data."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader

from equivalence.formats.sample_files import REPEATED, filled_up, flips, given, in_any_order, write_files
from equivalence.torch_side.written_object import Make

Arrays = Mapping[str, np.ndarray]


def run(make: Make, trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> dict[str, np.ndarray]:
    """All arrays of what comes of it, under the names of the Keras side; images with their channels last."""
    channels = trial.get("channels", False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if trial["as"] in ("folder", "generator", "flips"):
            write_files(folder, arrays)
            torch.manual_seed(3)
            made = make(folder=str(folder / trial["kind"]))
        elif trial["as"] == "file":
            write_files(folder, arrays)
            made = make(file=str(folder / "images" / "a" / "4.png"))
        elif trial["as"] == "image":
            made = make(x=Image.fromarray(arrays["x"].astype(np.uint8)))
        elif trial["as"] == "saved":
            make(x=_argument("x", arrays, channels), file=str(folder / "saved.png"))
            made = np.array(Image.open(folder / "saved.png"))
        else:
            made = make(**{name: _argument(name, arrays, channels) for name in trial["on"] if name != "None"})
        if trial.get("stack"):
            return {f"/{index}": filled_up(part.numpy(), trial["stack"]) for index, part in enumerate(made)}
        if trial["as"] == "flips":
            return flips(np.moveaxis(batch.numpy(), 1, -1) for _ in range(REPEATED) for batch, _ in made)
        leaves = dict(_leaves("", made, channels))
        if channels:
            leaves = {name: array * 1.0 if array.ndim > 2 else array for name, array in leaves.items()}
        return in_any_order(leaves) if trial.get("unordered") else leaves


def _argument(name: str, arrays: Arrays, channels: bool) -> Any:
    array = given(name, arrays)
    if isinstance(array, list):
        return array
    return torch.from_numpy(np.moveaxis(array, -1, array.ndim - 3) if channels else array)


def _leaves(name: str, value: Any, channels: bool) -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], str):
        value = np.frombuffer("\n".join(value).encode(), np.uint8)
    if isinstance(value, (DataLoader, list, tuple)):
        for index, part in enumerate(value):
            yield from _leaves(f"{name}/{index}", part, channels)
    elif value is not None:
        array = value.numpy() if isinstance(value, Tensor) else np.asarray(value)
        if channels and array.ndim in (3, 4) and isinstance(value, Tensor):
            array = np.moveaxis(array, array.ndim - 3, -1)
        yield name or "/", array.astype(np.int64) if array.dtype.kind in "iu" else array
