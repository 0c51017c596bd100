"""What a live functional model calls, step by step, nested models opened."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import keras

Key = Hashable  # a tensor at its place: one nested model called twice has its tensors twice
Shape = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a layer, an operation, or a model whose inside cannot be read."""

    operation: Any
    inputs: tuple[Key, ...]
    outputs: tuple[Key, ...]
    shapes: tuple[tuple[Shape, ...], tuple[Shape, ...]]  # of the inputs, of the outputs

    @property
    def kind(self) -> str:
        """The name of Keras's own class; "" for a class of somebody else's."""
        cls = type(self.operation)
        return cls.__name__ if cls.__module__.startswith("keras.") else ""

    @property
    def opaque(self) -> bool:
        return isinstance(self.operation, keras.Model)


def steps(model: Any) -> tuple[list[Step], list[Key]]:
    """The calls of a model in the order of running, and its outputs.

    A model that cannot be read is one step itself.
    """
    graph = _graph(model)
    if graph is None:
        return [Step(model, (), (), ((), ()))], []
    found: list[Step] = []
    return found, _inline(graph, (), [id(tensor) for tensor in graph.inputs], found)


def _graph(model: Any) -> Any:
    """The functional model that says what a model calls; None for a class with a `call` of its own."""
    if isinstance(model, keras.Sequential):
        # None where it has no graph: its layers ran one by one
        return model._functional if type(model).call is keras.Sequential.call else None
    functional: Any = next((base for base in type(model).__mro__ if base.__name__ == "Functional"), None)
    return model if functional is not None and type(model).call is functional.call else None


def _inline(graph: Any, place: tuple[int, ...], given: Sequence[Key], found: list[Step]) -> list[Key]:
    """Appends the steps of a functional model called on the tensors `given`; its outputs."""
    keys: dict[int, Key] = {id(tensor): key for tensor, key in zip(graph.inputs, given, strict=True)}

    def key(tensor: Any) -> Key:
        return keys.setdefault(id(tensor), (place, id(tensor)))

    by_depth = graph._nodes_by_depth
    for node in [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]:
        if node.is_input:
            continue
        inputs = tuple(key(tensor) for tensor in node.input_tensors)
        inner = _graph(node.operation) if isinstance(node.operation, keras.Model) else None
        if inner is not None and _as_declared(node, inner):
            made = _inline(inner, (*place, id(node)), inputs, found)
            keys.update({id(tensor): outer for tensor, outer in zip(node.outputs, made, strict=True)})
            continue
        shapes = tuple(tuple(tuple(tensor.shape) for tensor in side) for side in (node.input_tensors, node.outputs))
        found.append(
            Step(node.operation, inputs, tuple(key(tensor) for tensor in node.outputs), (shapes[0], shapes[1]))
        )
    return [key(tensor) for tensor in graph.outputs]


def _as_declared(node: Any, inner: Any) -> bool:
    """Whether a nested model gets its tensors in the order of its inputs: a dict for a list comes in another."""
    given = node.arguments.args[0] if node.arguments.args else None
    declared = inner._inputs_struct
    return len(node.input_tensors) == len(inner.inputs) and isinstance(given, dict) == isinstance(declared, dict)
