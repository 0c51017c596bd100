"""The flat list that a legacy `.h5` file keeps for a nested model, given out to its layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from equivalence.catalogue import find
from equivalence.formats.adapted_weights import is_adapted
from equivalence.formats.call_arguments import FUNCTION_WRAPPERS
from equivalence.formats.declared_inputs import is_input
from equivalence.formats.document import Document, class_name
from equivalence.formats.native_weights import is_operation
from equivalence.formats.refusal import shown
from equivalence.translation.graph import ClassName, Layer, Stored
from equivalence.translation.held_layers import held_layers


def distribute(model: Layer, arrays: list[Stored], document: Document) -> None:
    """Gives the arrays of a nested model to its layers.

    The list has the trainable weights in the order of the layers, then the others; every weight of
    a frozen layer is among the others. How many of which kind a layer has, its entry in the
    catalogue says. Raises Refused where a layer has no entry and where the number does not come out.
    """
    slots = list(_slots(model, document))
    frozen_as_a_whole = not model.trainable and not document.old
    first = [] if frozen_as_a_whole else [layer for layer, trainable in slots if trainable]
    second = [layer for layer, trainable in slots if frozen_as_a_whole or not trainable]
    if len(slots) != len(arrays):
        raise document.refuse(
            f"nested model {shown(model.name)} has {len(arrays)} arrays in the file, "
            f"and its layers have {len(slots)} weights"
        )
    for layer in first + second:
        layer.stored[None] = []  # a layer shared with another model has the same values there
    for layer, array in zip(first + second, arrays, strict=True):
        layer.stored[None].append(array)


def weight_count(layer: Layer, document: Document) -> int:
    """How many arrays Keras keeps for a layer, or for a nested model. Raises Refused where an entry is missing."""
    if layer.graph is not None:
        return sum(1 for _ in _slots(layer, document))
    if _is_function(layer) or is_input(layer):
        return 0
    return sum(1 for _ in _trainable(layer.cls, layer.config, document, f"layer {shown(layer.name)}"))


def _is_function(layer: Layer) -> bool:
    return is_operation(layer) or layer.cls.name in FUNCTION_WRAPPERS


def _slots(model: Layer, document: Document) -> Iterator[tuple[Layer, bool]]:
    """For every weight below a model: the layer it belongs to, and whether it is trained."""
    assert model.graph is not None
    seen: set[int] = set()
    for layer in model.graph.layers:
        if _is_function(layer) or is_input(layer) or id(layer) in seen:
            continue
        seen.add(id(layer))
        if layer.graph is not None:
            yield from _slots(layer, document)
        else:
            what = f"layer {shown(layer.name)} in nested model {shown(model.name)}"
            for trainable in _trainable(layer.cls, layer.config, document, what):
                yield layer, trainable and layer.trainable


def _trainable(cls: ClassName, config: Mapping[str, Any], document: Document, what: str) -> Iterator[bool]:
    """One truth value for each weight of a layer, those of wrapped layers after its own."""
    entry = find(cls)
    if entry is None:
        raise document.refuse(f"{what} is of class {shown(cls.name)}, which no entry describes")
    adapted = is_adapted(config)
    for position, weight in enumerate(entry.stored_weights(config)):
        yield weight.trainable and not (adapted and position == 0)
    yield from (True, True) if adapted else ()
    for held in held_layers(entry, config):
        item = document.expect(held.value, dict, f"{held.key} of {what}")
        inner_config = document.expect(item.get("config"), dict, f"the {held.key} of {what}")
        yield from _trainable(class_name(item, document), inner_config, document, what)
