"""What activity regularizers add to the loss, of what the layers of a port give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from equivalence.catalogue import find
from equivalence.catalogue.named_objects import named_object
from equivalence.emit.draft import FileDraft, ForwardDraft
from equivalence.emit.layer_paths import layers_by_path
from equivalence.emit.trained_parts import ADDS_UP, Functions
from equivalence.emit.wrapped import class_of
from equivalence.errors import Refused
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Graph, Layer, Spec
from equivalence.translation.order import KERAS

#: The layer that is nothing but such a penalty: its settings are those of keras.regularizers.L1L2.
_PENALTY = "keras.layers.ActivityRegularization"


def activities(draft: FileDraft, graph: Graph, functions: Functions) -> list[str]:
    """The terms that the layers of a model add to the loss, of values of its forward.

    Raises Refused for one in a model inside the model, or of what the port does not compute.
    """
    model, terms = draft.classes[-1], list[str]()
    for path, layer, _ in layers_by_path(graph):
        given = _given(layer)
        if given is None:
            continue
        where = f"{functions.where}: the activity_regularizer of layer {path!r:.120}"
        entry, config = named_object(given, "keras.regularizers", where)
        seen = [] if path != layer.name else [*_outputs(model.forward, layer.name)]
        if not seen:
            raise Refused(f"{where} is for what a model inside the model computes, which has no translation")
        for value in seen:
            if value.order != KERAS and entry.name not in ADDS_UP:
                raise Refused(f"{where} is for axes as Keras has them, which lie otherwise in PyTorch")
            name = functions.of(entry, config, [Spec("weight", (None, *value.shape[1:]), "float32")])
            terms.append(f"{name}({value}) / len({value})")  # keras/src/layers/layer.py: a share for each sample
    return terms


def _given(layer: Layer) -> Any:
    """The activity regularizer of a layer as it is serialised, None without one."""
    entry = find(class_of(layer))
    if entry is not None and entry.keras == _PENALTY:
        config = {name: layer.config.get(name) or 0.0 for name in ("l1", "l2")}
        return {"class_name": "L1L2", "config": config} if any(config.values()) else None
    return layer.config.get("activity_regularizer")


def _outputs(forward: ForwardDraft, layer: str) -> Iterator[Value]:
    """What a layer gives, in all of its calls."""
    for value in [*(value for _, value, _ in forward.inputs), *forward.values]:
        for name, _, _ in value.taps:
            if name == layer:
                yield value
