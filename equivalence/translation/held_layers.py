"""The layers that a layer keeps inside it (`Entry.inner`): where its configuration and a file have them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from equivalence.schema import Entry


class Held(NamedTuple):
    """One layer inside another."""

    key: str  # "layer"; "cells/1" is the second of a list
    value: Any  # what the configuration has there: a serialised layer, unless the file is broken
    at: tuple[str, ...]  # candidate sub-paths in a file


def held_layers(entry: Entry, config: Mapping[str, Any]) -> list[Held]:
    """What a layer of this configuration holds, in the order in which Keras lists the weights."""
    found = []
    for inner in entry.inner:
        value = config.get(inner.key)
        value = config.get(inner.fallback) if value is None else value
        if not inner.several:
            found.append(Held(inner.key, value, inner.at))
            continue
        used: dict[str, int] = {}
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            name = snake_case(str(item.get("class_name"))) if isinstance(item, Mapping) else ""
            count = used[name] = used.get(name, -1) + 1
            name = f"{name}_{count}" if count else name
            found.append(Held(f"{inner.key}/{index}", item, tuple(f"{at}/{name}" for at in inner.at)))
    return found


def snake_case(name: str) -> str:
    """Keras's file name of a class: Conv2D -> conv2d, PReLU -> p_re_lu (keras/src/utils/naming.py)."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
