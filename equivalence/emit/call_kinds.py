"""Which layers, and which models, are alike but for their names."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from equivalence.catalogue import find
from equivalence.emit.wrapped import class_of
from equivalence.translation.graph import Call, Constant, Graph, Held, Layer, MaskOf, Ref, SizeOf
from equivalence.translation.structure import mapped

#: What a tensor is called where names do not count.
Place = Callable[[Ref], Hashable]

#: Settings that say how large a layer is, or how often it drops: classes that differ in these alone become one, whose
#: constructor takes them.
_SIZES = frozenset(
    "filters units input_dim output_dim key_dim value_dim num_heads num_key_value_heads rate target_shape axis".split()
)


def layer_kind(layer: Layer, sized: bool = True) -> Hashable:
    """What two layers share that become the same module: class, settings that count, shapes of the stored arrays.

    Not `sized`: whatever their sizes are.
    """
    entry = find(class_of(layer))
    left_out = {"name"} if sized else {"name", *_SIZES}
    settings = {
        key: value
        for key, value in layer.config.items()
        if key not in left_out and not (entry and (argument := entry.argument(key)) and argument.inert)
    }
    arrays = [
        (str(path), array.name, array.shape if sized else len(array.shape), array.dtype)
        for path, held in layer.stored.items()
        for array in held
    ]
    text = json.dumps(_nameless(settings), sort_keys=True, default=repr)
    inside = [graph_kind(graph) for _, graph in layer.models()]
    return layer.cls, text, tuple(arrays), layer.trainable, layer.unsaved, tuple(layer.assets), tuple(inside)


def call_kind(call: Call, place: Place) -> Hashable:
    """What two calls share that become the same expression, tensors being what `place` says."""
    return _placed([call.args, call.kwargs, call.masks], place)


def graph_kind(graph: Graph) -> Hashable:
    """What two models share that become the same class."""
    numbers: dict[int, int] = {}  # by id() of a layer
    made = {(call.layer.name, call.node): index for index, call in enumerate(graph.calls)}
    inputs = {ref: index for index, ref in enumerate(graph.specs)}

    def place(ref: Ref) -> Hashable:
        return ("input", inputs[ref]) if ref in inputs else (made.get((ref.layer, ref.node)), ref.tensor)

    calls = []
    for call in graph.calls:
        is_new = id(call.layer) not in numbers
        number = numbers.setdefault(id(call.layer), len(numbers))
        inside = graph_kind(call.graph) if call.graph is not None else None
        watched = call.layer.name not in graph.unkept
        calls.append((number, layer_kind(call.layer) if is_new else None, inside, watched, call_kind(call, place)))
    specs = tuple((spec.shape, spec.dtype) for spec in graph.specs.values())
    ends = _placed([graph.inputs, graph.outputs], place)
    return graph.cls, graph.own, graph.traced, repr(sorted(graph.settings.items())), tuple(calls), specs, ends


def _placed(structure: Any, place: Place) -> str:
    """Arguments as text, with what `place` says of each tensor."""

    def leaf(value: Any) -> Any:
        match value:
            case Ref():
                return "tensor", place(value)
            case SizeOf():
                axes = [(place(ref), axis) for ref, axis in value.axes]
                return "size", axes, value.times, value.divided_by, value.more
            case MaskOf():
                return "mask", place(value.ref)
            case Held():
                return "array", value.stored.shape, value.stored.dtype, value.variable, value.trainable
            case Constant():
                return "constant", repr(value.value), value.dtype
            case slice():
                return "slice", leaf(value.start), leaf(value.stop), leaf(value.step)
        return value

    return repr(mapped(leaf, structure))


def _nameless(value: Any) -> Any:
    """Settings without the names of the layers in them."""
    if isinstance(value, Mapping):
        config = value.get("config")
        if value.get("class_name") == "DTypePolicy":  # which of several equal ones it is says nothing
            value = {key: part for key, part in value.items() if key != "shared_object_id"}
        if "class_name" in value and isinstance(config, Mapping):
            value = {**value, "config": {key: part for key, part in config.items() if key != "name"}}
        return {str(key): _nameless(part) for key, part in value.items()}
    return [_nameless(part) for part in value] if isinstance(value, (list, tuple)) else value
