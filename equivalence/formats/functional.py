"""A Functional model's configuration: layers, the calls between them, inputs and outputs."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Any

from equivalence.formats.call_arguments import call_arguments, tensor_structure
from equivalence.formats.declared_inputs import input_spec, is_input
from equivalence.formats.declared_tensors import declared_tensors
from equivalence.formats.document import Document
from equivalence.formats.refusal import shown
from equivalence.translation.graph import Call, ClassName, Graph, Layer, Ref
from equivalence.translation.structure import leaves_of, mapped


def functional_graph(
    name: str,
    cls: ClassName,
    config: dict[str, Any],
    layers: list[Layer],
    nodes: list[Any],
    document: Document,
) -> Graph:
    """The graph of `layers`, whose `inbound_nodes` are `nodes`, in topological order of its calls.

    Calls that no output depends on are left out. Raises Refused for a cycle and for a tensor that
    nothing makes.
    """
    by_name = {layer.name: layer for layer in layers}
    calls: list[Call] = []
    for layer, own in zip(layers, nodes, strict=True):
        what = f"layer {shown(layer.name)}"
        for index, node in enumerate(document.expect(own, list, f"the inbound_nodes of {what}")):
            calls.append(Call(layer, index, *call_arguments(node, layer.cls.name, document, what)))
    inputs, outputs = (
        tensor_structure(config.get(key), document, f"the {key} of {shown(name)}")
        for key in ("input_layers", "output_layers")
    )
    inputs, outputs = _unpacked(inputs), _unpacked(outputs) if document.old else outputs
    outputs = _count_from_zero(by_name, calls, outputs, document)
    made = {(call.layer.name, call.node) for call in calls}
    made.update((layer.name, 0) for layer in layers if is_input(layer))
    for ref in leaves_of(Ref, ([(call.args, call.kwargs) for call in calls], inputs, outputs)):
        if ref.layer not in by_name:
            raise document.refuse(f"model {shown(name)} refers to layer {shown(ref.layer)}, which it lacks")
        if (ref.layer, ref.node) not in made or not 0 <= ref.tensor < _tensors(by_name[ref.layer]):
            raise document.refuse(
                f"model {shown(name)} refers to tensor {ref.tensor} of call {ref.node} of layer "
                f"{shown(ref.layer)}, which is not there"
            )
    specs = {}
    for ref in leaves_of(Ref, inputs):
        if not is_input(by_name[ref.layer]):
            raise document.refuse(f"input {shown(ref.layer)} of model {shown(name)} is no InputLayer")
        specs[ref] = input_spec(by_name[ref.layer], document)
    graph = Graph(name, cls, layers, calls, specs, inputs, outputs, declared_tensors(nodes))
    graph.calls = _ordered(graph, document)
    return graph


def _unpacked(structure: Any) -> Any:
    """A list of one stands for its tensor."""
    return structure[0] if isinstance(structure, list) and len(structure) == 1 else structure


def _tensors(layer: Layer) -> int:
    """How many tensors a call of the layer makes at most, as far as the file says."""
    if layer.graph is not None:
        return len(leaves_of(Ref, layer.graph.outputs))
    return 1 if is_input(layer) else 1_000_000


def _count_from_zero(by_name: dict[str, Layer], calls: list[Call], outputs: Any, document: Document) -> Any:
    """Numbers the calls of nested models from 0, in place; returns the outputs with theirs changed.

    A nested model has a call of its own making before those of the graph. Keras 2 counts it
    everywhere, but not for every Sequential; Keras 3 for Functional models in `output_layers` alone.
    Every call that is written is used, so the highest index tells: it is the number of calls or one less.
    """
    count: dict[str, int] = {}
    for call in calls:
        if call.layer.graph is not None:
            count[call.layer.name] = call.node + 1
    inside = [ref for call in calls for ref in call.refs()]
    shift = _shift(count, [*inside, *leaves_of(Ref, outputs)] if document.old else inside)
    for call in calls:
        call.args = mapped(lambda leaf: _moved(leaf, shift), call.args)
        call.kwargs = mapped(lambda leaf: _moved(leaf, shift), call.kwargs)
    if not document.old:
        shift = {name: int(by_name[name].cls.name != "Sequential") for name in count}
    return mapped(lambda leaf: _moved(leaf, shift), outputs)


def _shift(count: dict[str, int], refs: Iterable[Ref]) -> dict[str, int]:
    shift = dict.fromkeys(count, 0)
    for ref in refs:
        if ref.layer in count and ref.node >= count[ref.layer]:
            shift[ref.layer] = 1
    return shift


def _moved(leaf: Any, shift: dict[str, int]) -> Any:
    return leaf._replace(node=leaf.node - shift.get(leaf.layer, 0)) if isinstance(leaf, Ref) else leaf


def _ordered(graph: Graph, document: Document) -> list[Call]:
    """The calls that the outputs need, each after what it needs, otherwise as the file lists them."""
    position = {(call.layer.name, call.node): index for index, call in enumerate(graph.calls)}
    needs: dict[int, set[int]] = {}
    stack = leaves_of(Ref, graph.outputs)
    while stack:
        ref = stack.pop()
        index = position.get((ref.layer, ref.node))
        if index is None:
            if ref not in graph.specs:
                raise document.refuse(
                    f"model {shown(graph.name)} needs {shown(ref.layer)}, which is none of its inputs"
                )
        elif index not in needs:
            refs = graph.calls[index].refs()
            made_by = (position.get((ref.layer, ref.node)) for ref in refs)
            needs[index] = {other for other in made_by if other is not None}
            stack.extend(refs)
    users: dict[int, list[int]] = {index: [] for index in needs}
    for index, needed in needs.items():
        for other in needed:
            users[other].append(index)
    ready = [index for index, needed in needs.items() if not needed]
    heapq.heapify(ready)
    ordered = []
    while ready:
        index = heapq.heappop(ready)
        ordered.append(graph.calls[index])
        for user in users[index]:
            needs[user].discard(index)
            if not needs[user]:
                heapq.heappush(ready, user)
    if len(ordered) < len(needs):
        stuck = min(index for index, needed in needs.items() if needed)
        raise document.refuse(
            f"model {shown(graph.name)} is cyclic: layer {shown(graph.calls[stuck].layer.name)} needs its own output"
        )
    return ordered
