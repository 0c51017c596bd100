"""What a Keras model computes, as operations of torch's: its verified port, recorded layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from equivalence.emit.instances import instances
from equivalence.torch_side.fixed_random import fixed_random
from equivalence.torch_side.norms_in_steps import are_by_hand
from equivalence.torch_side.run_tape import Operation, Tape, in_float64, record
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Graph, Layer
from equivalence.translation.order import Order
from equivalence.verification.ported import Ported
from equivalence.verification.tapped import in_port_order, tapped
from equivalence.verification.watching import Instances, draft_orders, in_keras


class Landmark(NamedTuple):
    """The output of a call of a Keras layer on the tape."""

    path: str  # of the layer, "block/conv"
    node: int
    index: int  # type: ignore[assignment]  # which of its outputs
    number: int  # of the tensor on the tape
    order: Order


@dataclass(slots=True)
class Reference:
    """The recorded port. Everything on its tape is Keras's: verification has held each layer against it."""

    ported: Ported
    inputs: Sequence[np.ndarray]  # in Keras's layout
    tape: Tape
    landmarks: list[Landmark]
    layers: dict[str, Layer]  # by path
    #: for each operation, which landmark it is a part of, by their indices; of those behind the last, none
    owners: dict[int, int] = field(default_factory=dict)
    #: for each landmark, those that it is computed from; -1 - i for the i-th input
    sources: dict[int, list[int]] = field(default_factory=dict)

    def value(self, landmark: Landmark) -> Any:
        return self.tape.values[landmark.number]

    def operations(self, landmark: int) -> list[Operation]:
        """Those that a layer's output is made with, of the outputs of the layers before it."""
        return [self.tape.operations[index] for index, owner in sorted(self.owners.items()) if owner == landmark]


def reference(
    ported: Ported,
    inputs: Sequence[np.ndarray],
    *,
    training: bool = False,
    weights: Mapping[str, np.ndarray] | None = None,
) -> Reference:
    """Runs the port in float64 on inputs in Keras's layout, and keeps every operation.

    `training`: in training mode; what is random there draws fixed numbers. `weights`: parameters of the port with
    which it computes the same in another way.
    """
    found: list[Any] = []
    instances: list[Instances] = []
    orders = draft_orders(ported.draft)

    def tap(module: Any, forward: str, layer: str, node: int, index: int, value: Any) -> Any:
        order = orders[type(module).__name__, forward, layer, node, index]
        path, node, index = in_keras(instances[0], module, (forward, layer, node, index))
        found[0](("/".join(path), node, index, order), value)
        return value

    module, made_of = tapped(ported, tap, "float64", weights)
    instances.append(made_of)
    module.double().train(training)
    given = in_float64(in_port_order(ported, inputs))
    with fixed_random(), _own_layers(ported, module, lambda *what: found[0](*what)) as own:
        tape = record(module, given, places=False, marking=found.append)
    if tape.error is not None:
        raise tape.error
    landmarks: list[Landmark] = []
    for (path, node, index, order), number in tape.marks:
        if path not in own or all(number != mark.number for mark in landmarks):  # not only what a layer in it gives
            landmarks.append(Landmark(path, node, index, number, order))
    made = Reference(ported, inputs, tape, landmarks, dict(_layers(ported.graph, "")))
    _divide(made)
    return made


@contextmanager
def _own_layers(ported: Ported, module: Any, mark: Callable[[Any, Any], None]) -> Iterator[set[str]]:
    """Marks what layers of somebody's own give, and gives their paths: no tap sees it, as the port writes out what
    they do."""
    paths, hooks = set[str](), []
    for instance in instances(ported.draft.root):
        head, path = instance.draft.written_as or instance.draft, "/".join(instance.path)
        if head.own and instance.path and isinstance(head.outputs, Value):
            row = path, 0, 0, head.outputs.order
            paths.add(path)
            part = module.get_submodule(instance.name[:-1])
            hooks.append(part.register_forward_hook(lambda _, given, made, row=row: mark(row, made)))
    try:
        yield paths
    finally:
        for hook in hooks:
            hook.remove()


def norms_are_by_hand(made: Reference, module: Any, inputs: Sequence[Any]) -> bool:
    """Whether a module writes out layer normalisations of Keras's, which are then best seen step by step on both
    sides. `inputs`: as the module takes them."""
    names = [step.name for step in made.tape.operations]
    return "layer_norm" in names and are_by_hand(
        names, [step.name for step in record(module, inputs, places=False).operations]
    )


def weighted_layers(made: Reference) -> list[str]:
    """The paths of the Keras layers whose operations take weights."""
    steps = [step for step in made.tape.operations if any(number in made.tape.held for number in step.seen())]
    return [made.landmarks[made.owners[step.index]].path for step in steps if step.index in made.owners]


def _layers(graph: Graph, prefix: str) -> Iterator[tuple[str, Layer]]:
    for layer in graph.layers:
        yield prefix + layer.name, layer
        if layer.graph is not None:
            yield from _layers(layer.graph, f"{prefix}{layer.name}/")
        for name, model in layer.models():
            if model is not layer.graph:
                yield from _layers(model, f"{prefix}{layer.name}/{name}/")
    for call in graph.calls:
        if call.graph is not None:
            yield from _layers(call.graph, f"{prefix}{call.layer.name}/")


def _divide(made: Reference) -> None:
    """Gives every operation to the first landmark that needs it, going back as far as other landmarks and inputs."""
    makers = made.tape.makers()
    first: dict[int, int] = {}
    for index, landmark in enumerate(made.landmarks):
        first.setdefault(landmark.number, index)
    inputs = {number: position for position, number in enumerate(made.tape.inputs)}
    for index, landmark in enumerate(made.landmarks):
        sources: dict[int, None] = {}
        pending, seen = [landmark.number], set[int]()
        if first[landmark.number] != index:
            sources[first[landmark.number]] = None
            pending = []
        while pending:
            number = pending.pop()
            if number in seen:
                continue
            seen.add(number)
            if number in inputs:
                sources[-1 - inputs[number]] = None
            elif number in first and first[number] < index:
                sources[first[number]] = None
            elif number in makers:
                operation = makers[number]
                made.owners.setdefault(operation.index, index)
                pending += operation.seen()
        made.sources[index] = sorted(sources)
