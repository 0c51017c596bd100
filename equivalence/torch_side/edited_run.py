"""A stretch of a recorded run, run again with some of it as Keras has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from equivalence.torch_side.arranged import Arrangement, arrangement, plain, possible
from equivalence.torch_side.fixed_random import fixed_random
from equivalence.torch_side.loading import default_dtype
from equivalence.torch_side.operation_arguments import called_with, named
from equivalence.torch_side.run_tape import Operation, Seen, Tape, mapped_seen

#: Arguments that name axes: they are counted in the order in which each side's tensors lie.
_AXES = frozenset({"dim", "dim0", "dim1", "dims", "axis"})


class Edit(NamedTuple):
    """One thing to be as Keras has it."""

    kind: str  # "argument", "operation" (another function), "missing", "extra", "input" (another tensor)
    step: int  # of the stretch
    name: str = ""  # of the argument


class Stretch:
    """Steps of both runs between tensors that agree, of which any edits can be made.

    `steps`: pairs of an operation of Keras's and one of the torch module's, either None where it has no counterpart.
    `matches`: for tensors of Keras's tape, those of the other that hold its numbers, with how they lie there.
    """

    def __init__(
        self,
        ours: Tape,
        theirs: Tape,
        steps: Sequence[tuple[Operation | None, Operation | None]],
        matches: Mapping[int, Sequence[tuple[int, Arrangement | None]]],
        moves_only: Callable[[Operation], bool],
    ) -> None:
        self.ours, self.theirs = ours, theirs
        self.steps = list(steps)
        self.matches = matches
        self.moves_only = moves_only
        self.makers = {number: step for step in ours.operations for number in step.outputs}
        self.paired = {
            number: theirs_too
            for one, other in self.steps
            if one is not None and other is not None
            for number, theirs_too in zip(one.outputs, other.outputs, strict=False)
        }
        self.step_of = {
            number: at for at, (one, _) in enumerate(self.steps) if one is not None for number in one.outputs
        }
        self.their_step = {
            n: at for at, (_, other) in enumerate(self.steps) if other is not None for n in other.outputs
        }
        self.seen_so = self._seen_orders()

    def _seen_orders(self) -> dict[int, Arrangement]:
        """How tensors of each rank lie in the torch module, as far as those that agree tell."""
        found: dict[int, Arrangement] = {}
        for one, other in self.steps:
            for number in one.seen() if one is not None else ():
                for match, arranged in self.matches.get(number, ()):
                    if arranged is not None and len(arranged.axes) == self.theirs.values[match].dim():
                        found.setdefault(len(arranged.axes), arranged)
        return found

    def edits(self) -> list[Edit]:
        """Everything in which the torch module's steps are not Keras's."""
        found = []
        for at, (one, other) in enumerate(self.steps):
            if one is None and other is not None:
                if not self.moves_only(other) and self._data_input(other) is not None:
                    found.append(Edit("extra", at))
            elif other is None and one is not None:
                if not self.moves_only(one):
                    found.append(Edit("missing", at))
            elif one is not None and other is not None:
                found += self._differences(at, one, other)
        return found

    def _differences(self, at: int, one: Operation, other: Operation) -> list[Edit]:
        ours, theirs = named(one), named(other)
        if set(ours) != set(theirs) or one.name.rstrip("_") != other.name.rstrip("_"):
            inputs = (
                [Edit("input", at, name) for name in self._wrong_inputs(at, ours, theirs)]
                if set(ours) == set(theirs)
                else []
            )
            return [*inputs, Edit("operation", at)]
        wrong = set(self._wrong_inputs(at, ours, theirs))
        found = [Edit("input", at, name) for name in sorted(wrong)]
        for name, value in ours.items():
            if name not in wrong and not self._same(one, name, value, theirs[name]):
                found.append(Edit("argument", at, name))
        return found

    def _wrong_inputs(self, at: int, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
        """Arguments that are computed from the model's inputs, and are not what Keras has there."""
        found = []
        for name, value in ours.items():
            leaves, others = _numbers(value), _numbers(theirs.get(name))
            if not leaves or all(leaf in self.ours.held for leaf in leaves):
                continue
            if len(leaves) != len(others) or any(
                not self._corresponds(leaf, other) for leaf, other in zip(leaves, others, strict=True)
            ):
                found.append(name)
        return found

    def _corresponds(self, ours: int, theirs: int) -> bool:
        """Whether a tensor of the torch module is where Keras's is: it has its numbers, or its paired step gives it."""
        wanted = {number for number, _ in self.matches.get(ours, ())}
        if not wanted and ours in self.paired:
            wanted = {self.paired[ours]}
        if not wanted and ours not in self.step_of:
            return ours in self.ours.held or self._constant(ours, theirs)
        pending, seen = [theirs], set[int]()
        while pending:
            number = pending.pop()
            if number in wanted:
                return True
            if number in seen:
                continue
            seen.add(number)
            at = self.their_step.get(number)
            if at is not None and self.steps[at][0] is None:  # moved about, or an extra step that an edit leaves out
                data = self._data_input(self.steps[at][1])
                pending += [] if data is None else [data]
            maker = None if at is not None else self._their_maker(number)
            if maker is not None and self.moves_only(maker) and (data := self._data_input(maker)) is not None:
                pending.append(data)
        own = self.makers.get(ours)
        if own is not None and ours not in self.paired and (self.moves_only(own) or self._is_missing(ours)):
            return any(self._corresponds(given, theirs) for given in own.seen() if given not in self.ours.held)
        return False

    def _is_missing(self, number: int) -> bool:
        at = self.step_of.get(number)
        return at is not None and self.steps[at][1] is None

    def _their_maker(self, number: int) -> Operation | None:
        if not hasattr(self, "_makers"):
            self._makers = self.theirs.makers()
        return self._makers.get(number)

    def _constant(self, ours: int, theirs: int) -> bool:
        one, other = self.ours.values[ours], self.theirs.values[theirs]
        return one.shape == other.shape and bool((one == other).all())

    def _data_input(self, step: Operation | None) -> int | None:
        """The tensor that a step changes into its output."""
        if step is None:
            return None
        tape = self.ours if self.makers.get(step.outputs[0]) is step else self.theirs
        return next((number for number in step.seen() if number not in tape.held), None)

    def _same(self, one: Operation, name: str, ours: Any, theirs: Any) -> bool:
        """Whether an argument says the same on both sides; tensors in it by their numbers."""
        ours_seen, theirs_seen = _numbers(ours), _numbers(theirs)
        if ours_seen or theirs_seen:
            if len(ours_seen) != len(theirs_seen):
                return False
            weights = [
                (self.ours.values[a], self.theirs.values[b])
                for a, b in zip(ours_seen, theirs_seen, strict=True)
                if a in self.ours.held or b in self.theirs.held
            ]
            return all(a.shape == b.shape and torch.equal(a.to(b.dtype), b) for a, b in weights)
        return _plain_value(ours) == _plain_value(theirs)

    def in_their_order(self, wanted: int, end: int) -> Tensor | None:
        """A tensor of Keras's as the torch module has it at `end`; None where it has no place there."""
        like, tensor = self.theirs.values[end], self.ours.values[wanted]
        lies = self.lies(wanted)
        if lies is not None and len(lies.axes) == tensor.dim() == like.dim():
            return tensor.permute(lies.axes)
        if tensor.shape == like.shape:
            return tensor
        guesses = [guess.there(tensor, tuple(like.shape)) for guess in possible(tuple(tensor.shape), tuple(like.shape))]
        if guesses:
            return min(guesses, key=lambda guess: float((guess - like).abs().mean()))
        return tensor if tensor.dim() == like.dim() else None

    def lies(self, ours: int) -> Arrangement | None:
        """How a tensor of Keras's lies in the torch module: as its numbers do there, else as others of its rank do."""
        rank = self.ours.values[ours].dim()
        for number, arranged in self.matches.get(ours, ()):
            if arranged is not None and self.theirs.values[number].dim() == rank:
                return arranged
        return self.seen_so.get(rank)

    # -- running -------------------------------------------------------------------------------

    def run(self, edits: Iterable[Edit], wanted: int, upto: int | None = None) -> Tensor | None:
        """What the steps give with the edits made, where Keras has the tensor `wanted`; None where they do not run."""
        run = _Run(self, frozenset(edits))
        try:
            with torch.no_grad(), default_dtype(torch.float64), fixed_random(), torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                return run.to_the_end(wanted)
        except Exception:  # what is put together of two programs need not run
            return None


class _Run:
    """One run of a stretch with some edits."""

    def __init__(self, stretch: Stretch, edits: frozenset[Edit]) -> None:
        self.stretch = stretch
        self.edits = edits
        self.whole = {(edit.kind, edit.step) for edit in edits}
        self.theirs: dict[int, Tensor] = {}  # what tensors of the torch module are now
        self.ours: dict[int, Tensor] = {}  # what inserted steps gave

    def to_the_end(self, wanted: int) -> Tensor | None:
        for at, (one, other) in enumerate(self.stretch.steps):
            if other is None:
                if one is not None and ("missing", at) in self.whole:
                    self._insert(one)
            elif one is None and ("extra", at) in self.whole:
                data = self.stretch._data_input(other)
                assert data is not None
                self.theirs[other.outputs[0]] = self._their(data)
            else:
                self._step(at, one, other)
        return self._at(wanted)

    def _at(self, wanted: int) -> Tensor:
        """What is now where Keras has a tensor."""
        return self.our(wanted)

    def _step(self, at: int, one: Operation | None, other: Operation) -> None:
        if one is not None and ("operation", at) in self.whole:
            results = self._called(one, one.args, one.kwargs, self.our)
            for number, mine, tensor in zip(other.outputs, one.outputs, results, strict=False):
                self.theirs[number] = self._to_theirs(tensor, self.stretch.theirs.values[number], mine)
            return
        changes: dict[str, Any] = {}
        if one is not None:
            ours, theirs = named(one), named(other)
            for edit in self.edits:
                if edit.step == at and edit.kind in ("argument", "input"):
                    changes[edit.name] = self._changed(one, other, edit.name, ours[edit.name], theirs.get(edit.name))
            for name, value in ours.items():
                inserted = [number for number in _numbers(value) if self._from_inserted(number)]
                if inserted and name in theirs and name not in changes:
                    changes[name] = self._changed(one, other, name, value, theirs[name])
        args, kwargs = called_with(other, changes)
        results = self._called(other, args, kwargs, self._their)
        self.theirs.update(zip(other.outputs, results, strict=False))

    def _from_inserted(self, number: int) -> bool:
        """Whether a tensor of Keras's is there only because a step was inserted."""
        if number in self.ours:
            return True
        maker = self.stretch.makers.get(number)
        if maker is None or number in self.stretch.paired or not self.stretch.moves_only(maker):
            return False
        return any(self._from_inserted(given) for given in maker.seen())

    def _changed(self, one: Operation, other: Operation, name: str, ours: Any, theirs: Any) -> Any:
        """An argument as Keras has it, in the order in which the torch module's tensors lie."""
        like = _numbers(theirs)
        numbers = _numbers(ours)
        if numbers:
            pairs = dict(zip(numbers, [*like, *[None] * len(numbers)], strict=False))
            return mapped_seen(lambda seen: self._as_theirs(seen.number, pairs[seen.number]), ours)
        if name in _AXES and isinstance(ours, (int, list, tuple)):
            return self._axes(one, other, ours)
        return ours

    def _as_theirs(self, ours: int, like: int | None) -> Any:
        tensor = self.our(ours)
        shape = None if like is None else self.stretch.theirs.values[like]
        if shape is None:
            return tensor
        if ours in self.stretch.ours.held:
            return tensor.reshape(shape.shape).to(shape.dtype) if tensor.numel() == shape.numel() else tensor
        return self._to_theirs(tensor, shape, ours)

    def _axes(self, one: Operation, other: Operation, axes: Any) -> Any:
        data = self.stretch._data_input(one)
        lies = self.stretch.lies(data) if data is not None else None
        if lies is None or lies.plain:
            return axes
        rank = len(lies.axes)
        moved = [lies.axes.index(axis % rank) for axis in ([axes] if isinstance(axes, int) else axes)]
        return moved[0] if isinstance(axes, int) else type(axes)(moved)

    def our(self, number: int) -> Tensor:
        """A tensor of Keras's as it is now: inserted, computed by the paired step, or as it was."""
        if number in self.ours:
            return self.ours[number]
        paired = self.stretch.paired.get(number)
        if paired is not None and paired in self.theirs:
            return self._to_ours(self.theirs[paired], number)
        maker = self.stretch.makers.get(number)
        at = self.stretch.step_of.get(number)
        if maker is not None and at is not None and number not in self.stretch.matches:
            if self.stretch.moves_only(maker):
                results = self._called(maker, maker.args, maker.kwargs, self.our)
                return dict(zip(maker.outputs, results, strict=False))[number]
            data = self.stretch._data_input(maker)
            if data is not None:  # its step is missing: what would have gone into it goes on
                return self.our(data)
        return self.stretch.ours.values[number]

    def _their(self, number: int) -> Tensor:
        return self.theirs.get(number, self.stretch.theirs.values[number])

    def _insert(self, step: Operation) -> None:
        results = self._called(step, step.args, step.kwargs, self.our)
        self.ours.update(zip(step.outputs, results, strict=False))

    def _to_ours(self, tensor: Tensor, number: int) -> Tensor:
        lies, wanted = self.stretch.lies(number), self.stretch.ours.values[number]
        if tensor.shape == wanted.shape and (lies is None or lies.plain):
            return tensor
        if lies is not None and len(lies.axes) == tensor.dim():
            inverse = sorted(range(tensor.dim()), key=lies.axes.__getitem__)
            return tensor.permute(inverse)
        for guess in possible(tuple(wanted.shape), tuple(tensor.shape)):
            return guess.back(tensor, tuple(wanted.shape))
        return tensor

    def _to_theirs(self, tensor: Tensor, like: Tensor, number: int) -> Tensor:
        lies = self.stretch.lies(number)
        if lies is not None and len(lies.axes) == tensor.dim() == like.dim():
            return tensor.permute(lies.axes)
        if tensor.shape == like.shape:
            return tensor
        for guess in possible(tuple(tensor.shape), tuple(like.shape)):
            return guess.there(tensor, tuple(like.shape))
        return tensor

    def _called(self, step: Operation, args: Any, kwargs: Any, tensor_of: Callable[[int], Tensor]) -> list[Tensor]:
        given = mapped_seen(lambda seen: tensor_of(seen.number).clone(), (args, kwargs))
        result = step.function(*given[0], **given[1])
        if result is None or (isinstance(result, Tensor) and len(step.outputs) == 2):
            return [given[0][0], result] if result is not None else [given[0][0]]
        return [result] if isinstance(result, Tensor) else [part for part in _flat(result)]


def _flat(tree: Any) -> list[Tensor]:
    if isinstance(tree, Tensor):
        return [tree]
    return [leaf for part in tree for leaf in _flat(part)] if isinstance(tree, (list, tuple)) else []


def _numbers(tree: Any) -> list[int]:
    found: list[int] = []
    mapped_seen(lambda seen: found.append(seen.number), tree)
    return found


def _plain_value(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        parts = tuple(map(_plain_value, value))
        return parts[0] if parts and all(part == parts[0] for part in parts) else parts
    return value


def fits(found: Tensor | None, wanted: Tensor) -> Arrangement | None:
    """How a result lies, where it has the wanted numbers."""
    return None if found is None else arrangement(found, wanted)


__all__ = ["Edit", "Stretch", "Seen", "fits", "plain"]
