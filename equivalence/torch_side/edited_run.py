"""A stretch of a recorded run, run again with some of it as Keras has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from equivalence.torch_side.arranged import possible
from equivalence.torch_side.fixed_random import fixed_random
from equivalence.torch_side.loading import default_dtype
from equivalence.torch_side.operation_arguments import called_with, named
from equivalence.torch_side.run_tape import Operation, Tape, mapped_seen
from equivalence.torch_side.stretch import Edit, Stretch, numbers_in


def run_edited(stretch: Stretch, edits: Iterable[Edit], wanted: int) -> Tensor | None:
    """What the steps give with the edits made, where Keras has the tensor `wanted`; None where they do not run."""
    run = _Run(stretch, frozenset(edits))
    try:
        with torch.no_grad(), default_dtype(torch.float64), fixed_random(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            run.to_the_end()
            return run.our(wanted)
    except Exception:  # what is put together of two programs need not run
        return None


def rerun(tape: Tape, steps: Iterable[Operation], end: int, instead: Mapping[int, Tensor]) -> Tensor | None:
    """What recorded operations give at `end` with other tensors in place of some; None where they do not run."""
    now = dict(instead)
    try:
        with torch.no_grad(), default_dtype(torch.float64), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            for step in steps:
                results = called(step, step.args, step.kwargs, lambda number: now.get(number, tape.values[number]))
                now.update(zip(step.outputs, results, strict=False))
            return now.get(end)
    except Exception:
        return None


class _Run:
    """One run of a stretch with some edits."""

    def __init__(self, stretch: Stretch, edits: frozenset[Edit]) -> None:
        self.stretch = stretch
        self.edits = edits
        self.whole = {(edit.kind, edit.step) for edit in edits}
        self.theirs: dict[int, Tensor] = {}  # what tensors of the torch module are now
        self.ours: dict[int, Tensor] = {}  # what inserted steps gave

    def to_the_end(self) -> None:
        for at, (one, other) in enumerate(self.stretch.steps):
            if other is None:
                if one is not None and ("missing", at) in self.whole:
                    results = called(one, one.args, one.kwargs, self.our)
                    self.ours.update(zip(one.outputs, results, strict=False))
            elif one is None and ("extra", at) in self.whole:
                data = self.stretch.data_input(other)
                assert data is not None
                self.theirs[other.outputs[0]] = self._their(data)
            else:
                self._step(at, one, other)

    def _step(self, at: int, one: Operation | None, other: Operation) -> None:
        if one is not None and ("operation", at) in self.whole:
            results = called(one, one.args, one.kwargs, self.our)
            for number, mine, tensor in zip(other.outputs, one.outputs, results, strict=False):
                self.theirs[number] = self._to_theirs(tensor, mine, self.stretch.theirs.values[number])
            return
        changes: dict[str, Any] = {}
        if one is not None:
            ours, theirs = self.stretch.arguments(at), named(other)
            for edit in self.edits:
                if edit.step == at and edit.kind in ("argument", "input"):
                    changes[edit.name] = self._changed(one, edit.name, ours[edit.name], theirs.get(edit.name))
            for name, value in ours.items():
                if name in theirs and name not in changes and any(map(self._from_inserted, numbers_in(value))):
                    changes[name] = self._changed(one, name, value, theirs[name])
        args, kwargs = called_with(other, changes)
        results = called(other, args, kwargs, self._their)
        self.theirs.update(zip(other.outputs, results, strict=False))

    def _from_inserted(self, number: int) -> bool:
        """Whether a tensor of Keras's is there only because a step was inserted."""
        if number in self.ours:
            return True
        maker = self.stretch.makers.get(number)
        if maker is None or number in self.stretch.paired or number in self.stretch.matches:
            return False
        return number in self.stretch.step_of and any(map(self._from_inserted, maker.seen()))

    def _changed(self, one: Operation, name: str, ours: Any, theirs: Any) -> Any:
        """An argument as Keras has it, in the order in which the torch module's tensors lie."""
        numbers = numbers_in(ours)
        if numbers:
            like = dict(zip(numbers, [*numbers_in(theirs), *[None] * len(numbers)], strict=False))
            return mapped_seen(lambda seen: self._as_theirs(seen.number, like[seen.number]), ours)
        return self.stretch.counted_there(one, name, ours)

    def _as_theirs(self, ours: int, like: int | None) -> Any:
        tensor = self.our(ours)
        if like is None:
            return tensor
        shape = self.stretch.theirs.values[like]
        if ours in self.stretch.ours.held:
            return tensor.reshape(shape.shape).to(shape.dtype) if tensor.numel() == shape.numel() else tensor
        return self._to_theirs(tensor, ours, shape)

    def our(self, number: int) -> Tensor:
        """A tensor of Keras's as it is now: inserted, computed by the paired step, or as it was."""
        if number in self.ours:
            return self.ours[number]
        paired = self.stretch.paired.get(number)
        if paired is not None and paired in self.theirs:
            return self._to_ours(self.theirs[paired], number)
        maker = self.stretch.makers.get(number)
        if maker is not None and number in self.stretch.step_of and number not in self.stretch.matches:
            if self.stretch.moves_only(maker):
                results = called(maker, maker.args, maker.kwargs, self.our)
                return dict(zip(maker.outputs, results, strict=False))[number]
            data = self.stretch.data_input(maker)
            if data is not None:  # its step is missing: what would have gone into it goes on
                return self.our(data)
        return self.stretch.ours.values[number]

    def _their(self, number: int) -> Tensor:
        return self.theirs.get(number, self.stretch.theirs.values[number])

    def _to_ours(self, tensor: Tensor, number: int) -> Tensor:
        lies, wanted = self.stretch.lies(number), self.stretch.ours.values[number]
        if tensor.shape == wanted.shape and (lies is None or lies.plain):
            return tensor
        if lies is not None and len(lies.axes) == tensor.dim():
            inverse = sorted(range(tensor.dim()), key=lies.axes.__getitem__)
            if tensor.permute(inverse).shape == wanted.shape or tensor.shape != wanted.shape:
                return tensor.permute(inverse)
        if tensor.shape == wanted.shape:
            return tensor
        for guess in possible(tuple(wanted.shape), tuple(tensor.shape)):
            return guess.back(tensor, tuple(wanted.shape))
        return tensor

    def _to_theirs(self, tensor: Tensor, number: int, like: Tensor) -> Tensor:
        made = self.stretch.as_theirs(tensor, number, like)
        return tensor if made is None else made


def called(step: Operation, args: Any, kwargs: Any, tensor_of: Callable[[int], Tensor]) -> list[Tensor]:
    """What an operation gives: results, or the tensor that it changed, as many as it has outputs."""
    given = mapped_seen(lambda seen: tensor_of(seen.number).clone(), (args, kwargs))
    result = step.function(*given[0], **given[1])
    if result is None:
        return [given[0][0]]
    if isinstance(result, Tensor):
        return [given[0][0], result] if len(step.outputs) == 2 else [result]
    return _flat(result)


def _flat(tree: Any) -> list[Tensor]:
    if isinstance(tree, Tensor):
        return [tree]
    return [leaf for part in tree for leaf in _flat(part)] if isinstance(tree, (list, tuple)) else []
