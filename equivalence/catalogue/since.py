"""Since which Keras 3 there are a name and its arguments: `since.json`, written by scripts/keras_versions.py.

What the file does not name is there since Keras 3.0, or has no place in the public API of its own.
"""

from __future__ import annotations

import json
import os.path
from functools import cache

PATH = os.path.join(os.path.dirname(__file__), "since.json")


def since(keras: str) -> dict[str, str]:
    """Versions, "3.9", by argument; under "" that of the name itself. Empty where nothing is newer than Keras 3.0."""
    return _table().get(keras, {})


@cache
def _table() -> dict[str, dict[str, str]]:
    with open(PATH, encoding="utf-8") as file:
        found: dict[str, dict[str, str]] = json.load(file)
    return found
