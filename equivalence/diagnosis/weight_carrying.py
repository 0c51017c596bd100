"""The weights of a Keras model carried to a torch module that somebody else wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from equivalence.diagnosis.carrying import Carrying
from equivalence.diagnosis.findings import Carried
from equivalence.diagnosis.matching import Board
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.weighted_pairs import Pairs, pair_weighted
from equivalence.torch_side.run_tape import Tape, in_float64, record
from equivalence.torch_side.torch_arrays import dtype, read, tensors, write
from equivalence.torch_side.unpacked import unpacked

#: Ties are tried the other way round no more often than this.
_TRIES = 12


def carry(reference: Reference, module: Any, inputs: Sequence[np.ndarray], named_pairs: Mapping[str, str]) -> Carried:
    """Writes the weights into `module`, and says where each went."""
    given = in_float64(inputs)
    tape = unpacked(record(module, given, places=False))
    return carried(module, *paired(reference, module, tape, named_pairs, given))


def paired(
    reference: Reference, module: Any, tape: Tape, named_pairs: Mapping[str, str], given: Sequence[Any]
) -> tuple[Carrying, list[str]]:
    """Writes the weights into `module`; also what remains ambiguous.

    Where several places fit, values decide: of the ways to assign them, the one with which more of Keras's numbers
    come out.
    """
    pairs = pair_weighted(reference, tape, named_pairs)
    carrying = assigned(reference, module, tape, pairs, given)
    return _decided(reference, module, tape, named_pairs, given, carrying) if pairs.ties else (carrying, [])


def carried(module: Any, carrying: Carrying, ambiguous: Sequence[str]) -> Carried:
    """Where everything went."""
    written = {name.partition("#")[0] for name in carrying.made}
    left = [f"{name}: {because}" for name, because in carrying.left.items()]
    left += [f"torch's {name}" for name in tensors(module) if name not in written]
    told = [f"{' + '.join(sources)} -> {name}" for name, sources in carrying.sources.items()]
    return Carried(tuple(told), tuple(left), tuple(ambiguous))


def assigned(reference: Reference, module: Any, tape: Tape, pairs: Pairs, given: Sequence[Any]) -> Carrying:
    carrying = Carrying(reference, tape, pairs)
    carrying.all()
    _write(module, carrying)
    again = unpacked(record(module, list(given), places=False))
    carrying.order = _observed_orders(reference, again, pairs)
    if carrying.order:
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


def _observed_orders(reference: Reference, tape: Tape, pairs: Pairs) -> dict[int, np.ndarray]:
    """For places behind a flattened image: which of Keras's numbers each of the module's is, where it counts otherwise.

    Read off a run: the flattened numbers are looked for in the image that they come of.
    """
    makers, found = tape.makers(), {}
    steps = {(step.index, step.offset): step for step in tape.operations}
    for ours, theirs in pairs.chosen.items():
        step = pairs.theirs[theirs].step
        mine = pairs.ours[ours].step
        if step.name != "linear" or (now := steps.get((step.index, step.offset))) is None:
            continue
        number = now.seen()[0]
        flat, image = tape.values[number], number
        while image in makers and tape.values[image].dim() < 3 and makers[image].seen():
            if tape.values[image].numel() != flat.numel():
                break
            image = makers[image].seen()[0]
        source = tape.values[image]
        if source.dim() < 3 or source.numel() != flat.numel() or flat.dim() != 2:
            continue
        wanted = _image_before(reference, mine.seen()[0])
        if wanted is None or tuple(wanted.shape[1:]) != tuple(source.shape[1:]):
            if wanted is None or sorted(wanted.shape) != sorted(source.shape):
                continue
            source = source.movedim(-1, 1)
        order = _order(flat[0], source[0].flatten())
        if order is not None and not np.array_equal(order, np.arange(len(order))):
            found[ours] = order
    return found


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


def _order(flat: Any, counted: Any) -> np.ndarray | None:
    """Which of `counted` each number of `flat` is; None where numbers repeat."""
    one, other = read(flat), read(counted)
    if len(np.unique(other)) != len(other):
        return None
    where = np.argsort(other)
    position = np.searchsorted(other[where], one)
    if (position >= len(other)).any() or not np.array_equal(other[where][position], one):
        return None
    return where[position]


def _decided(
    reference: Reference,
    module: Any,
    tape: Tape,
    named_pairs: Mapping[str, str],
    given: Sequence[Any],
    carrying: Carrying,
) -> tuple[Carrying, list[str]]:
    """Of places that fit alike, those with which most of Keras's numbers come out; what that cannot tell is named."""

    def right() -> tuple[int, int]:
        board = Board(reference, unpacked(record(module, list(given), places=False)))
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
            attempt = assigned(reference, module, tape, pairs, given)
            count = right()
            settled = settled or count != best
            if count > best:
                best, carrying, forced = count, attempt, {**forced, ours: other}
        _write(module, carrying)
        if not settled:
            names = ", ".join(carrying.pairs.theirs[place].layer or "the module" for place in candidates)
            unsettled.append(f"{carrying.pairs.ours[ours].layer}: {names}")
    return carrying, unsettled if best[0] else []
