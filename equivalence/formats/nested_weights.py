"""The flat list that a legacy `.h5` file keeps for a nested model, or a layer around one, given out to its layers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from equivalence.catalogue import find
from equivalence.formats.adapted_weights import is_adapted
from equivalence.formats.call_arguments import FUNCTION_WRAPPERS
from equivalence.formats.declared_inputs import is_input
from equivalence.formats.document import Document, class_name
from equivalence.formats.held_models import layers_in
from equivalence.formats.refusal import shown
from equivalence.translation.graph import ClassName, Layer, Stored, is_operation


def distribute(model: Layer, arrays: list[Stored], document: Document) -> None:
    """Gives the arrays of a nested model, or of a layer that keeps one inside it, to the layers there.

    The list has the trainable weights in the order of the layers, then the others; every weight of
    a frozen layer is among the others. How many of which kind a layer has, its entry in the
    catalogue says. Raises Refused where a layer has no entry and where the number does not come out.
    """
    slots = list(_slots(model, document, set()))
    frozen_as_a_whole = not model.trainable and not document.old
    first = [] if frozen_as_a_whole else [layer for layer, trainable in slots if trainable]
    second = [layer for layer, trainable in slots if frozen_as_a_whole or not trainable]
    if len(slots) != len(arrays):
        raise document.refuse(
            f"{_kind(model)} {shown(model.name)} has {len(arrays)} arrays in the file, "
            f"and its layers have {len(slots)} weights"
        )
    for layer in first + second:
        layer.stored[None] = []  # a layer shared with another model has the same values there
    for layer, array in zip(first + second, arrays, strict=True):
        layer.stored[None].append(array)


def weight_count(layer: Layer, document: Document) -> int:
    """How many arrays Keras keeps for a layer, or for a nested model. Raises Refused where an entry is missing."""
    return sum(1 for _ in _slots(layer, document, set()))


def _kind(layer: Layer) -> str:
    return "nested model" if layer.graph is not None else "the model inside layer"


def _slots(layer: Layer, document: Document, seen: set[int], frozen: bool = False) -> Iterator[tuple[Layer, bool]]:
    """For every weight of a layer or model and below: the layer it belongs to, and whether it is trained.

    `frozen`: what is around it is, which counts for the layers within a layer in Keras 2 alone.
    """
    function = is_operation(layer) or layer.cls.name in FUNCTION_WRAPPERS
    if function or is_input(layer) or id(layer) in seen:
        return
    seen.add(id(layer))
    if layer.graph is not None:
        for child in layer.graph.layers:
            yield from _slots(child, document, seen, frozen)
        return
    trained, what = layer.trainable and not frozen, f"layer {shown(layer.name)}"
    for trainable in _trainable(layer.cls, layer.config, trained, document, what, layer.inside):
        yield layer, trainable
    for inside in layer.inside.values():
        yield from _slots(inside, document, seen, document.old and not trained)


def _trainable(
    cls: ClassName,
    config: Mapping[str, Any],
    trained: bool,
    document: Document,
    what: str,
    besides: Collection[str] = (),
) -> Iterator[bool]:
    """One truth value for each weight of a layer, those of the layers inside it (`besides` some) after its own."""
    entry = find(cls)
    if entry is None:
        raise document.refuse(f"{what} is of class {shown(cls.name)}, which no entry describes")
    adapted = is_adapted(config)
    for position, weight in enumerate(entry.stored_weights(config)):
        yield weight.trainable and trained and not (adapted and position == 0)
    yield from (trained, trained) if adapted else ()
    for held in layers_in(cls, config):
        if held.key in besides:
            continue
        item = document.expect(held.value, dict, f"{held.key} of {what}")
        inner_config = document.expect(item.get("config"), dict, f"the {held.key} of {what}")
        within = inner_config.get("trainable") is not False and (trained or not document.old)
        yield from _trainable(class_name(item, document), inner_config, within, document, what)
