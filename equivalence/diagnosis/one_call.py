"""One call of a layer as a model by itself, on the inputs that Keras gives it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from equivalence.diagnosis.reference import Landmark, Reference
from equivalence.torch_side.torch_arrays import read
from equivalence.translation.graph import Call, ClassName, Graph, ModelFile, Ref, Spec
from equivalence.translation.structure import mapped
from equivalence.verification.keras_layout import to_keras_array


def one_call(reference: Reference, mark: Landmark) -> tuple[ModelFile, list[np.ndarray]] | None:
    """The call as a model, and its inputs in Keras's layout; None where it cannot be taken out of its model."""
    prefix, _, name = mark.path.rpartition("/")
    graph = _graph_at(reference.ported.graph, prefix)
    call = next((c for c in graph.calls if c.layer.name == name and c.node == mark.node), None) if graph else None
    if graph is None or call is None or call.inside is not None or not call.refs():
        return None
    arrays: dict[Ref, np.ndarray] = {}
    for ref in call.refs():
        array = _value(reference, graph, prefix, ref)
        if array is None:
            return None
        arrays[ref] = array
    names = {ref: Ref(f"input_{index}", 0, 0) for index, ref in enumerate(arrays)}
    specs = {
        names[ref]: Spec(names[ref].layer, (None, *array.shape[1:]), _dtype(array)) for ref, array in arrays.items()
    }

    def renamed(leaf: Any) -> Any:
        return names.get(leaf, leaf) if isinstance(leaf, Ref) else leaf

    own = replace(call, node=0, args=mapped(renamed, call.args), kwargs=mapped(renamed, call.kwargs))
    made = Graph(
        "case", ClassName("keras", "Functional", ""), [call.layer], [own], specs, list(names.values()), Ref(name, 0, 0)
    )
    ported = reference.ported
    return (
        ModelFile(ported.draft.source, ported.format, ported.keras_version, made, lambda: None),
        list(arrays.values()),
    )


def _graph_at(graph: Graph, prefix: str) -> Graph | None:
    """The nested model of a path."""
    found: Graph | None = graph
    for part in filter(None, prefix.split("/")):
        calls: list[Call] = found.calls if found is not None else []
        found = next((call.inside for call in calls if call.layer.name == part), None)
    return found


def _value(reference: Reference, graph: Graph, prefix: str, ref: Ref) -> np.ndarray | None:
    path = f"{prefix}/{ref.layer}" if prefix else ref.layer
    for mark in reference.landmarks:
        if (mark.path, mark.node, mark.index) == (path, ref.node, ref.tensor):
            return to_keras_array(read(reference.value(mark)), mark.order)
    if not prefix and ref in graph.specs:
        return np.asarray(reference.inputs[list(graph.specs).index(ref)])
    return None


def _dtype(array: np.ndarray) -> str:
    return "float32" if array.dtype.kind == "f" else str(array.dtype)
