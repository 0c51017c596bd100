"""The arrays that a layer will have once it is built: of a definition without weights, their names and places."""

from __future__ import annotations

from typing import Any, NoReturn

from equivalence import catalogue
from equivalence.emit.storage import serialised_layer
from equivalence.schema import Entry
from equivalence.translation.graph import Layer, Stored
from equivalence.translation.held_layers import held_layers


def declare_arrays(layer: Layer, entry: Entry) -> None:
    """Gives a layer without arrays those that its configuration says, and that of every layer in it.

    Raises Refused where a layer inside it is stored as none.
    """
    _declare(layer, entry, layer.config, "")


def _declare(layer: Layer, entry: Entry, config: dict[str, Any], prefix: str) -> None:
    for weight in entry.stored_weights(config, repeated=True):
        place = "/".join(part for part in (prefix, weight.at[0]) if part)
        path = f"{layer.name}/{place}/{weight.keras}" if place else f"{layer.name}/{weight.keras}"
        layer.stored.setdefault(place, []).append(Stored(path, weight.keras, (), "float32", _unread, declared=True))
    for held in held_layers(entry, config):
        cls, inner = serialised_layer(held.value, layer.name)
        if (found := catalogue.find(cls)) is not None:
            _declare(layer, found, inner, "/".join(part for part in (prefix, held.at[0]) if part))


def _unread() -> NoReturn:
    raise ValueError("a definition without weights has no numbers")
