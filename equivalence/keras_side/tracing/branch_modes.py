"""The mode that a traced `call` has a layer in, whatever the model's is: what its `training` says, or does not.

Where a `call` does other things in training, there is a graph of each: in the one `training=True` is the model's mode,
in the other `training=False` is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import keras

from equivalence.errors import Refused
from equivalence.keras_side.tracing.tape import Step


class Modes(NamedTuple):
    """Of one graph. `training`: whether it is of traces in training alone, or not; None where it is of both."""

    training: bool | None = None
    always: frozenset[int] = frozenset()  # id() of layers that are in training mode in inference too
    never: frozenset[int] = frozenset()  # of those that are not in training either

    def of(self, steps: Sequence[Step]) -> bool | None:
        """What the call of a layer says of its mode, in all traces; None where that is the model's."""
        layer = steps[0].operation
        if not isinstance(layer, keras.Layer):
            return None
        if id(layer) in self.always | self.never:
            return id(layer) in self.always
        said = [step.kwargs.get("training") for step in steps]
        first = said[0]
        if first is None or any(bool(mode) != bool(first) for mode in said):
            return None
        return None if bool(first) is self.training else bool(first)

    def inside(self) -> Modes:
        """Of what an own layer does that is called there."""
        return Modes(self.training)


#: Of a graph of traces in inference and in training.
AS_THE_MODEL = Modes()


def modes_beside(inference: Sequence[Step], training: Sequence[Step]) -> Modes:
    """Of the graph in inference, where the one in training has other steps."""
    always, never = _in_mode(inference, True), _in_mode(training, False)
    if always & never:
        raise Refused("a layer is called with training=True in inference and with training=False in training")
    return Modes(False, always, never)


def _in_mode(steps: Sequence[Step], mode: bool) -> frozenset[int]:
    layers = [step for step in steps if isinstance(step.operation, keras.Layer) and step.inside is None]
    return frozenset(
        id(step.operation)
        for step in layers
        if (said := step.kwargs.get("training")) is not None and bool(said) is mode
    )
