"""Weights that a `call` reads of a layer that runs elsewhere (`self.encoder.kernel`): arguments, as tensors are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras
from keras.src import tree
from keras.src.ops import core

from equivalence.keras_side.tracing.tape import Step, Trace


def read_where_they_are(outermost: Trace) -> None:
    """Changes a trace, and those within: a variable becomes a tensor in the `call` around both who has it and who
    reads it, and the reader uses that tensor."""
    _Variables(outermost).move()


class _Variables:
    def __init__(self, outermost: Trace) -> None:
        self.above: dict[int, tuple[Trace, Step]] = {}  # by id() of a trace: the step that it is inside of
        self.homes: dict[int, Trace] = {}  # by id() of a variable: where the layer that has it runs
        self.read: list[tuple[Trace, Any]] = []
        self._look_at(outermost)

    def _look_at(self, trace: Trace) -> None:
        for variable in _own(trace.layer):
            if id(variable) not in self.homes:
                before = next((reader for reader, read in self.read if read is variable), trace)
                self.homes[id(variable)] = self._around_both(trace, before)  # who reads it first needs it there
        for step in trace.steps:
            if step.inside is not None:
                self.above[id(step.inside)] = trace, step
                self._look_at(step.inside)
                continue
            if isinstance(step.operation, keras.Layer):
                for variable in step.operation.variables:
                    self.homes.setdefault(id(variable), trace)
            self.read += [(trace, x) for x in tree.flatten((step.args, step.kwargs)) if isinstance(x, keras.Variable)]

    def move(self) -> None:
        made: dict[tuple[int, int], Any] = {}  # the tensor of a variable in a trace
        moved: set[tuple[int, int]] = set()
        for reader, variable in self.read:
            if (id(variable), id(reader)) in moved:
                continue
            moved.add((id(variable), id(reader)))
            up = [*self._around(reader)]
            home = self.homes.get(id(variable))
            has = [*self._around(home)] if home is not None else up
            if any(one is reader for one in has):
                continue  # it is the reader's own, or one of a part of it
            both = self._around_both(reader, has[0])
            if (id(variable), id(both)) not in made:
                made[id(variable), id(both)] = _tensor_of(variable, both, self._way_down(up, both))
            _replace(reader.steps, variable, made[id(variable), id(both)])

    def _around_both(self, one: Trace, other: Trace) -> Trace:
        up = [*self._around(other)]
        return next(trace for trace in self._around(one) if any(trace is each for each in up))

    def _way_down(self, up: Sequence[Trace], both: Trace) -> Step:
        """The step of the `call` around both that the reader runs in."""
        inner = next(one for one in up if one is not both and self.above[id(one)][0] is both)
        return self.above[id(inner)][1]

    def _around(self, trace: Trace) -> Iterator[Trace]:
        yield trace
        while id(trace) in self.above:
            trace, _ = self.above[id(trace)]
            yield trace


def _own(layer: Any) -> list[Any]:
    """The variables that a layer has itself, not those of its parts."""
    return [*getattr(layer, "_trainable_variables", ()), *getattr(layer, "_non_trainable_variables", ())]


def _tensor_of(variable: Any, trace: Trace, before: Step) -> Any:
    output = keras.KerasTensor(tuple(variable.shape), variable.dtype)
    place = next(place for place, step in enumerate(trace.steps) if step is before)
    trace.steps.insert(place, Step(core.ConvertToTensor(), (variable,), {}, output))
    return output


def _replace(steps: Sequence[Step], variable: Any, tensor: Any) -> None:
    for step in steps:
        if step.inside is None:
            step.args, step.kwargs = tree.map_structure(
                lambda x: tensor if x is variable else x, (step.args, step.kwargs)
            )
