"""All faults of a torch module, one after the other: behind each the true value goes on in place of the wrong one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from equivalence.diagnosis.cause_words import Words
from equivalence.diagnosis.findings import Cause, Fault, LayerRow, Place
from equivalence.diagnosis.matching import Board, shape
from equivalence.diagnosis.minimal_edits import minimal
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.stretches import Cut, first_cut
from equivalence.torch_side.arranged import deviation
from equivalence.torch_side.stretch import Edit
from equivalence.torch_side.run_tape import Operation, Tape
from equivalence.translation.order import to_keras_shape
from equivalence.translation.order import Flat

#: A module with more faults than this is no port of the model.
MOST = 64


@dataclass(slots=True)
class Found:
    """What became of the whole run."""

    faults: list[Fault]
    rows: list[LayerRow]
    first: Board  # before anything was put in place of a wrong value
    last: Board
    beyond: str = ""  # where the run could not be followed to its end, why


@dataclass(slots=True)
class _State:
    board: Board
    instead: dict[tuple[int, int], Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    done: set[int] = field(default_factory=set)  # landmarks with a fault


def find_faults(
    reference: Reference, record: Callable[[dict[tuple[int, int], Any]], Tape], say: Callable[[str], None]
) -> Found:
    """The faults in the order in which Keras runs its layers.

    `record`: runs the torch module with tensors in place of some outputs.
    """
    tape = record({})
    first = Board(reference, tape)
    state, beyond = _State(first), ""
    while len(state.faults) < MOST:
        cut = first_cut(state.board)
        if cut is None:
            beyond = "" if not state.board.off else "nothing in the torch module corresponds to what comes then"
            break
        say(
            f"looking at {reference.landmarks[cut.layers[-1]].path if cut.layers[-1] < len(reference.landmarks) else 'the outputs'}"
        )
        edits = minimal(cut.stretch, cut.wanted)
        _tell(state, cut, edits)
        if cut.wanted in state.done or not _carry_on(state, cut):
            beyond = "the true value could not go on in place of the wrong one"
            break
        state.done.add(cut.wanted)
        tape = record(state.instead)
        unchanged = (
            min(state.board.tape.operations[index].outputs[0] for index, _ in state.instead) if state.instead else 0
        )
        state.board = Board(reference, tape, state.board, unchanged)
    state.faults += list(_returned_otherwise(state.board)) if not beyond else []
    return Found(state.faults, _rows(reference, first, state), first, state.board, beyond)


def _tell(state: _State, cut: Cut, edits: list[Edit] | None) -> None:
    """A fault for each layer of the cut that edits had to be made in; without edits, one for the whole."""
    reference = state.board.reference
    words = Words(reference, cut.stretch)
    if edits is None:
        state.faults.append(_fault(state, cut, cut.layers[0], None, None))
        return
    by_layer: dict[int, list[Edit]] = {}
    for edit in edits:
        by_layer.setdefault(_layer_of(cut, edit, reference), []).append(edit)
    for layer, own in by_layer.items():
        state.faults.append(_fault(state, cut, layer, own[0], words.cause(layer, own)))


def _layer_of(cut: Cut, edit: Edit, reference: Reference) -> int:
    """The layer that an edit belongs to: that of its step, or of the next one that Keras has."""
    steps = cut.stretch.steps
    for one, _ in [*steps[edit.step :], *reversed(steps[: edit.step])]:
        if one is not None:
            return reference.owners.get(one.index, cut.layers[-1])
    return cut.layers[-1]


def _fault(state: _State, cut: Cut, layer: int, edit: Edit | None, cause: Cause | None) -> Fault:
    reference, board = state.board.reference, state.board
    landmark = reference.landmarks[min(layer, len(reference.landmarks) - 1)]
    step = _their_step(cut, edit)
    found = None if cut.end is None else board.tape.values[cut.end]
    wanted = reference.tape.values[cut.wanted]
    truth = None if found is None else cut.stretch.in_their_order(cut.wanted, cut.end)
    apart = deviation(found, truth) if found is not None and truth is not None and found.shape == truth.shape else None
    return Fault(
        keras=landmark.path,
        torch=None if step is None else place(step),
        keras_shape=_keras_shape(landmark.order, shape(reference.tape.values[landmark.number])),
        torch_shape=None if found is None else shape(found),
        max_abs=apart and apart[0],
        max_rel=apart and apart[1],
        cause=cause,
        detail="" if cause else _detail(cut, found, truth, wanted),
    )


def _their_step(cut: Cut, edit: Edit | None) -> Operation | None:
    """The torch operation that an edit is made at, or the one before it."""
    steps = cut.stretch.steps
    at = edit.step if edit is not None else len(steps) - 1
    after = [other for _, other in steps[at:] if other is not None]
    before = [other for _, other in steps[:at] if other is not None]
    if edit is not None and steps[at][1] is None:
        return before[-1] if before else (after[0] if after else None)
    return after[0] if after else (before[-1] if before else None)


def place(step: Operation) -> Place:
    return Place(step.module, step.name.strip("_"), step.file, step.line)


def _keras_shape(order: Any, sizes: tuple[int, ...]) -> tuple[int, ...]:
    return sizes if isinstance(order, Flat) else tuple(size or 0 for size in to_keras_shape(order, sizes))


def _detail(cut: Cut, found: Any, truth: Any, wanted: Any) -> str:
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


def _carry_on(state: _State, cut: Cut) -> bool:
    """Has the true value go on in the next run."""
    if cut.end is None:
        return False
    maker = state.board.tape.makers().get(cut.end)
    truth = cut.stretch.in_their_order(cut.wanted, cut.end)
    if maker is None or truth is None:
        return False
    state.instead[maker.index, maker.offset + maker.outputs.index(cut.end)] = truth
    return True


def _returned_otherwise(board: Board) -> Sequence[Fault]:
    """What is right inside the module and returned otherwise: an operation too many at the end, another order."""
    reference, made = board.reference, []
    makers = board.tape.makers()
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
        made.append(
            Fault(
                layer.path,
                place(extra[0]) if extra else None,
                _keras_shape(layer.order, shape(wanted)),
                None if found is None else shape(found),
                apart and apart[0],
                apart and apart[1],
                cause,
            )  # fmt: skip
        )
    return made


def _rows(reference: Reference, first: Board, state: _State) -> list[LayerRow]:
    """Each layer of the Keras model: whether its numbers are in the module, with what is right before it."""
    faulty = {fault.keras: fault for fault in state.faults}
    makers = first.tape.makers()
    rows = []
    for index, landmark in enumerate(reference.landmarks):
        matches = state.board.matches.get(landmark.number, ())
        maker = next((makers[m.number] for m in matches if m.number in makers), None)
        fault = faulty.get(landmark.path)
        status = "different" if fault else state.board.status(index)
        layer = reference.layers.get(landmark.path)
        sources = [reference.landmarks[source].path if source >= 0 else "input" for source in reference.sources[index]]
        rows.append(
            LayerRow(
                landmark.path,
                "unreached" if status == "different" and not fault else status,
                fault.torch if fault else maker and place(maker),
                fault.max_rel if fault else None,
                layer.cls.name if layer else "",
                tuple(dict.fromkeys(sources)),
            )  # fmt: skip
        )
    return rows
