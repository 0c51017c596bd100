"""Copies of `.keras` files with something changed in their configuration or weights."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py

Change = Callable[[dict[str, Any], h5py.File], None]


def altered(path: Path, target: Path, change: Change) -> Path:
    """Writes to `target` what `change` makes of the configuration and the weights of `path`."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config, weights = json.loads(members["config.json"]), io.BytesIO(members["model.weights.h5"])
    with h5py.File(weights, "a") as file:
        change(config, file)
    members |= {"config.json": json.dumps(config).encode(), "model.weights.h5": weights.getvalue()}
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target


def layer(config: dict[str, Any], name: str) -> dict[str, Any]:
    """The serialised layer of this name in the outermost model."""
    found: dict[str, Any] = next(item for item in config["config"]["layers"] if item["config"]["name"] == name)
    return found
