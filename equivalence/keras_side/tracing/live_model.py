"""A live model to a graph with its arrays: its code is run on tensors without numbers, at several sizes."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Any

import keras
from keras.src import tree

from equivalence.errors import Refused, printable
from equivalence.keras_side.tracing.called_on import declared_inputs, taken_as_indices, with_indices
from equivalence.keras_side.tracing.symbolic_keras import Tracer
from equivalence.keras_side.tracing.tape import Trace
from equivalence.keras_side.tracing.traced_graph import Reading
from equivalence.translation.graph import ModelFile

#: Sizes of the batch and of the axes that a model leaves open, in each of the traces: primes, all different.
_BATCHES = (7, 11, 13)
_OPEN = (
    (59, 61, 67, 71, 73, 79),
    (83, 89, 97, 101, 103, 107),
    (109, 113, 127, 131, 137, 139),
)
#: Open sizes are tried so many times as large, where the code needs multiples of something.
_TIMES = (1, 8, 32, 96)


@dataclass(slots=True)
class LiveModel:
    """A live model that was read."""

    model: Any
    called_on: tuple[Any, ...]  # the arguments of its call, structures of KerasTensors
    file: ModelFile
    reading: Reading
    times: int  # how many times as large open sizes had to be

    @property
    def sizes(self) -> list[list[int]]:
        """Sizes for open axes with which the code runs, of two stand-ins."""
        return [[self.times * size for size in sizes] for sizes in _OPEN[:2]]

    @property
    def backend(self) -> str:
        return str(keras.config.backend())


def read_live(model: Any, given: Any = None) -> LiveModel:
    """The graph of a built `keras.Model`, of whatever classes.

    `given`: what the model is called on, arrays or `keras.Input`s in the structure of its call; left out, what it says
    of itself. Raises Refused, with the file and line of the user's code where it is that code which cannot be traced.
    """
    called_on = declared_inputs(model, given)
    tracing = _Tracing(model, called_on)
    first = tracing.at(0)
    if given is None and (indices := taken_as_indices(first)):
        tracing = _Tracing(model, with_indices(called_on, indices))
        first = tracing.at(0)
    traces = [first, tracing.at(1), tracing.at(2)]
    try:
        training = tracing.at(0, training=True)
    except Refused:
        training = None
    reading = Reading(f"model {model.name}", model.name)
    graph = reading.graph(model.name, traces, training)
    file = ModelFile(model.name, ".keras", keras.__version__, graph, lambda: None)
    return LiveModel(model, tracing.called_on, file, reading, tracing.times)


class _Tracing:
    """Runs of one model on tensors without numbers; `times` grows until its code takes the sizes."""

    def __init__(self, model: Any, called_on: tuple[Any, ...]) -> None:
        self.model, self.called_on, self.times = model, called_on, _TIMES[0]

    def at(self, which: int, training: bool | None = None) -> Trace:
        """A trace at the `which`-th sizes. Raises Refused where the code runs at none."""
        mode = {} if training is None else {"training": training}
        closed = all(None not in x.shape[1:] for x in tree.flatten(self.called_on) if x is not None)
        failure: Exception | None = None
        for times in [times for times in _TIMES if times >= self.times]:
            try:
                made = Tracer().trace(self.model, *self._concrete(which, times), **mode)
            except Exception as error:
                failure = failure or error
                if closed:
                    break
            else:
                self.times = times
                return made
        assert failure is not None
        name = f"model {self.model.name!r:.80}"
        raise Refused(f"{name} cannot be traced: {_place(failure)}{_said(failure)}") from failure

    def _concrete(self, which: int, times: int) -> tuple[Any, ...]:
        sizes = iter([times * size for size in _OPEN[which]])

        def concrete(tensor: Any) -> Any:
            if tensor is None:
                return None
            shape = [_BATCHES[which], *(next(sizes) if n is None else n for n in tensor.shape[1:])]
            return keras.KerasTensor(shape, tensor.dtype, name=tensor.name)

        made: tuple[Any, ...] = tree.map_structure(concrete, self.called_on)
        return made


def _said(error: Exception) -> str:
    text = str(error) if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
    return printable(text, 300)


def _place(error: Exception) -> str:
    """Where in the user's own code it happened."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _of_the_user(frame.filename)]
    return f"{own[-1].filename}, line {own[-1].lineno}, in {own[-1].name}: " if own else ""


def _of_the_user(file: str) -> bool:
    return not any(
        f"/{part}/" in file for part in ("keras/src", "equivalence", "tensorflow", "torch", "optree", "unittest")
    )
