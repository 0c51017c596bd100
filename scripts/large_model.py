"""Models that are large in one way or another, as Keras 2 files without TensorFlow or Keras.

`python -m scripts.large_model wide PATH [LAYERS WIDTH]`: Dense layers whose arrays are all zeros. They are holes in the
file, where the file system has such: 10 GB (40 layers of 8192 by 8192, the default) take a few kilobytes of the disk.
`python -m scripts.large_model deep PATH [LAYERS]`: a functional model of many small layers with shortcuts.
`python -m scripts.large_model plain PATH [LAYERS]`: one without weights, to whose layers the order of axes is all one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

LAYERS, WIDTH = 40, 8192
DEEP, NARROW = 5000, 4
_UNSET = (
    "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "activity_regularizer",
    "kernel_constraint", "bias_constraint",
)  # fmt: skip


def wide(path: Path, layers: int = LAYERS, width: int = WIDTH) -> None:
    """A Sequential model of `layers` Dense layers of `width` units each."""
    names = [f"dense_{index}" for index in range(layers)]
    parts = [_input(width), *(_dense(name, width) for name in names)]
    with h5py.File(path, "w") as file:
        weights = _begun(file, {"class_name": "Sequential", "config": {"name": "large", "layers": parts}}, names)
        for name in names:
            for array, shape in _arrays(weights, name, width):
                _hole(weights[name], array, shape)


def deep(path: Path, layers: int = DEEP, width: int = NARROW) -> None:
    """A functional model: Dense, ReLU, Dense, and the sum with what went into them, again and again."""
    names, parts = ["x"], [{**_input(width), "name": "x", "inbound_nodes": []}]
    shortcut = "x"
    for index in range(layers):
        kind, before = index % 4, names[-1]
        name = f"{('dense', 're_lu', 'dense', 'add')[kind]}_{index}"
        given = [before, shortcut] if kind == 3 else [before]
        made = _dense(name, width) if kind in (0, 2) else _plain(name, "ReLU" if kind == 1 else "Add")
        parts.append({**made, "name": name, "inbound_nodes": [[[one, 0, 0, {}] for one in given]]})
        names.append(name)
        shortcut = name if kind == 3 else shortcut
    random = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        weights = _begun(file, _functional(parts), names)
        for name in (name for name in names if name.startswith("dense")):
            for array, shape in _arrays(weights, name, width):
                weights[name][array] = random.normal(scale=0.1, size=shape).astype(np.float32)


def plain(path: Path, layers: int = DEEP, width: int = NARROW) -> None:
    """A functional model: ReLU, Reshape to what it is, and the sum of both, again and again."""
    parts = [{**_input(width), "name": "x", "inbound_nodes": []}]
    for index in range(layers):
        kind, before = ("ReLU", "Reshape", "Add")[index % 3], [part["name"] for part in parts[-2:]]
        name = f"{('re_lu', 'reshape', 'add')[index % 3]}_{index}"
        given = before if kind == "Add" else before[-1:]
        parts.append({**_plain(name, kind), "name": name, "inbound_nodes": [[[one, 0, 0, {}] for one in given]]})
        if kind == "Reshape":
            parts[-1]["config"]["target_shape"] = [width]
    with h5py.File(path, "w") as file:
        _begun(file, _functional(parts), [part["name"] for part in parts])


def _functional(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """A functional model from the first of its layers to the last."""
    ends = {"input_layers": [[parts[0]["name"], 0, 0]], "output_layers": [[parts[-1]["name"], 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "deep", "layers": parts, **ends}}


def _input(width: int) -> dict[str, Any]:
    return {
        "class_name": "InputLayer",
        "config": {"batch_input_shape": [None, width], "dtype": "float32", "sparse": False, "name": "x"},
    }


def _dense(name: str, width: int) -> dict[str, Any]:
    config = {"name": name, "trainable": True, "dtype": "float32", "units": width, "activation": "linear"}
    return {"class_name": "Dense", "config": {**config, "use_bias": True, **dict.fromkeys(_UNSET)}}


def _plain(name: str, kind: str) -> dict[str, Any]:
    own = {"max_value": None, "negative_slope": 0.0, "threshold": 0.0} if kind == "ReLU" else {}
    return {"class_name": kind, "config": {"name": name, "trainable": True, "dtype": "float32", **own}}


def _begun(file: Any, stated: dict[str, Any], names: list[str]) -> Any:
    """The attributes of a Keras 2 file, and the group of its weights; the names are in a group of their own each."""
    file.attrs["keras_version"], file.attrs["backend"] = "2.11.0", "tensorflow"
    file.attrs["model_config"] = json.dumps(stated)
    weights = file.create_group("model_weights")
    weights.attrs["keras_version"], weights.attrs["backend"] = "2.11.0", "tensorflow"
    for number, begin in enumerate(range(0, len(names), 1000)):  # an attribute holds 64 kB
        part = np.array([name.encode() for name in names[begin : begin + 1000]])
        weights.attrs["layer_names" + (str(number) if len(names) > 1000 else "")] = part
    for name in names:
        weights.create_group(name).attrs["weight_names"] = np.array([], "S1")
    return weights


def _arrays(weights: Any, name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names and shapes of a Dense layer's arrays, which its group then lists."""
    arrays = {f"{name}/kernel:0": (width, width), f"{name}/bias:0": (width,)}
    weights[name].attrs["weight_names"] = np.array([array.encode() for array in arrays])
    yield from arrays.items()


def _hole(group: Any, name: str, shape: tuple[int, ...]) -> None:
    """An array of which the place is taken in the file, and nothing is written."""
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    plan.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    links = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    h5py.h5d.create(group.id, name.encode(), h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple(shape), plan, links)


if __name__ == "__main__":
    {"wide": wide, "deep": deep, "plain": plain}[sys.argv[1]](Path(sys.argv[2]), *map(int, sys.argv[3:]))
