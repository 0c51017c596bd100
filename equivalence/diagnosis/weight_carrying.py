"""The weights of a Keras model carried to a torch module that somebody else wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from equivalence.diagnosis.findings import Carried
from equivalence.diagnosis.folded_bias import folded_mean
from equivalence.diagnosis.matching import Board
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.weighted_pairs import Pairs, Weighted, pair_weighted
from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Tape, in_float64, record, seen_in
from equivalence.torch_side.torch_arrays import dtype, read, tensors, write
from equivalence.torch_side.unpacked import unpacked

#: What torch's parameter holds where Keras has none of it.
_NEUTRAL = {"weight": 1.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0}
#: Ties are tried the other way round no more often than this.
_TRIES = 12


class Carrying:
    """Arrays on their way: what torch's tensors become, by name."""

    def __init__(self, reference: Reference, tape: Tape, pairs: Pairs) -> None:
        self.reference, self.tape, self.pairs = reference, tape, pairs
        self.keras_names = _keras_names(reference)
        self.made: dict[str, np.ndarray] = {}
        self.sources: dict[str, list[str]] = {}
        self.left: dict[str, str] = {}  # Keras's arrays that nothing takes, and why
        self.order: dict[int, np.ndarray] = {}  # places whose inputs count in another order, by index

    def all(self) -> Carrying:
        for ours, theirs in self.pairs.chosen.items():
            self._place(ours, self.pairs.ours[ours], self.pairs.theirs[theirs])
        paired = set(self.pairs.chosen)
        for index, place in enumerate(self.pairs.ours):
            if index not in paired:
                for number in place.step.seen():
                    if number in self.reference.tape.held:
                        self._leave(self.reference.tape.held[number], "no part of the torch module does the same")
        return self

    def _place(self, index: int, ours: Weighted, theirs: Weighted) -> None:
        mine, own = named(ours.step), named(theirs.step)
        tape = self.reference.tape
        for name in dict.fromkeys([*mine, *own]):
            wanted = [leaf.number for leaf in seen_in(mine.get(name)) if leaf.number in tape.held]
            found = [leaf.number for leaf in seen_in(own.get(name)) if leaf.number in self.tape.held]
            for a, b in zip(wanted, found, strict=False):
                self._array(index, tape.held[a], read(tape.values[a]), self.tape.held[b], theirs)
            for a in wanted[len(found) :]:
                self._without_counterpart(name, ours, theirs, tape.held[a], read(tape.values[a]))
            for b in found[len(wanted) :]:
                target = self.tape.held[b]
                if name in _NEUTRAL or name == "params":
                    shape = tuple(self.tape.values[b].shape)
                    self._put(target, np.full(shape, _NEUTRAL.get(name, 0.0)), ["a constant"])

    def _array(self, index: int, source: str, array: np.ndarray, target: str, theirs: Weighted) -> None:
        shape = tuple(self._target(target).shape)
        if index in self.order and array.ndim == 2:
            array = array[:, self.order[index]]
        if theirs.step.name in ("matmul", "__matmul__", "mm", "bmm") and array.ndim == 2:
            array = array.T
        if array.size != int(np.prod(shape)):
            self._leave(source, f"{target} has shape {shape}, and Keras's is {array.shape} there")
            return
        self._put(target, array.reshape(shape), [self.keras_names.get(source, source)])

    def _without_counterpart(self, name: str, ours: Weighted, theirs: Weighted, source: str, array: np.ndarray) -> None:
        if name in _NEUTRAL and np.all(array == _NEUTRAL[name]):
            return
        if name == "bias" and (folded := folded_mean(self.reference, self.tape, self.pairs, ours, array)):
            target, moved = folded
            self._put(target, moved, [self.keras_names.get(source, source)], again=True)
            return
        self._leave(source, f"{theirs.layer or 'the module'} has no {name}")

    def _put(self, target: str, array: np.ndarray, sources: list[str], again: bool = False) -> None:
        if target in self.made and again:
            return
        self.made[target] = array
        self.sources[target] = sources

    def _leave(self, source: str, because: str) -> None:
        self.left.setdefault(self.keras_names.get(source, source), because)

    def _target(self, name: str) -> Any:
        return next(self.tape.values[number] for number, held in self.tape.held.items() if held == name)


def carry(reference: Reference, module: Any, inputs: Sequence[np.ndarray], named_pairs: Mapping[str, str]) -> Carried:
    """Writes the weights into `module`, and says where each went.

    Where several places fit, values decide: of the ways to assign them, the one with which more of Keras's numbers
    come out.
    """
    given = in_float64(inputs)
    tape = unpacked(record(module, given, places=False))
    pairs = pair_weighted(reference, tape, named_pairs)
    carrying = _assigned(reference, module, tape, pairs, given)
    ambiguous: list[str] = []
    if pairs.ties:
        carrying, ambiguous = _decided(reference, module, tape, named_pairs, given, carrying)
    held = tensors(module)
    left = [f"{name}: {because}" for name, because in carrying.left.items()]
    written = {name.partition("#")[0] for name in carrying.made}
    left += [f"torch's {name}" for name in held if name not in written]
    carried = [f"{' + '.join(sources)} -> {name}" for name, sources in carrying.sources.items()]
    return Carried(tuple(carried), tuple(left), tuple(ambiguous))


def _assigned(reference: Reference, module: Any, tape: Tape, pairs: Pairs, given: Sequence[Any]) -> Carrying:
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

    def right() -> int:
        return len(Board(reference, unpacked(record(module, list(given), places=False))).matches)

    best, tries, forced = right(), 0, dict[int, int]()
    unsettled: list[str] = []
    for ours, candidates in carrying.pairs.ties.items():
        settled = False
        for other in candidates:
            if other == carrying.pairs.chosen[ours] or tries >= _TRIES:
                continue
            tries += 1
            pairs = pair_weighted(reference, tape, named_pairs, {**forced, ours: other})
            attempt = _assigned(reference, module, tape, pairs, given)
            count = right()
            settled = settled or count != best
            if count > best:
                best, carrying, forced = count, attempt, {**forced, ours: other}
        _write(module, carrying)
        if not settled:
            names = ", ".join(carrying.pairs.theirs[place].layer or "the module" for place in candidates)
            unsettled.append(f"{carrying.pairs.ours[ours].layer}: {names}")
    return carrying, unsettled


def _keras_names(reference: Reference) -> dict[str, str]:
    """Keras's name of each parameter of the port: "conv/kernel"."""
    return {
        placed.parameter: f"{placed.layer}/{placed.rule.keras}" if placed.rule.keras else "a constant"
        for placed in reference.ported.draft.placements
    }
