"""Models that a layer keeps inside it, as TimeDistributed may: in its configuration, and where their arrays lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equivalence.catalogue import find
from equivalence.formats.declared_inputs import of_keras
from equivalence.translation.graph import ClassName, Layer
from equivalence.translation.held_layers import Held, held_layers


def is_model(cls: ClassName) -> bool:
    """Whether a class is that of a Functional or Sequential model."""
    return of_keras(cls) and cls.name in ("Functional", "Model", "Sequential")


def layers_in(cls: ClassName, config: Mapping[str, Any]) -> list[Held]:
    """What a layer of this configuration keeps inside it; nothing where no entry tells."""
    entry = find(cls)
    return held_layers(entry, config) if entry and entry.inner else []


def holds_a_model(item: Any) -> bool:
    """Whether a serialised layer is a model, or has one inside it at any depth."""
    if not isinstance(item, dict) or not isinstance(item.get("class_name"), str):
        return False
    module, name, registered = (str(item.get(key) or "") for key in ("module", "class_name", "registered_name"))
    cls, config = ClassName(module, name, "" if registered == name else registered), item.get("config")
    if is_model(cls):
        return True
    return isinstance(config, dict) and any(holds_a_model(held.value) for held in layers_in(cls, config))


def inside_at(layer: Layer) -> dict[str, Layer]:
    """`Layer.inside` by each sub-path where a file may keep the arrays."""
    return {
        path: layer.inside[held.key]
        for held in (layers_in(layer.cls, layer.config) if layer.inside else ())
        if held.key in layer.inside
        for path in held.at
    }
