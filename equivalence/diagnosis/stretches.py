"""The first place where a torch run parts from Keras, cut out: what goes in agrees, what comes out does not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from equivalence.diagnosis.aligning import Likeness, Place, Step, aligned
from equivalence.diagnosis.matching import Board, reached
from equivalence.diagnosis.operation_kinds import keeps_numbers, kind
from equivalence.torch_side.arranged import same_numbers
from equivalence.torch_side.run_tape import Operation
from equivalence.torch_side.stretch import Stretch

#: How many operations behind a fault are looked at to find its other end.
_OURS, _THEIRS = 48, 96
#: What follows packed sequences, and sequences that were filled up: unsorted ones are put in order.
_FILLING = {"packed": ("_pad_packed_sequence",), "filled": ("index_select",), "": ()}
#: How many cuts are tried at one place, each longer than the one before.
_GROUPS = 4


@dataclass(slots=True)
class Cut:
    """A stretch of both runs, from tensors that agree to the output of a Keras layer that does not."""

    layers: list[int]  # landmarks, in order; the last one's output is the far end
    stretch: Stretch
    wanted: int  # Keras's tensor at the far end
    end: int | None  # the torch module's there; None where nothing corresponds
    first: int  # of the layers the first that is off
    own: list[Operation]  # all of the torch module's that lead from what agrees before these layers to the end

    @property
    def steps(self) -> list[Step]:
        return [Step(*step) for step in self.stretch.steps]


def cuts(board: Board, pairs: Mapping[Place, int] = MappingProxyType({})) -> Iterator[Cut]:
    """Cuts at the first operation of Keras's that is off, from the shortest to some that take in layers behind it.

    `pairs`: which of Keras's operations with weights those of the module are by structure.

    None where nothing is off, or nothing in the torch module corresponds.
    """
    off = board.off_operations()
    if not off:
        return
    reference, owners = board.reference, board.reference.owners
    first = next((step for step in off if not _is_of_what_agrees(board, step)), off[0])
    layer = owners.get(first.index, len(reference.landmarks))
    segment = [step for step in off if owners.get(step.index) == layer] or [first]
    before = [step for step in _idle_before(board, segment) if step.index in owners]
    starts = {number for step in segment for given in step.seen() for number in _counterparts(board, given)}
    inside = {number for step in segment for number in step.outputs}
    following = [step for step in reached(off, inside) if step.index > first.index]
    if not starts:  # nothing goes into it, as into a lookup of positions: they begin with what goes into the next layer
        starts = {number for step in following for given in step.seen() for number in _counterparts(board, given)}
        starts |= {number for step in board.tape.operations if kind(step.name) == "lookup" for number in step.outputs}
    ours = sorted({step.index: step for step in [*before, *segment, *following]}.values(), key=lambda step: step.index)
    off_too = {id(step) for step in [*board.their_off_operations(), *board.repeated()]}
    led = {id(step) for step in reached(board.tape.operations, starts)}
    elsewhere = [step for step in _with_weights_of(board, segment, led) if id(step) in off_too]
    led |= {id(step) for step in elsewhere}
    led |= {id(step) for step in reached(board.tape.operations, {n for step in elsewhere for n in step.outputs})}
    theirs = [step for step in board.tape.operations if id(step) in led & off_too][:_THEIRS]
    names = {index: reference.landmarks[owner].path for index, owner in owners.items()}
    held = {number: {match.number for match in found} for number, found in board.matches.items()}
    score = Likeness(reference.tape, board.tape, lambda step: names.get(step.index, ""), held, pairs)
    steps = aligned(ours[:_OURS], theirs, score, pairs)
    idle = [owners[step.index] for step in before]
    yield from _cuts(board, steps, idle, [layer, *_following(board, ours[:_OURS], layer, idle)])
    yield from _begun(board, steps, layer)


def _is_of_what_agrees(board: Board, step: Operation) -> bool:
    """Whether an operation is a part of a layer that agrees: as that of a mask is, which others take too."""
    owner = board.reference.owners.get(step.index, len(board.reference.landmarks))
    return owner < len(board.reference.landmarks) and board.reference.landmarks[owner].number in board.matches


def _begun(board: Board, steps: list[Step], layer: int) -> Iterator[Cut]:
    """Of a layer of which the module has the beginning and nothing of the rest, what it goes on with instead."""
    reference, owners = board.reference, board.reference.owners
    if layer >= len(reference.landmarks):
        return
    kept = [step for step in steps if step.ours is not None and owners.get(step.ours.index) == layer]
    wanted, off = _wanted(board, layer), {n for step in board.their_off_operations() for n in step.seen()}
    if any(step.theirs is not None and not keeps_numbers(step.theirs) for step in kept):
        return
    values, makers, size = board.tape.values, board.tape.makers(), reference.tape.values[wanted].numel()
    known = (n for step in reversed(reference.operations(layer)) for n in step.outputs if n in board.matches)
    for match in (match for number in known for match in board.matches[number]):
        beside = makers[match.number].outputs if match.number in makers else ()  # a state beside its outputs
        for end in (match.number, *beside):
            if end in off and values[end].numel() == size:
                yield Cut([layer], _stretch(board, kept), wanted, end, layer, [])
                return


def _with_weights_of(board: Board, segment: list[Operation], led: Collection[int]) -> list[Operation]:
    """The torch module's operations with the weights of some of Keras's, called on something else that Keras has: where
    nothing that is called on what Keras's is has these weights. `led`: the latter, by their id()."""
    ours, theirs = board.reference.tape, board.tape
    found: list[Operation] = []
    for one in segment:
        held = [ours.values[number] for number in one.seen() if number in ours.held]
        alike = [
            step
            for step in theirs.operations
            if any(same_numbers(weight, theirs.values[n]) for weight in held for n in step.seen() if n in theirs.held)
        ]
        if all(id(step) not in led for step in alike):
            found += [step for step in alike if set(step.seen()) & board.matched]
    return found


def _idle_before(board: Board, segment: list[Operation]) -> list[Operation]:
    """Dropout right before: it does nothing in Keras now, so nothing of it is off."""
    makers = board.makers
    given = [makers[number] for step in segment for number in step.seen() if number in makers]
    return [step for step in given if kind(step.name) == "dropout"]


def _following(board: Board, ours: list[Operation], layer: int, idle: list[int]) -> list[int]:
    found = dict.fromkeys(board.reference.owners.get(step.index, -1) for step in ours)
    return [other for other in found if other not in (-1, layer, *idle)]


def _cuts(board: Board, steps: list[Step], idle: list[int], layers: list[int]) -> Iterator[Cut]:
    """A cut for each group of layers whose last one has a counterpart; at the end of the model, one without."""
    reference, owners, made = board.reference, board.reference.owners, 0
    for count in range(1, len(layers) + 1):
        group = [*idle, *layers[:count]]
        own = [i for i, s in enumerate(steps) if s.ours is not None and owners.get(s.ours.index, -2) == group[-1]]
        paired = [i for i in own if steps[i].theirs is not None and not keeps_numbers(steps[i].ours)]  # type: ignore[arg-type]
        if not paired or group[-1] >= len(reference.landmarks):
            continue
        wanted = _wanted(board, group[-1])
        if not any(wanted in step.ours.outputs for step in steps if step.ours is not None):
            continue  # it is further on than is looked
        last = _with_own_weights(board, steps, paired[-1])
        if last == paired[-1]:
            end = _end(steps[last], reference.operations(group[-1]), wanted)
        else:
            end = steps[last].theirs.outputs[0]  # type: ignore[union-attr]
        last, end = _filled_up(board, steps, last, end)
        leading = _leading_to(board, end)
        kept = [
            step
            for at, step in enumerate(steps)
            if (step.ours is None and at <= last and leading & set(step.theirs.outputs))  # type: ignore[union-attr]
            or (step.ours is not None and owners.get(step.ours.index) in group and (at <= last or step.theirs is None))
        ]
        yield Cut(group, _stretch(board, kept), wanted, end, layers[0], _own(board, group, end))
        made += 1
        if made == _GROUPS:
            return
    if not made:
        yield from _at_the_end(board, steps, [*idle, *layers])


def _at_the_end(board: Board, steps: list[Step], layers: list[int]) -> Iterator[Cut]:
    """What is returned, where nothing of the last layers has a counterpart."""
    made = {number for step in steps if step.ours is not None for number in step.ours.outputs}
    count = len(board.reference.landmarks)
    for index in board.wrong_outputs if count else ():  # of a model without layers nothing can be cut out
        wanted = board.reference.tape.outputs[index]
        if wanted in made and index < len(board.tape.outputs):
            group, end = [layer for layer in layers if layer < count] or [count - 1], board.tape.outputs[index]
            yield Cut(group, _stretch(board, steps), wanted, end, group[0], _own(board, group, end))


def _with_own_weights(board: Board, steps: list[Step], last: int) -> int:
    """The last step of a layer: what goes on from it with weights and has no counterpart is a part of it."""
    at, first = last + 1, steps[last].theirs
    made = set(first.outputs) if first is not None else set[int]()
    while at < len(steps) and steps[at].ours is None:
        theirs = steps[at].theirs
        if theirs is not None and made & set(theirs.seen()):
            made.update(theirs.outputs)
            if not keeps_numbers(theirs):
                if not any(number in board.tape.held for number in theirs.seen()):
                    break
                last = at
        elif theirs is not None and not keeps_numbers(theirs):
            break
        at += 1
    return last


def _filled_up(board: Board, steps: list[Step], last: int, end: int) -> tuple[int, int]:
    """The end of packed sequences, and its step: where they are filled up and in their order again."""
    at = {number: i for i, step in enumerate(steps) if step.theirs is not None for number in step.theirs.outputs}
    while user := next((s for s in board.tape.users().get(end, ()) if s.name in _FILLING[_packed(board, end)]), None):
        end = user.outputs[0]
        last = max(last, at.get(end, last))
    return last, end


def _packed(board: Board, number: int) -> str:
    """What a tensor is of packed sequences: "packed", "filled" or ""."""
    if any(user.name == "_pad_packed_sequence" for user in board.tape.users().get(number, ())):
        return "packed"
    maker = board.tape.makers().get(number)
    return "filled" if maker is not None and maker.name == "_pad_packed_sequence" else ""


def _own(board: Board, group: list[int], end: int) -> list[Operation]:
    """The operations that lead from what the layers get to the end."""
    reference = board.reference
    starts: set[int] = set()
    for layer in group:
        for source in reference.sources[layer]:
            number = reference.tape.inputs[-1 - source] if source < 0 else reference.landmarks[source].number
            starts.update(_counterparts(board, number))
    leading = _leading_to(board, end, starts)
    return [step for step in reached(board.tape.operations, starts) if leading & set(step.outputs)]


def _leading_to(board: Board, end: int, starts: Collection[int] = ()) -> set[int]:
    """The torch module's tensors that the end is computed from, back to `starts`; and the end."""
    makers, pending, found = board.tape.makers(), [end], set[int]()
    while pending:
        number = pending.pop()
        if number in makers and number not in starts and number not in found:
            found.update(makers[number].outputs)
            pending += makers[number].seen()
    return found


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
    pending, seen = [number], set[int]()
    while pending:
        at = pending.pop()
        if at in seen:
            continue
        seen.add(at)
        if at in board.matches:
            yield from (match.number for match in board.matches[at])
        elif at in board.makers:
            pending += board.makers[at].seen()
