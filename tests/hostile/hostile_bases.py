"""Valid files that hostile ones are made of: none of them needs Keras to be made."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
KERAS_2 = ROOT / "tests" / "formats" / "keras2"
WEIGHTS = "model.weights.h5"


@dataclass(frozen=True)
class Craft:
    """Files to be tried: `files` by their names, of which `main` is ported, on `config` where that is named.

    `says` is part of the refusal; with None it may also be ported, as what it is.
    """

    files: Mapping[str, bytes]
    main: str
    says: str | None = None
    config: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)  # limits that are lifted


@cache
def tiny() -> bytes:
    """A `.keras` file of a functional model: a convolution, a normalisation, a pooling, a dense layer."""
    chain = [
        layer("image", "InputLayer", batch_shape=[None, 6, 5, 2]),
        layer("rescaling", "Rescaling", scale=0.25, offset=0.5),
        layer("conv2d", "Conv2D", filters=12, kernel_size=[2, 3], strides=[1, 1], padding="same", activation="relu"),
        layer("batch_normalization", "BatchNormalization", axis=-1, epsilon=0.001, momentum=0.99),
        layer("pool", "GlobalAveragePooling2D", data_format="channels_last", keepdims=False),
        dense("dense", units=10),
    ]
    shapes = [[None, 6, 5, 2], [None, 6, 5, 2], [None, 6, 5, 12], [None, 6, 5, 12], [None, 12]]
    for index, own in enumerate(chain):
        nodes = []
        if index:
            before = [chain[index - 1]["config"]["name"], 0, 0]
            held = {"shape": shapes[index - 1], "dtype": "float32", "keras_history": before}
            nodes = [{"args": [{"class_name": "__keras_tensor__", "config": held}], "kwargs": {}}]
        own.update(name=own["config"]["name"], inbound_nodes=nodes)
    del chain[0]["config"]["trainable"]
    config = {
        "name": "tiny",
        "trainable": True,
        "layers": chain,
        "input_layers": [["image", 0, 0]],
        "output_layers": [["dense", 0, 0]],
    }
    random = np.random.default_rng(7)
    arrays = {
        "conv2d": [(2, 3, 2, 12), (12,)],
        "batch_normalization": [(12,)] * 4,
        "dense": [(12, 10), (10,)],
    }
    made = {
        f"layers/{name}/vars/{index}": random.uniform(0.25, 1.0, shape).astype("f4")
        for name, own in arrays.items()
        for index, shape in enumerate(own)
    }
    return model_of({"module": "keras.src.models.functional", "class_name": "Functional", "config": config}, made)


@cache
def legacy(name: str = "nested") -> bytes:
    """A `.h5` file of Keras 2."""
    return (KERAS_2 / f"{name}.h5").read_bytes()


@cache
def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def with_members(change: Callable[[dict[str, bytes]], object], method: int = zipfile.ZIP_STORED) -> bytes:
    """The `.keras` file with its members changed."""
    parts = dict(members(tiny()))
    change(parts)
    return zipped(parts, method)


def with_config(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The `.keras` file with its configuration changed."""

    def apply(parts: dict[str, bytes]) -> None:
        config = json.loads(parts["config.json"])
        change(config)
        parts["config.json"] = json.dumps(config).encode()

    return with_members(apply)


def edited(content: bytes, change: Callable[[h5py.File], object]) -> bytes:
    """An HDF5 file changed by h5py."""
    buffer = io.BytesIO(content)
    with h5py.File(buffer, "a") as file:
        change(file)
    return buffer.getvalue()


def with_weights(change: Callable[[h5py.File], object]) -> bytes:
    """The `.keras` file with its arrays changed."""
    return with_members(lambda parts: parts.update({WEIGHTS: edited(parts[WEIGHTS], change)}))


def with_raw_weights(change: Callable[[bytes], bytes]) -> bytes:
    return with_members(lambda parts: parts.update({WEIGHTS: change(parts[WEIGHTS])}))


def small_model(layers: list[dict[str, Any]], arrays: Mapping[str, Any] | None = None, shape: Any = (4,)) -> bytes:
    """A `.keras` file of a Sequential with these layers."""
    first = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": [None, *shape], "dtype": "float32", "name": "given"},
        "registered_name": None,
    }
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "small", "trainable": True, "layers": [first, *layers]},
        "registered_name": None,
    }
    return model_of(config, arrays)


def model_of(config: dict[str, Any], arrays: Mapping[str, Any] | None = None) -> bytes:
    """A `.keras` file of a configuration, with arrays by their paths."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_group("layers")
        for path, array in (arrays or {}).items():
            file[path] = np.asarray(array)
    return zipped(
        {
            "metadata.json": b'{"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}',
            "config.json": json.dumps(config).encode(),
            WEIGHTS: buffer.getvalue(),
        }
    )


def layer(name: str, cls: str, module: str = "keras.layers", /, **config: Any) -> dict[str, Any]:
    """A serialised layer."""
    return {
        "module": module,
        "class_name": cls,
        "config": {"name": name, "trainable": True, "dtype": "float32", **config},
        "registered_name": None,
    }


def dense(name: str = "dense", units: Any = 3, **config: Any) -> dict[str, Any]:
    return layer(name, "Dense", units=units, activation="linear", use_bias=True, **config)


#: The arrays of `small_model([dense()])`.
DENSE = {
    "layers/dense/vars/0": np.arange(12, dtype="f4").reshape(4, 3) / 16,
    "layers/dense/vars/1": np.ones(3, "f4"),
}


def number(value: int, form: str = "<Q") -> bytes:
    return struct.pack(form, value)
