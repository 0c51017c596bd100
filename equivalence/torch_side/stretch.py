"""A stretch of two recorded runs beside each other: what corresponds, how it lies, in what the one is not the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from equivalence.torch_side.arranged import Arrangement, arrangement, possible
from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Operation, Tape, seen_in

#: Arguments that name axes: they are counted in the order in which each side's tensors lie.
AXES = frozenset({"dim", "dim0", "dim1", "dims", "axis"})
#: Operations that take their two tensors in either order.
_COMMUTATIVE = frozenset({"add", "mul", "maximum", "minimum", "__add__", "__mul__"})


class Edit(NamedTuple):
    """One thing to be as Keras has it."""

    kind: str  # "argument", "input" (another tensor), "operation" (another function), "missing", "extra", "output"
    step: int  # of the stretch
    name: str = ""  # of the argument


Pair = tuple[Operation | None, Operation | None]


class Stretch:
    """Steps of both runs between tensors that agree.

    `steps`: pairs of an operation of Keras's and one of the torch module's, either None where it has no counterpart.
    `matches`: for tensors of Keras's tape, those of the other that hold its numbers, with how they lie there.
    `moves_only`: whether an operation changes no numbers.
    """

    def __init__(
        self,
        ours: Tape,
        theirs: Tape,
        steps: Sequence[Pair],
        matches: Mapping[int, Sequence[tuple[int, Arrangement | None]]],
        moves_only: Callable[[Operation], bool],
    ) -> None:
        self.ours, self.theirs = ours, theirs
        self.steps = list(steps)
        self.matches = matches
        self.moves_only = moves_only
        self.makers, self.their_makers = ours.makers(), theirs.makers()
        self.paired: dict[int, int] = {}  # Keras's tensors, each with that of the step that is its own's counterpart
        self.step_of: dict[int, int] = {}
        self.their_step: dict[int, int] = {}
        for at, (one, other) in enumerate(self.steps):
            self.step_of.update((number, at) for number in (one.outputs if one else ()))
            self.their_step.update((number, at) for number in (other.outputs if other else ()))
            if one is not None and other is not None:
                self.paired.update(zip(one.outputs, other.outputs, strict=False))
        self.seen_so = self._seen_orders()
        self._named: dict[int, dict[str, Any]] = {}

    # -- correspondence ------------------------------------------------------------------------

    def arguments(self, at: int) -> dict[str, Any]:
        """Keras's arguments of a paired step by name; of a sum, in the order in which the module adds."""
        if at not in self._named:
            one, other = self.steps[at]
            assert one is not None and other is not None
            ours, theirs = named(one), named(other)
            if one.name in _COMMUTATIVE and {"self", "other"} <= set(ours) & set(theirs):
                turned = {**ours, "self": ours["other"], "other": ours["self"]}
                if list(seen_in(ours["other"])) and len(self._wrong(turned, theirs)) < len(self._wrong(ours, theirs)):
                    ours = turned
            self._named[at] = ours
        return self._named[at]

    def edits(self) -> list[Edit]:
        """Everything in which the torch module's steps are not Keras's."""
        found = []
        for at, (one, other) in enumerate(self.steps):
            if one is None and other is not None:
                if not self.moves_only(other) and self.data_input(other) is not None:
                    found.append(Edit("extra", at))
            elif other is None and one is not None:
                if not self.moves_only(one):
                    found.append(Edit("missing", at))
            elif one is not None and other is not None:
                found += self._differences(at, one, other)
        return found

    def _differences(self, at: int, one: Operation, other: Operation) -> list[Edit]:
        ours, theirs = self.arguments(at), named(other)
        wrong = self._wrong(ours, theirs)
        if one.name.strip("_") != other.name.strip("_") or set(ours) != set(theirs):
            return [*(Edit("input", at, name) for name in wrong if set(ours) == set(theirs)), Edit("operation", at)]
        apart = [
            name
            for name, value in ours.items()
            if name not in wrong
            and not self._same(
                self._counted(name, one, self.counted_there(one, name, value)), self._counted(name, other, theirs[name])
            )
        ]
        return [*(Edit("input", at, name) for name in wrong), *(Edit("argument", at, name) for name in apart)]

    def _counted(self, name: str, step: Operation, value: Any) -> Any:
        """An axis counted from the front."""
        data = self.data_input(step) if name in AXES and isinstance(value, (int, list, tuple)) else None
        if data is None or isinstance(value, bool):
            return value
        tape = self.ours if self.makers.get(step.outputs[0]) is step else self.theirs
        rank = max(tape.values[data].dim(), 1)
        return value % rank if isinstance(value, int) else tuple(axis % rank for axis in value)

    def _wrong(self, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
        """Arguments that are computed from the model's inputs, and are not what Keras has there."""
        found = []
        for name, value in ours.items():
            leaves, others = numbers_in(value), numbers_in(theirs.get(name))
            computed = [leaf for leaf in leaves if leaf not in self.ours.held]
            if (not leaves and others and any(other not in self.theirs.held for other in others)) or (
                computed
                and (
                    len(leaves) != len(others)
                    or any(not self.corresponds(leaf, other) for leaf, other in zip(leaves, others, strict=True))
                )
            ):
                found.append(name)
        return found

    def corresponds(self, ours: int, theirs: int) -> bool:
        """Whether a tensor of the torch module is where Keras's is: it has its numbers in an order that axes have, or
        its paired step gives it."""
        wanted = {number for number, arranged in self.matches.get(ours, ()) if arranged is not None}
        if not self.matches.get(ours) and ours in self.paired:
            wanted = {self.paired[ours]}
        if not wanted and ours not in self.step_of and ours not in self.matches:
            return ours in self.ours.held or self._constant(ours, theirs)
        pending, seen = [theirs], set[int]()
        while pending:
            number = pending.pop()
            if number in wanted:
                return not self._scrambled(ours, theirs, number)
            if number in seen:
                continue
            seen.add(number)
            at, maker = self.their_step.get(number), self.their_makers.get(number)
            # moved about, or an extra step that an edit leaves out
            if maker is not None and (self.steps[at][0] is None if at is not None else self.moves_only(maker)):
                data = self.data_input(maker)
                pending += [] if data is None else [data]
        own = self.makers.get(ours)
        if own is not None and ours not in self.paired and ours not in self.matches:
            at = self.step_of.get(ours)
            if self.moves_only(own) or (at is not None and self.steps[at][1] is None):
                return any(self.corresponds(given, theirs) for given in own.seen() if given not in self.ours.held)
        return False

    def _scrambled(self, ours: int, theirs: int, source: int) -> bool:
        """Whether numbers that agree were only moved about since, and lie in no order that axes have."""
        at = theirs
        while at != source:
            maker = self.their_makers.get(at)
            data = self.data_input(maker) if maker is not None and self.moves_only(maker) else None
            if data is None:
                return False  # something else is done to them
            at = data
        if theirs == source or ours not in self.matches:
            return False
        return arrangement(self.theirs.values[theirs], self.ours.values[ours]) is None

    def _constant(self, ours: int, theirs: int) -> bool:
        one, other = self.ours.values[ours], self.theirs.values[theirs]
        return one.shape == other.shape and bool((one == other).all())

    def data_input(self, step: Operation) -> int | None:
        """The tensor that a step changes into its output."""
        tape = self.ours if self.makers.get(step.outputs[0]) is step else self.theirs
        return next((number for number in step.seen() if number not in tape.held), None)

    def _same(self, ours: Any, theirs: Any) -> bool:
        """Whether an argument says the same on both sides; weights in it by their numbers."""
        mine, others = numbers_in(ours), numbers_in(theirs)
        if not mine and not others:
            return plain_value(ours) == plain_value(theirs)
        if len(mine) != len(others):
            return False
        weights = [
            (self.ours.values[a], self.theirs.values[b])
            for a, b in zip(mine, others, strict=True)
            if a in self.ours.held or b in self.theirs.held
        ]
        plain = ((a.squeeze(), b.squeeze()) for a, b in weights)  # weight[:, None, None] is the weight
        return all(a.shape == b.shape and torch.equal(a.to(b.dtype), b) for a, b in plain)

    # -- order of axes -------------------------------------------------------------------------

    def _seen_orders(self) -> dict[int, Arrangement]:
        """How tensors of each rank lie in the torch module, as far as those that agree tell."""
        found: dict[int, Arrangement] = {}
        for one, _ in self.steps:
            for number in one.seen() if one is not None else ():
                for match, arranged in self.matches.get(number, ()):
                    if arranged is not None and len(arranged.axes) == self.theirs.values[match].dim():
                        found.setdefault(len(arranged.axes), arranged)
        return found

    def lies(self, ours: int) -> Arrangement | None:
        """How a tensor of Keras's lies in the torch module: as its numbers do there, else as others of its rank do."""
        rank = self.ours.values[ours].dim()
        for number, arranged in self.matches.get(ours, ()):
            if arranged is not None and self.theirs.values[number].dim() == rank:
                return arranged
        return self.seen_so.get(rank)

    def counted_there(self, one: Operation, name: str, value: Any) -> Any:
        """An argument of a step of Keras's; axes that it names as they are counted in the torch module."""
        data = self.data_input(one)
        lies = self.lies(data) if data is not None else None
        if lies is None or not self.lies_elsewhere(one, name) or not isinstance(value, (int, list, tuple)):
            return value
        rank = len(lies.axes)
        moved = [lies.axes.index(axis % rank) for axis in ([value] if isinstance(value, int) else value)]
        return moved[0] if isinstance(value, int) else type(value)(moved)

    def lies_elsewhere(self, one: Operation, name: str) -> bool:
        """Whether an argument of a step of Keras's names axes, and those lie in another order in the torch module."""
        data = self.data_input(one)
        lies = self.lies(data) if data is not None else None
        return name in AXES and lies is not None and not lies.plain

    def as_theirs(self, tensor: Tensor, ours: int, like: Tensor) -> Tensor | None:
        """A tensor of Keras's as it lies in the torch module where `like` does; None where it has no place there."""
        lies = self.lies(ours)
        moved = tensor.permute(lies.axes) if lies is not None and len(lies.axes) == tensor.dim() else None
        if moved is not None and moved.shape == like.shape:
            return moved
        if tensor.shape == like.shape:
            return tensor
        guesses = [guess.there(tensor, tuple(like.shape)) for guess in possible(tuple(tensor.shape), tuple(like.shape))]
        if guesses:
            return min(guesses, key=lambda guess: float((guess.double() - like.double()).abs().mean()))
        if tensor.dim() != like.dim():
            return None
        return tensor if moved is None else moved

    def in_their_order(self, wanted: int, end: int) -> Tensor | None:
        """A tensor of Keras's as the torch module has it at `end`; None where it has no place there."""
        return self.as_theirs(self.ours.values[wanted], wanted, self.theirs.values[end])


def numbers_in(tree: Any) -> list[int]:
    return [seen.number for seen in seen_in(tree)]


def plain_value(value: Any) -> Any:
    """An argument without what makes no difference: (2, 2) is 2."""
    if isinstance(value, (list, tuple)):
        parts = tuple(map(plain_value, value))
        return parts[0] if parts and all(part == parts[0] for part in parts) else parts
    return value
