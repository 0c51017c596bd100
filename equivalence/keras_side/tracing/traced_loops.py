"""Loops whose length is open: one step is traced, as the `call` of a layer, and the port runs it as often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras.src import tree

from equivalence.errors import Refused
from equivalence.keras_side.tracing.known_numbers import Number
from equivalence.keras_side.tracing.own_layers import is_keras_model
from equivalence.keras_side.tracing.tape import Position, Step, Trace
from equivalence.translation.graph import Graph

#: Of the states and the elements of sequences, flat: the new states, and results.
Body = Callable[[list[Any], list[Any]], tuple[list[Any], list[Any]]]
#: What traces a body in place of all steps: states and sequences, and whether it goes backwards; the last states, and
#: what every step made, side by side.
Looping = Callable[..., list[Any]]


class Unrolled(Refused):
    """A loop was written out whose length is open, or too large."""


class LoopStep(keras.Layer):
    """What a loop does at each step."""

    def __init__(self, states: int, sequences: int, backwards: bool, cell: Any) -> None:
        super().__init__(name="step")
        self.states, self.sequences, self.backwards = states, sequences, backwards
        self.cell = cell

    def call(self, *tensors: Any) -> Any:
        """Traced where it stands."""
        raise NotImplementedError


def looped_step(
    body: Body,
    states: Sequence[Any],
    sequences: Sequence[Any],
    run: Callable[[Trace, Callable[[], Any]], Any],
    backwards: bool = False,
    cell: Any = None,
) -> Step:
    """The loop as one step of a trace; its outputs are the last states, and the results side by side.

    `run(trace, of)` runs `of`, which leaves its steps in that trace, and gives its outputs as tensors.
    """
    given = [_as_tensor(state) for state in states]
    length = sequences[0].shape[0]
    if any(sequence.shape[0] != length for sequence in sequences):
        raise Refused("a loop runs over sequences of different lengths")
    begun = [keras.KerasTensor(tuple(state.shape), state.dtype) for state in given]
    elements = [keras.KerasTensor(tuple(x.shape)[1:], x.dtype) for x in sequences]
    step = LoopStep(len(given), len(elements), backwards, cell)
    names = [*_names("state", len(begun)), *_names("x", len(elements))]
    places = tuple(Position(index) for index in range(len(names)))
    inside = Trace(step, [*begun, *elements], names, (places, {}))

    def once() -> Any:
        new, results = body(begun, elements)
        if [tuple(x.shape) for x in new] != [tuple(x.shape) for x in begun]:
            raise Refused("a loop hands on states of other shapes than it began with")
        cast = [keras.ops.cast(one, before.dtype) for one, before in zip(new, begun, strict=True)]
        return [*cast, *results]

    made = inside.outputs = run(inside, once)
    after = [keras.KerasTensor(tuple(x.shape), x.dtype) for x in made[: len(begun)]]
    stacked = [keras.KerasTensor((length, *x.shape), x.dtype) for x in made[len(begun) :]]
    outputs = [*after, *stacked]
    return Step(step, (*given, *sequences), {}, outputs, inside, masked_inside=[False] * len(outputs))


def _as_tensor(state: Any) -> Any:
    """A state that changes: a number that is known is that of the first step alone."""
    if isinstance(state, (bool, int, float, Number)):
        number = state.number if isinstance(state, Number) else state
        kind = state.dtype if isinstance(state, Number) else "float32" if isinstance(state, float) else "int32"
        return keras.ops.full((), number, dtype=kind)
    return state


def _names(what: str, count: int) -> list[str]:
    return [what] if count == 1 else [f"{what}_{index}" for index in range(count)]


def flat_body(function: Callable[..., Any], state: Any, element: Any) -> tuple[Body, list[Any]]:
    """A function of ops.scan as a `Body`, and where the structure of what it makes is kept once it ran."""
    kept: list[Any] = []

    def body(states: list[Any], elements: list[Any]) -> tuple[list[Any], list[Any]]:
        given = None if element is None else tree.pack_sequence_as(element, elements)
        new, made = function(tree.pack_sequence_as(state, states), given)
        kept[:] = [made]
        return tree.flatten(new), [] if made is None else tree.flatten(made)

    return body, kept


def unobserved(graph: Graph) -> None:
    """Has nobody listen to what runs within a loop: once in the trace, and often in the model."""
    graph.unkept.update(layer.name for layer in graph.layers)
    for layer in graph.layers:
        for inside in [*([layer.graph] if layer.graph is not None else []), *layer.variants]:
            unobserved(inside)


def own_name(owner: Any) -> str:
    """What the class is called that a layer becomes; "" for a model of Keras's own kinds, or a Lambda."""
    if is_keras_model(owner) or isinstance(owner, keras.layers.Lambda):
        return ""
    return type(owner.cell if isinstance(owner, LoopStep) and owner.cell else owner).__name__
