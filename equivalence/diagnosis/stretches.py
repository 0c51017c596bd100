"""The first place where a torch run parts from Keras, cut out: what goes in agrees, what comes out does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from equivalence.diagnosis.aligning import Likeness, Step, aligned
from equivalence.diagnosis.matching import Board, reached
from equivalence.diagnosis.operation_kinds import keeps_numbers
from equivalence.torch_side.stretch import Stretch
from equivalence.torch_side.run_tape import Operation

#: How many operations behind a fault are looked at to find its other end.
_OURS, _THEIRS = 48, 96


@dataclass(slots=True)
class Cut:
    """A stretch of both runs, from tensors that agree to the output of a Keras layer that does not."""

    layers: list[int]  # landmarks, in order; the last one's output is the far end
    stretch: Stretch
    wanted: int  # Keras's tensor at the far end
    end: int | None  # the torch module's there; None where nothing corresponds

    @property
    def steps(self) -> list[Step]:
        return [Step(*step) for step in self.stretch.steps]


def first_cut(board: Board) -> Cut | None:
    """The cut at the first operation of Keras's that is off; None where none is."""
    off = board.off_operations()
    if not off:
        return None
    reference = board.reference
    first = off[0]
    layer = reference.owners.get(first.index, len(reference.landmarks))
    segment = [step for step in off if reference.owners.get(step.index) == layer] or [first]
    starts = {number for step in segment for given in step.seen() for number in _counterparts(board, given)}
    inside = {number for step in segment for number in step.outputs}
    ours = [first, *(step for step in reached(off, inside) if step.index > first.index)]
    ours = sorted({step.index: step for step in [*segment, *ours]}.values(), key=lambda step: step.index)[:_OURS]
    theirs = reached(board.their_off_operations(), starts)[:_THEIRS]
    names = {index: reference.landmarks[owner].path for index, owner in reference.owners.items()}
    score = Likeness(reference.tape, board.tape, lambda step: names.get(step.index, ""))
    steps = aligned(ours, theirs, score)
    return _cut(board, steps, [layer, *_following(board, ours, layer)])


def _following(board: Board, ours: list[Operation], layer: int) -> list[int]:
    found = dict.fromkeys(board.reference.owners.get(step.index, -1) for step in ours)
    return [other for other in found if other not in (-1, layer)]


def _cut(board: Board, steps: list[Step], layers: list[int]) -> Cut | None:
    """The shortest group of layers whose last one has a counterpart, or a user that has."""
    reference, owners = board.reference, board.reference.owners
    for count in range(1, len(layers) + 1):
        group = layers[:count]
        own = [
            at for at, step in enumerate(steps) if step.ours is not None and owners.get(step.ours.index) == group[-1]
        ]
        paired = [at for at in own if steps[at].theirs is not None and not keeps_numbers(steps[at].ours)]  # type: ignore[arg-type]
        if not paired:
            continue
        last = paired[-1]
        kept = [
            step
            for at, step in enumerate(steps)
            if (at <= last and (step.ours is None or owners.get(step.ours.index) in group))
            or (step.theirs is None and step.ours is not None and owners.get(step.ours.index) in group)
        ]
        wanted = _wanted(board, group[-1])
        return Cut(group, _stretch(board, kept), wanted, _end(steps[last], reference.operations(group[-1]), wanted))
    return None


def _wanted(board: Board, layer: int) -> int:
    return board.reference.landmarks[layer].number


def _end(step: Step, operations: list[Operation], wanted: int) -> int:
    """Of the torch operation's outputs the one that leads to the layer's."""
    assert step.ours is not None and step.theirs is not None
    for position, number in enumerate(step.ours.outputs):
        if number == wanted or any(number in other.seen() for other in operations if other is not step.ours):
            return step.theirs.outputs[min(position, len(step.theirs.outputs) - 1)]
    return step.theirs.outputs[0]


def _stretch(board: Board, steps: list[Step]) -> Stretch:
    matches = {number: [(match.number, match.arranged) for match in found] for number, found in board.matches.items()}
    return Stretch(board.reference.tape, board.tape, [(s.ours, s.theirs) for s in steps], matches, keeps_numbers)


def _counterparts(board: Board, number: int) -> Iterator[int]:
    """The torch module's tensors that hold a tensor of Keras's, or those that it is computed from."""
    if not hasattr(board, "_makers"):
        board._makers = board.reference.tape.makers()  # type: ignore[attr-defined]
    pending, seen = [number], set[int]()
    while pending:
        at = pending.pop()
        if at in seen:
            continue
        seen.add(at)
        if at in board.matches:
            yield from (match.number for match in board.matches[at])
        elif at in board._makers:  # type: ignore[attr-defined]
            pending += board._makers[at].seen()  # type: ignore[attr-defined]
