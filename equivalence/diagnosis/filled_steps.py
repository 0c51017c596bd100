"""Steps that a mask leaves out: torch's packed sequences have zeros there, where Keras repeats the last output."""

from __future__ import annotations

from typing import Any, NamedTuple

from equivalence.catalogue import find
from equivalence.diagnosis.findings import Cause
from equivalence.diagnosis.matching import Board
from equivalence.emit.wrapped import class_of
from equivalence.torch_side.arranged import same

_ID = "masked-outputs"


class MaskedSteps(NamedTuple):
    """A sequence of the module's that is right in all other steps."""

    layer: int  # landmark
    number: int  # of the module's tensor
    truth: Any  # what Keras has, as it lies there
    cause: Cause


def masked_steps(board: Board) -> MaskedSteps | None:
    """The first such sequence that is returned, or goes into something that is off."""
    taken = {number for step in board.off_operations() for number in step.seen()}
    for number, match in board.padded.items():
        found, wanted = board.tape.values[match.number], board.reference.tape.values[number]
        if match.arranged is None or not (number in taken or match.number in board.tape.outputs):
            continue
        truth = match.arranged.there(wanted)
        for axis, size in enumerate(found.shape):  # torch fills up to the longest sequence, which may end earlier
            truth = truth.narrow(axis, 0, min(size, truth.shape[axis]))
        layer = next((i for i, mark in enumerate(board.reference.landmarks) if mark.number == number), None)
        if layer is not None and truth.shape == found.shape and not same(found, truth.to(found.dtype)):
            return MaskedSteps(layer, match.number, truth, _cause(board, layer))
    return None


def _cause(board: Board, layer: int) -> Cause:
    says = "in masked steps, pack_padded_sequence leaves zeros, where Keras repeats the output of the step before"
    held = board.reference.layers.get(board.reference.landmarks[layer].path)
    entry = find(class_of(held)) if held is not None else None
    known = entry is not None and any(difference.id == _ID for difference in entry.differences)
    return Cause(says, f"{entry.keras}#{_ID}" if entry is not None and known else None, "the output before", "zeros")
