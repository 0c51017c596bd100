"""Which stored array is which weight of a layer: by sub-path in `.keras`, by position in legacy files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from equivalence.catalogue import find
from equivalence.errors import Refused
from equivalence.schema import Entry, Weight
from equivalence.translation.graph import ClassName, Layer, Stored
from equivalence.translation.held_layers import held_layers

Key = tuple[str, tuple[str, ...]]  # Weight.keras, Weight.at


def serialised_layer(value: Any, where: str) -> tuple[ClassName, dict[str, Any]]:
    """Class and configuration of a layer that is kept inside another's configuration."""
    if not isinstance(value, dict) or not isinstance(value.get("config"), dict):
        raise Refused(f"{where}: the layer inside it is not stored as a configuration ({value!r:.80}).")
    name = value.get("class_name")
    module, registered = value.get("module") or "", value.get("registered_name") or ""
    if not all(isinstance(text, str) for text in (name, module, registered)):
        raise Refused(f"{where}: the layer inside it has no class name.")
    return ClassName(module, str(name), registered), value["config"]


def inner_layer(layer: Layer, entry: Entry, key: str, where: str) -> Layer:
    """The layer under configuration key `key` as a Layer of its own, with its share of the arrays."""
    if key in layer.inside:
        return layer.inside[key]
    held = held_layers(entry, layer.config)
    position = next(position for position, item in enumerate(held) if item.key == key)
    inner = held[position]
    cls, config = serialised_layer(inner.value, where)
    made = Layer(str(config.get("name", key)), cls, config, trainable=layer.trainable)
    if None in layer.stored:
        inside = [array for array in layer.stored[None] if array.name not in _own_names(layer, entry)]
        before = sum(_count(*serialised_layer(item.value, where), where) for item in held[:position])
        made.stored[None] = inside[before : before + _count(cls, config, where)]
        return made
    for path in inner.at:
        found = {
            sub.removeprefix(path).lstrip("/"): arrays
            for sub, arrays in layer.stored.items()
            if sub is not None and (sub == path or sub.startswith(f"{path}/"))
        }
        if found:
            made.stored.update(found)
            break
    return made


def _own_names(layer: Layer, entry: Entry) -> set[str]:
    """Of a layer around others: the names of its own arrays, by which alone a legacy file tells them from theirs."""
    return {name for weight in entry.stored_weights(layer.config) for name in (weight.keras, *weight.old)}


def _count(cls: ClassName, config: Mapping[str, Any], where: str) -> int:
    entry = find(cls)
    if entry is None:
        raise Refused(f"{where}: the layer inside it is of class {cls.name!r:.80}, which no entry describes.")
    own = len(entry.stored_weights(config))
    for item in held_layers(entry, config):
        own += _count(*serialised_layer(item.value, where), where)
    return own


def arrays(layer: Layer, entry: Entry, where: str) -> dict[Key, Stored]:
    """The layer's own arrays by weight. Raises Refused where one is missing, extra or misnamed."""
    if None in layer.stored:
        own = layer.stored[None]
        if entry.inner:
            own = [array for array in own if array.name in _own_names(layer, entry)]
        return dict(_by_position(entry.stored_weights(layer.config), own, where))
    expected = entry.stored_weights(layer.config, repeated=True)
    groups: dict[str, list[Weight]] = {}
    for weight in expected:
        path = next((candidate for candidate in weight.at if layer.stored.get(candidate)), weight.at[0])
        groups.setdefault(path, []).append(weight)
    found: dict[Key, Stored] = {}
    for path, weights in groups.items():
        found.update(_by_position(tuple(weights), layer.stored.get(path, []), where))
    return found


def _by_position(expected: tuple[Weight, ...], stored: list[Stored], where: str) -> Iterator[tuple[Key, Stored]]:
    if len(stored) < len(expected):
        missing = ", ".join(weight.keras for weight in expected[len(stored) :])
        raise Refused(f"{where}: the file lacks its weight {missing}.")
    if len(stored) > len(expected):
        raise Refused(f"{where}: the file holds {len(stored)} arrays for it where {len(expected)} are expected.")
    for weight, array in zip(expected, stored, strict=True):
        if array.name and array.name not in (weight.keras, *weight.old):
            raise Refused(f"{where}: the file's array {array.path!r:.120} stands where {weight.keras} should.")
        yield (weight.keras, weight.at), array
