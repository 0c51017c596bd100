"""Which regularizers and constraints of layers are for which arrays, those of layers inside layers too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from equivalence.catalogue import find
from equivalence.emit.layer_paths import layers_by_path
from equivalence.emit.storage import arrays, inner_layer
from equivalence.emit.wrapped import class_of
from equivalence.errors import Refused
from equivalence.schema import Entry
from equivalence.translation.graph import Graph, Layer, Stored, is_operation
from equivalence.translation.held_layers import held_layers

KINDS = ("regularizer", "constraint")
_ENDS = tuple(f"_{kind}" for kind in KINDS)


@dataclass(slots=True)
class Asked:
    """The regularizers and constraints of one layer, by the argument, as they are serialised."""

    given: dict[str, Any]

    def of(self, weight: str, kind: str) -> Any:
        """What is asked of a weight by its name in Keras, None where nothing is."""
        return self.given.get(self.argument(weight, kind))

    def argument(self, weight: str, kind: str) -> str:
        """The argument that is for a weight, "" where none is: "depthwise_constraint" for one called kernel, too."""
        for stem in (weight, weight.removesuffix("_kernel"), "depthwise" if weight == "kernel" else weight):
            if weight and f"{stem}_{kind}" in self.given:
                return f"{stem}_{kind}"
        return ""


def asked_by_array(graph: Graph, where: str) -> dict[int, Asked]:
    """By `id` of an array, what the layer asks whose own it is; only of layers that ask anything.

    `where` stands in messages. Raises Refused for what is asked of no weight that is known, and for a penalty of what
    a layer inside another computes.
    """
    found: dict[int, Asked] = {}
    for path, layer, _ in layers_by_path(graph):
        if layer.graph is None and not is_operation(layer) and _anything([layer.config]):
            for array, asked in _of_layer(layer, path, where):
                found.setdefault(id(array), asked)
    return found


def _of_layer(layer: Layer, path: str, where: str) -> Iterator[tuple[Stored, Asked]]:
    """The arrays of a layer, and of those inside it."""
    entry = find(class_of(layer))
    given = {key: value for key, value in layer.config.items() if _asks(key, value) and not key.startswith("activity")}
    asked, known = Asked(given), entry.weights if entry else ()  # also weights that it has not, as use_bias=False says
    taken = {asked.argument(weight.keras, kind) for weight in known for kind in KINDS}
    for key in sorted({*given} - taken):
        raise _refused(where, path, f"its {key} is for no weight that is known")
    for array in arrays(layer, entry, where).values() if entry else ():
        yield array, asked
    yield from _of_layers_inside(layer, entry, path, where)


def _of_layers_inside(layer: Layer, entry: Entry | None, path: str, where: str) -> Iterator[tuple[Stored, Asked]]:
    held = held_layers(entry, layer.config) if entry else []
    keys = {key for inner in (entry.inner if entry else ()) for key in (inner.key, inner.fallback)}
    if name := _anything([value for key, value in layer.config.items() if key not in keys and not _asks(key, value)]):
        raise _refused(where, path, f"the {name} of a layer inside it is for that layer's weight")
    for each in held:
        if not _anything([each.value]):
            continue
        assert entry is not None
        inside = inner_layer(layer, entry, each.key, where)
        if inside.graph is not None:
            continue  # its layers have paths of their own
        if inside.config.get("activity_regularizer") is not None:
            raise _refused(where, path, "the activity_regularizer of the layer inside it adds to the loss")
        yield from _of_layer(inside, f"{path}/{inside.name}", where)


def _asks(key: Any, value: Any) -> bool:
    return isinstance(key, str) and key.endswith(_ENDS) and value is not None


def _anything(held: Any) -> str:
    """The first regularizer or constraint in a configuration: its argument, "" where there is none."""
    if isinstance(held, dict):
        for key, value in held.items():
            if _asks(key, value):
                return str(key) if key.isidentifier() else "regularizer"
        held = [*held.values()]
    return next(filter(None, map(_anything, held)), "") if isinstance(held, list) else ""


def _refused(where: str, path: str, why: str) -> Refused:
    return Refused(f"{where}: layer {path!r:.120}: {why}, which has no translation")
