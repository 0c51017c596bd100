"""All faults of a torch module, one after the other: behind each the true value goes on in place of the wrong one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from equivalence.diagnosis.explaining import Explaining, Told
from equivalence.diagnosis.filled_steps import masked_steps
from equivalence.diagnosis.findings import Cause, Fault, LayerRow, Place
from equivalence.diagnosis.matching import Board, shape
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.repro_case import repro_case
from equivalence.diagnosis.rounded_constants import is_rounded_constant
from equivalence.diagnosis.stretches import Cut, cuts
from equivalence.diagnosis.sure_causes import sure
from equivalence.torch_side.arranged import Match, deviation, same, same_numbers
from equivalence.torch_side.run_tape import Operation, Tape
from equivalence.translation.order import Flat, to_keras_shape

#: A module with more faults than this is no port of the model: the largest networks have some hundred layers of a kind.
MOST = 1000

#: What is said of a layer that is off where the module's operations are none of Keras's.
_NOWHERE = "its inputs are in the module, its output is not, and no operation of the module's corresponds to its own"


@dataclass(slots=True)
class Found:
    """What became of the whole run."""

    faults: list[Fault]
    rows: list[LayerRow]
    first: Board  # before anything was put in place of a wrong value
    last: Board
    beyond: str = ""  # where the run could not be followed to its end, why
    rounded: Sequence[str] = ()  # layers with constants that the module has but for the rounding of float32


@dataclass(slots=True)
class _State:
    board: Board
    instead: dict[tuple[int, int], Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    done: set[int] = field(default_factory=set)  # landmarks with a fault
    elsewhere: set[str] = field(default_factory=set)  # layers that take what is another's, if their causes are right
    certain: set[str] = field(default_factory=set)  # layers whose counterparts have their weights
    rounded: list[str] = field(default_factory=list)  # layers whose constants are rounded otherwise
    #: what was matched in some run: what takes the place of a tensor may hide it in the next one
    matched: dict[int, Sequence[Match]] = field(default_factory=dict)

    def look_at(self, board: Board) -> None:
        self.board = board
        self.matched |= board.matches


def find_faults(
    reference: Reference, record: Callable[[dict[tuple[int, int], Any]], Tape], say: Callable[[str], None]
) -> Found:
    """The faults in the order in which Keras runs its layers.

    `record`: runs the torch module with tensors in place of some outputs.
    """
    tape = record({})
    first = Board(reference, tape)
    state, beyond = _State(first, matched=dict(first.matches)), ""
    explaining = Explaining(reference, tape)
    while len(state.faults) < MOST:
        if _fill_in(state, record):
            continue
        found = list(cuts(state.board, explaining.places if state.board.off else {}))
        if not found:
            if state.board.off:
                beyond = "nothing in the torch module corresponds to what comes then"
                state.faults += _nowhere(state)
            break
        say(f"looking at {reference.landmarks[found[0].layers[-1]].path}")
        cut, causes = explaining.explain(found)
        state.elsewhere.update(reference.landmarks[told.layer].path for told in causes if told.of_others)
        state.certain.update(reference.landmarks[told.layer].path for told in causes if _has_its_weights(cut, told))
        rounded = [told for told in causes if is_rounded_constant(reference, cut, told.edits)]
        state.rounded += [reference.landmarks[told.layer].path for told in rounded]
        _add(state, [_fault(state, cut, told) for told in causes if told not in rounded])
        if cut.wanted in state.done or not _carry_on(state, cut, causes):
            beyond = "the true value could not go on in place of the wrong one"
            break
        state.done.add(cut.wanted)
        state.look_at(_again(state, record))
    told = {fault.keras for fault in state.faults}
    returned = _returned_otherwise(state.board) if not beyond else []
    state.faults += [fault for fault in returned if fault.keras not in told]
    state.faults = sure(state.faults, reference, state.elsewhere, state.certain)
    return Found(state.faults, _rows(reference, first, state), first, state.board, beyond, state.rounded)


def _nowhere(state: _State) -> list[Fault]:
    """A fault without a cause at the first layer that is off and is given what agrees, of whose operations the module
    has no counterpart: as where it writes out a recurrence in another way."""
    board, reference = state.board, state.board.reference
    if board.tape.error is not None or not board.matches:
        return []
    known = {fault.keras for fault in state.faults}
    for index, mark in enumerate(reference.landmarks):
        sources = [
            reference.tape.inputs[-1 - s] if s < 0 else reference.landmarks[s].number for s in reference.sources[index]
        ]
        if mark.number in board.off and index not in state.done and all(n in board.matches for n in sources):
            if mark.path in known:
                return []
            sizes = _keras_shape(mark.order, shape(reference.value(mark)))
            return [Fault(mark.path, None, sizes, None, None, None, None, detail=_NOWHERE)]
    return []


def _has_its_weights(cut: Cut, told: Told) -> bool:
    """Whether whatever is otherwise is an operation with the weights that Keras's has."""
    ours, theirs = cut.stretch.ours, cut.stretch.theirs
    steps = [cut.stretch.steps[edit.step] for edit in told.edits]
    return bool(steps) and all(
        one is not None
        and other is not None
        and any(
            same_numbers(ours.values[a], theirs.values[b])
            for a in one.seen()
            for b in other.seen()
            if a in ours.held and b in theirs.held
        )
        for one, other in steps
    )


def _again(state: _State, record: Callable[[dict[tuple[int, int], Any]], Tape]) -> Board:
    """The next run, with what takes the place of wrong values."""
    unchanged = min(n for s in state.board.tape.operations for n in s.outputs if s.index == min(state.instead)[0])
    return Board(state.board.reference, record(state.instead), state.board, unchanged)


def _fill_in(state: _State, record: Callable[[dict[tuple[int, int], Any]], Tape]) -> bool:
    """Puts what Keras has in masked steps in their place; a fault where what the module returns depends on them."""
    masked = masked_steps(state.board)
    if masked is None or not _put(state, masked.number, masked.truth):
        return False
    reference, before = state.board.reference, state.board.tape
    state.look_at(_again(state, record))
    after = state.board.tape
    if not all(same(after.values[b], before.values[a]) for a, b in zip(before.outputs, after.outputs, strict=False)):
        mark, found = reference.landmarks[masked.layer], before.values[masked.number]
        sizes = _keras_shape(mark.order, shape(reference.value(mark)))
        apart = deviation(found, masked.truth)
        where = place(before.makers()[masked.number])
        state.faults.append(Fault(mark.path, where, sizes, shape(found), apart[0], apart[1], masked.cause))
    return True


def _add(state: _State, faults: list[Fault]) -> None:
    """Adds faults that are not told yet; what comes before a layer instead of behind it is one, not two."""
    for fault in faults:
        if any((known.keras, known.cause) == (fault.keras, fault.cause) and fault.cause for known in state.faults):
            continue
        order = _in_another_order(state.faults[-1].cause, fault.cause) if state.faults else ""
        if order:
            before = state.faults[-1]
            assert before.cause is not None
            state.faults[-1] = replace(before, cause=replace(before.cause, says=order))
            continue
        state.faults.append(fault)


def _in_another_order(one: Cause | None, other: Cause | None) -> str:
    """What two causes are together, where one has too much what the other lacks."""
    if one is None or other is None:
        return ""
    if (
        one.keras_value is None
        and other.torch_value is None
        and one.torch_value
        and one.torch_value == other.keras_value
    ):
        return f"{one.torch_value} comes before it, where Keras has it after: they are in another order"
    if (
        one.torch_value is None
        and other.keras_value is None
        and one.keras_value
        and one.keras_value == other.torch_value
    ):
        return f"{one.keras_value} comes after it, where Keras has it before: they are in another order"
    return ""


def _fault(state: _State, cut: Cut, told: Told) -> Fault:
    reference, board = state.board.reference, state.board
    landmark = reference.landmarks[told.layer]
    found = None if cut.end is None else board.tape.values[cut.end]
    truth = None if cut.end is None else cut.stretch.in_their_order(cut.wanted, cut.end)
    apart = deviation(found, truth) if found is not None and truth is not None and found.shape == truth.shape else None
    step = told.step or (None if cut.end is None else board.tape.makers().get(cut.end))
    return Fault(
        keras=landmark.path,
        torch=None if step is None else place(step),
        keras_shape=_keras_shape(landmark.order, shape(reference.tape.values[landmark.number])),
        torch_shape=None if found is None else shape(found),
        max_abs=apart and apart[0],
        max_rel=apart and apart[1],
        cause=told.cause,
        detail="" if told.cause else _detail(cut, found, truth),
        case=repro_case(reference, cut, told.cause.says if told.cause else ""),
    )


def place(step: Operation) -> Place:
    """Where an operation is called; a file below the working directory by its path from there."""
    file = Path(step.file)
    below = file.is_relative_to(Path.cwd()) if step.file else False
    return Place(
        step.module, step.name.strip("_"), str(file.relative_to(Path.cwd())) if below else step.file, step.line
    )


def _keras_shape(order: Any, sizes: tuple[int, ...]) -> tuple[int, ...]:
    return sizes if isinstance(order, Flat) else tuple(size or 0 for size in to_keras_shape(order, sizes))


def _detail(cut: Cut, found: Any, truth: Any) -> str:
    """What is known where no cause is: the largest deviation and its place, and what each side computes."""
    ours = [one.name for one, _ in cut.stretch.steps if one is not None]
    theirs = [other.name for _, other in cut.stretch.steps if other is not None]
    computed = f"Keras computes {', '.join(ours) or 'nothing'}; the module {', '.join(theirs) or 'nothing'}"
    if found is None or truth is None or found.shape != truth.shape:
        return computed
    apart = (found.double() - truth.double()).abs().flatten()
    at = int(apart.argmax())
    index, rest = [], at
    for size in reversed(found.shape):
        index.append(rest % size)
        rest //= size
    where = tuple(reversed(index))
    return f"{computed}; furthest apart at {where}: {float(found[where]):g}, where Keras has {float(truth[where]):g}"


def _carry_on(state: _State, cut: Cut, causes: Sequence[Told]) -> bool:
    """Has the true value go on in the next run: at the end of the cut, and wherever else a mistake goes on from."""
    if cut.end is None:
        return False
    truth = cut.stretch.in_their_order(cut.wanted, cut.end)
    if truth is None or not _put(state, cut.end, truth):
        return False
    extra: dict[int, int | None] = {}  # what a step too many gives, and what goes into the first such before it
    for told in causes:
        for edit in sorted(told.edits, key=lambda edit: edit.step):
            one, other = cut.stretch.steps[edit.step]
            if edit.kind == "extra" and other is not None:
                data = cut.stretch.data_input(other)
                data = None if data is None else extra.get(data, data)
                extra[other.outputs[0]] = data
                if data is not None and data in state.board.matched:
                    _put(state, other.outputs[0], state.board.tape.values[data])
            elif edit.kind == "missing" and one is not None:
                _insert(state, cut, one)
    return True


def _insert(state: _State, cut: Cut, one: Operation) -> None:
    """Puts what a missing step gives in place of what goes into it, if nothing else in Keras takes that.

    What is only taken in beside it, as a mask is, has another shape.
    """
    reference, users = state.board.reference, state.board.reference.tape.users()
    truth = reference.tape.values[one.outputs[0]]
    data_of = [data for data in one.seen() if data not in reference.tape.held]
    for data in data_of:
        if len(users.get(data, ())) != 1 or data in reference.tape.inputs:
            continue
        given = reference.tape.values[data]
        if given.dtype != truth.dtype or (len(data_of) > 1 and given.shape != truth.shape):
            continue
        for match in state.board.matches.get(data, ()):
            made = cut.stretch.as_theirs(truth, one.outputs[0], state.board.tape.values[match.number])
            if match.arranged is not None and made is not None and match.number != cut.end:
                _put(state, match.number, made)


def _put(state: _State, number: int, truth: Any) -> bool:
    maker = state.board.tape.makers().get(number)
    if maker is None:
        return False
    state.instead[maker.index, maker.offset + maker.outputs.index(number)] = truth
    return True


def _returned_otherwise(board: Board) -> Sequence[Fault]:
    """What is right inside the module and returned otherwise: an operation too many at the end, another order."""
    reference, made = board.reference, []
    makers = board.tape.makers()
    outputs = {match.number for n in reference.tape.outputs for match in board.matches.get(n, ())}
    for index in board.wrong_outputs:
        number = reference.tape.outputs[index]
        if number not in board.matches or board.tape.error is not None:
            continue
        layer = next((mark for mark in reversed(reference.landmarks) if mark.number == number), reference.landmarks[-1])
        returned = board.tape.outputs[index] if index < len(board.tape.outputs) else None
        wanted = reference.tape.values[number]
        known = {match.number for match in board.matches[number]}
        extra, at = [], returned
        while at is not None and at not in known and at in makers:
            extra.append(makers[at])
            at = next((given for given in makers[at].seen() if given not in board.tape.held), None)
        if returned is None:
            cause = Cause(f"output {index} is not returned")
        elif returned in outputs:
            cause, extra = Cause("the outputs are returned in another order"), []
        elif at in known:
            named = " and ".join(step.name.strip("_") for step in reversed(extra))
            cause = Cause(
                f"{named} {'is' if len(extra) == 1 else 'are'} one too many: Keras returns what comes before",
                None,
                None,
                named,
            )
        else:
            cause = Cause("the outputs are returned in another order")
        found = None if returned is None else board.tape.values[returned]
        apart = deviation(found, wanted) if found is not None and found.shape == wanted.shape else None
        sizes = _keras_shape(layer.order, shape(wanted))
        theirs = None if found is None else shape(found)
        where = place(extra[0]) if extra else None
        made.append(Fault(layer.path, where, sizes, theirs, apart and apart[0], apart and apart[1], cause))
    return made


def _rows(reference: Reference, first: Board, state: _State) -> list[LayerRow]:
    """Each layer of the Keras model: whether its numbers are in the module, with what is right before it."""
    faulty = {fault.keras: fault for fault in state.faults}
    makers = first.tape.makers()
    rows = []
    for index, landmark in enumerate(reference.landmarks):
        matches = state.matched.get(landmark.number, ())
        maker = next((makers[m.number] for m in matches if m.number in makers), None)
        fault = faulty.get(landmark.path)
        status = "different" if fault else "equal" if matches else state.board.status(index)
        layer = reference.layers.get(landmark.path)
        sources = [reference.landmarks[source].path if source >= 0 else "input" for source in reference.sources[index]]
        where = fault.torch if fault else None if maker is None else place(maker)
        if status == "different" and not fault:
            status = "unreached"
        kind = layer.cls.name if layer else ""
        deviation = fault.max_rel if fault else None
        rows.append(LayerRow(landmark.path, status, where, deviation, kind, tuple(dict.fromkeys(sources))))
    return rows
