"""Tensors that a layer keeps (`self.mean = ops.mean(x)`) and another `call` reads: results and arguments as others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
from keras.src import backend, tree

from equivalence.keras_side.tracing.known_numbers import Number
from equivalence.keras_side.tracing.needed_steps import tensors_of
from equivalence.keras_side.tracing.tape import Position, Step, Trace


def hand_on_kept_tensors(outermost: Trace) -> None:
    """Changes a trace, and those within, until every `call` takes what it uses and returns what others use of it."""
    _Keeping(outermost).hand_on(outermost)


class _Keeping:
    def __init__(self, outermost: Trace) -> None:
        self.above: dict[int, tuple[Trace, Step]] = {}  # by id() of a trace: the step that it is inside of
        self.home: dict[int, Trace] = {}  # by id() of a tensor
        self.names: dict[int, str] = {}  # of tensors that a layer keeps, by id()
        self.known: set[tuple[int, int]] = set()  # tensors handed on, and to which trace
        self._look_at(outermost)

    def _look_at(self, trace: Trace) -> None:
        for name, value in vars(trace.layer).items():
            self.names.setdefault(id(value), name.strip("_"))
        for tensor in trace.inputs:
            self.home.setdefault(id(tensor), trace)
        for step in trace.steps:
            for tensor in tensors_of(step.outputs):
                self.home.setdefault(id(tensor), trace)
            if step.args and isinstance(step.args[0], keras.Variable):
                self.names[id(step.outputs)] = step.args[0].name
            if step.inside is not None:
                self.above[id(step.inside)] = trace, step
                self._look_at(step.inside)

    def hand_on(self, trace: Trace) -> None:
        for step in [*trace.steps]:
            numbers = [x for x in tensors_of((step.args, step.kwargs)) if isinstance(x, Number)]
            if any(self._foreign(x, trace) for x in numbers):
                step.args, step.kwargs = tree.map_structure(
                    lambda x: x.number if isinstance(x, Number) and self._foreign(x, trace) else x,
                    (step.args, step.kwargs),
                )
            for tensor in tensors_of((step.args, step.kwargs)):
                self._deliver(tensor, trace)
            if step.inside is not None:
                self.hand_on(step.inside)
        for tensor in tensors_of(trace.outputs):
            self._deliver(tensor, trace)

    def _foreign(self, tensor: Any, user: Trace) -> bool:
        return self.home.get(id(tensor), user) is not user and (id(tensor), id(user)) not in self.known

    def _deliver(self, tensor: Any, user: Trace) -> None:
        """From where it was made up to the `call` that runs both, and down from there."""
        if not self._foreign(tensor, user):
            return
        up, down = [*self._around(self.home[id(tensor)])], [*self._around(user)]
        both = next(one for one in down if any(one is other for other in up))
        for trace in up[: _place(up, both)]:
            self._returned(tensor, trace)
        for trace in reversed(down[: _place(down, both)]):
            self._taken(tensor, trace)

    def _around(self, trace: Trace) -> Iterator[Trace]:
        yield trace
        while id(trace) in self.above:
            trace, _ = self.above[id(trace)]
            yield trace

    def _returned(self, tensor: Any, trace: Trace) -> None:
        outer, step = self.above[id(trace)]
        if (id(tensor), id(outer)) in self.known:
            return
        self.known.add((id(tensor), id(outer)))
        trace.outputs, step.outputs = [*_several(trace.outputs), tensor], [*_several(step.outputs), tensor]
        step.masked_inside = [*step.masked_inside, backend.get_keras_mask(tensor) is not None]

    def _taken(self, tensor: Any, trace: Trace) -> None:
        if (id(tensor), id(trace)) in self.known:
            return
        self.known.add((id(tensor), id(trace)))
        _, step = self.above[id(trace)]
        args, kwargs = trace.structure
        place = len([x for x in tree.flatten(args) if isinstance(x, Position)])
        moved = tree.map_structure(lambda x: Position(x.index + 1) if isinstance(x, Position) else x, kwargs)
        trace.structure = (*args, Position(place)), moved
        trace.inputs.insert(place, tensor)
        trace.names.insert(place, self.names.get(id(tensor), "kept"))
        step.args = (*step.args, tensor)


def _several(outputs: Any) -> Any:
    return outputs if isinstance(outputs, (list, tuple)) else [outputs]


def _place(traces: list[Trace], wanted: Trace) -> int:
    return next(place for place, trace in enumerate(traces) if trace is wanted)
