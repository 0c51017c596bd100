"""The weights of a Keras model carried to a torch module that somebody else wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from equivalence.diagnosis.carrying import Carrying
from equivalence.diagnosis.findings import Carried
from equivalence.diagnosis.folded_bias import Folded
from equivalence.diagnosis.matching import Board
from equivalence.diagnosis.operation_kinds import keeps_numbers
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.unflattened import observed_rows
from equivalence.diagnosis.weighted_pairs import Pairs, pair_weighted
from equivalence.torch_side.arranged import arrangement
from equivalence.torch_side.edited_run import rerun
from equivalence.torch_side.run_tape import Operation, Tape, in_float64, record
from equivalence.torch_side.torch_arrays import dtype, read, tensor_of, tensors, write
from equivalence.torch_side.unpacked import unpacked

#: Ties are tried the other way round no more often than this.
_TRIES = 12


def carry(
    reference: Reference,
    module: Any,
    inputs: Sequence[np.ndarray],
    named_pairs: Mapping[str, str],
    instead: Mapping[tuple[int, int], Any] | None = None,
) -> tuple[Carried, dict[str, np.ndarray]]:
    """Writes the weights into `module`, and says where each went. `instead`: as `record` takes it.

    Also the parameters of the port with which it computes the same as the module does: without the biases that went
    into running means.
    """
    given = in_float64(inputs)
    carrying, ambiguous = paired(
        reference,
        module,
        lambda: unpacked(record(module, given, places=False, instead=instead), reference.tape),
        named_pairs,
    )
    return carried(module, carrying, ambiguous), _otherwise(carrying.folds)


def paired(
    reference: Reference, module: Any, run: Callable[[], Tape], named_pairs: Mapping[str, str]
) -> tuple[Carrying, list[str]]:
    """Writes the weights into `module`; also what remains ambiguous. `run`: gives a tape of the module as it is now.

    Where several places fit, values decide: of the ways to assign them, the one with which more of Keras's numbers
    come out.
    """
    tape = run()
    pairs = pair_weighted(reference, tape, named_pairs)
    carrying = assigned(reference, module, tape, pairs, run)
    return _decided(reference, module, tape, named_pairs, run, carrying) if pairs.ties else (carrying, [])


def folds(reference: Reference, module: Any, inputs: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Of a module with weights of its own, in which biases are folded into running means: what `carry` gives too."""
    if not any(step.name == "batch_norm" for step in reference.tape.operations):
        return {}
    tape = unpacked(record(module, in_float64(inputs), places=False), reference.tape)
    held = {name: read(tape.values[number]) for number, name in tape.held.items()}
    folded = Carrying(reference, tape, pair_weighted(reference, tape, {})).all().folds
    return _otherwise([own for each in folded if (own := each.held_as(held[each.target])) is not None])


def _otherwise(folded: Sequence[Folded]) -> dict[str, np.ndarray]:
    return {name: array for each in folded for name, array in each.same_otherwise().items()}


def carried(module: Any, carrying: Carrying, ambiguous: Sequence[str]) -> Carried:
    """Where everything went."""
    written = {name.partition("#")[0] for name in carrying.made}
    left = [f"{name}: {because}" for name, because in carrying.left.items()]
    held = tensors(module)
    left += [f"torch's {name}" for name in held if name not in written]
    told = [
        f"{' + '.join(sources)} -> {name}"
        for name, sources in carrying.sources.items()
        if name.partition("#")[0] in held  # what no state_dict has is no weight
    ]
    return Carried(tuple(told), tuple(left), tuple(ambiguous))


def without_constants(where: Carried, module: Any) -> Carried:
    """Of a module that gives what Keras does: its buffers that are no weight of the model are right as they are."""
    buffers = {f"torch's {name}" for name, _ in module.named_buffers()}
    return replace(where, left_over=tuple(name for name in where.left_over if name not in buffers))


def assigned(reference: Reference, module: Any, tape: Tape, pairs: Pairs, run: Callable[[], Tape]) -> Carrying:
    carrying = Carrying(reference, tape, pairs)
    carrying.all()
    _write(module, carrying)
    now = run()
    carrying.order, carrying.rows = observed_orders(reference, now, pairs), observed_rows(reference, now, pairs)
    if carrying.order or carrying.rows:
        carrying.all()
        _write(module, carrying)
    return carrying


def _write(module: Any, carrying: Carrying) -> None:
    held = tensors(module)
    for name, array in carrying.made.items():
        whole, _, part = name.partition("#")
        if whole in held:
            target = held[whole]
            if part:
                index, count = map(int, part.split("/"))
                target = target.chunk(count)[index]
            write(target, np.ascontiguousarray(array.astype(dtype(target))))


def observed_orders(reference: Reference, tape: Tape, pairs: Pairs) -> dict[int, np.ndarray]:
    """For places behind a flattened image: which of Keras's numbers each of the module's is, where it counts otherwise.

    Read off a run: the places of Keras's image are followed through what the module does with it.
    """
    makers, found = tape.makers(), {}
    steps = {(step.index, step.offset): step for step in tape.operations}
    for ours, theirs in pairs.chosen.items():
        step = pairs.theirs[theirs].step
        mine = pairs.ours[ours].step
        if step.name != "linear" or (now := steps.get((step.index, step.offset))) is None:
            continue
        wanted = _image_before(reference, mine.seen()[0])
        if wanted is None or tape.values[now.seen()[0]].dim() != 2:
            continue
        order = _followed(tape, makers, now.seen()[0], wanted)
        if order is not None and not np.array_equal(order, np.arange(len(order))):
            found[ours] = order
    return found


def _followed(tape: Tape, makers: Mapping[int, Operation], flat: int, wanted: Any) -> np.ndarray | None:
    """Which number of Keras's image each of a flattened one is; None where it does not come of that image."""
    chain: list[Operation] = []
    image = flat
    while image in makers and tape.values[image].dim() < 3 and makers[image].seen():
        chain.append(makers[image])
        image = chain[-1].seen()[0]
        if tape.values[image].numel() != tape.values[flat].numel():
            return None
    source, places = tape.values[image], tensor_of(np.arange(wanted.numel()).reshape(wanted.shape), wanted)
    if source.dim() < 3 or sorted(source.shape) != sorted(wanted.shape):
        return None
    lies = arrangement(source, wanted)
    if lies is not None:
        places = lies.there(places)
    elif source.shape != wanted.shape:
        places = places.movedim(1, -1)
    if places.shape != source.shape:
        return None
    for step in reversed(chain):
        if keeps_numbers(step):
            moved = rerun(tape, [step], step.outputs[0], {step.seen()[0]: places})
            if moved is None:
                return None
            places = moved
    return read(places[0]).astype(np.int64) if places.dim() == 2 else None


def _image_before(reference: Reference, number: int) -> Any:
    makers = reference.tape.makers()
    count = reference.tape.values[number].numel()
    while reference.tape.values[number].dim() < 3:
        if number not in makers or not makers[number].seen():
            return None
        number = makers[number].seen()[0]
        if reference.tape.values[number].numel() != count:
            return None
    return reference.tape.values[number]


def _decided(
    reference: Reference,
    module: Any,
    tape: Tape,
    named_pairs: Mapping[str, str],
    run: Callable[[], Tape],
    carrying: Carrying,
) -> tuple[Carrying, list[str]]:
    """Of places that fit alike, those with which most of Keras's numbers come out; what that cannot tell is named."""

    def right() -> tuple[int, int]:
        board = Board(reference, run())
        return -len(board.wrong_outputs), len(board.matches)

    best, tries, forced = right(), 0, dict[int, int]()
    if not best[0]:
        return carrying, []
    unsettled: list[str] = []
    for ours, candidates in carrying.pairs.ties.items():
        settled = False
        for other in candidates:
            if other == carrying.pairs.chosen[ours] or tries >= _TRIES:
                continue
            tries += 1
            pairs = pair_weighted(reference, tape, named_pairs, {**forced, ours: other})
            attempt = assigned(reference, module, tape, pairs, run)
            count = right()
            settled = settled or count != best
            if count > best:
                best, carrying, forced = count, attempt, {**forced, ours: other}
        _write(module, carrying)
        if not settled:
            names = ", ".join(carrying.pairs.theirs[place].layer or "the module" for place in candidates)
            unsettled.append(f"{carrying.pairs.ours[ours].layer}: {names}")
    return carrying, unsettled if best[0] else []
