"""A fault as a case by itself: one Keras layer with its weights and inputs, and the torch operations in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from equivalence.catalogue import find
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.repro_script import ReproCase
from equivalence.diagnosis.stretches import Cut
from equivalence.emit.wrapped import class_of
from equivalence.torch_side.operation_arguments import spelled
from equivalence.torch_side.run_tape import Operation, Seen, mapped_seen
from equivalence.torch_side.torch_arrays import read
from equivalence.translation.graph import Layer
from equivalence.translation.order import Flat, axes
from equivalence.verification.arrays_back import arrays_back
from equivalence.verification.keras_layout import to_keras_array

#: Longer programs than this are no short script.
_MOST = 60


def repro_case(reference: Reference, cut: Cut, says: str) -> ReproCase | None:
    """The case of a cut of one layer; None where it is of several, or cannot be told by itself."""
    index = cut.layers[-1]
    mark = reference.landmarks[index]
    layer, lies = reference.layers.get(mark.path), cut.stretch.lies(mark.number)
    entry = find(class_of(layer)) if layer is not None else None
    if layer is None or entry is None or cut.end is None or cut.first != index or len(cut.own) > _MOST:
        return None
    order = None if isinstance(mark.order, Flat) else axes(mark.order, reference.value(mark).dim())
    if order is None or not reference.sources[index]:
        return None
    moved = lies.axes if lies is not None and len(lies.axes) == len(order) else tuple(range(len(order)))
    in_keras = [order[axis] for axis in moved]  # the axis of Keras's that each of torch's is
    transposed = tuple(int(axis) for axis in np.argsort(in_keras))
    writing = _Writing(cut)
    return ReproCase(
        layer=mark.path,
        says=says,
        keras=entry.keras,
        config=layer.config,
        weights=list(_weights(reference, layer)),
        inputs=[_source(reference, source) for source in reference.sources[index]],
        torch=writing.lines(),
        arguments=writing.arguments,
        axes=None if transposed == tuple(range(len(order))) else transposed,
        output=mark.index,
    )


def _source(reference: Reference, source: int) -> np.ndarray:
    if source < 0:
        return np.asarray(reference.inputs[-1 - source])
    mark = reference.landmarks[source]
    return to_keras_array(read(reference.value(mark)), mark.order)


def _weights(reference: Reference, layer: Layer) -> Iterator[np.ndarray]:
    state = {name: read(tensor) for name, tensor in reference.ported.module.state_dict().items()}
    back = arrays_back(reference.ported.draft, state)
    for arrays in layer.stored.values():
        yield from (back[stored.path] for stored in arrays if stored.path in back)


class _Writing:
    """The operations of a cut as lines of Python."""

    def __init__(self, cut: Cut) -> None:
        self.cut = cut
        self.tape = cut.stretch.theirs
        self.arguments: dict[str, Any] = {}
        self.names: dict[int, str] = {}

    def lines(self) -> list[str]:
        return list(self._lines())

    def _lines(self) -> Iterator[str]:
        for step in self.cut.own:
            yield self._line(step)

    def _line(self, step: Operation) -> str:
        args = [self._text(value) for value in step.args]
        args += [f"{name}={self._text(value)}" for name, value in step.kwargs.items()]
        made = []
        for number in step.outputs:
            made.append("output" if number == self.cut.end else f"step_{number}")
            self.names[number] = made[-1]
        targets = made[0] if len(made) == 1 else ", ".join(made)
        return f"{targets} = {spelled(step)}({', '.join(args)})"

    def _text(self, value: Any) -> str:
        return re.sub(r"<<(\w+)>>", r"\1", repr(mapped_seen(lambda seen: _Name(self._name(seen)), value)))

    def _name(self, seen: Seen) -> str:
        if seen.number not in self.names:
            held = self.tape.held.get(seen.number, "")
            name = re.sub(r"\W", "_", held) if held else f"x_{seen.number}"
            name = f"p_{name}" if not name.isidentifier() or name in ("inputs", "numbers", "held", "layer") else name
            self.names[seen.number] = name
            self.arguments[name] = read(self.tape.values[seen.number])
        return self.names[seen.number]


class _Name:
    """A name among values that are written as text."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<<{self.name}>>"
