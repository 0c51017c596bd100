"""Two runs of operations beside each other: which of one is which of the other, by what they do and in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from math import prod
from types import MappingProxyType
from typing import Any, NamedTuple

from equivalence.diagnosis.operation_kinds import EXCHANGEABLE, keeps_numbers, kind
from equivalence.torch_side.arranged import same_numbers
from equivalence.torch_side.run_tape import Operation, Tape

#: No pair is better than one below this.
_NEVER = float("-inf")
#: Where an operation of the torch module stands in each of its runs: its index and offset.
Place = tuple[int, int]


class Step(NamedTuple):
    """An operation of Keras's, of the torch module, or one of each that correspond."""

    ours: Operation | None
    theirs: Operation | None


def aligned(
    ours: Sequence[Operation],
    theirs: Sequence[Operation],
    score: Callable[..., float],
    pairs: Mapping[Place, int] = MappingProxyType({}),
) -> list[Step]:
    """The steps of both, as many of them paired as fit best; those at the end need not be.

    `score(one, other)`: how well two correspond, -inf where they cannot. Both are taken in the order in which they
    ran and, as two programs may run branches in another order, along their branches; where `pairs` says to which of
    Keras's, by index, operations of the module correspond by structure, also in the order of those.
    """
    orders = [(ours, theirs), (along_branches(ours), along_branches(theirs))]
    if pairs:
        orders.append((ours, as_paired(theirs, pairs)))
    return max((_aligned(*order, score) for order in orders), key=lambda made: made[1])[0]


def as_paired(steps: Sequence[Operation], pairs: Mapping[Place, int]) -> list[Operation]:
    """The operations in an order in which they can run: that of their counterparts, each right behind what it takes."""
    made = {number: step for step in steps for number in step.outputs}
    ranks: dict[int, int] = {}
    for step in steps:  # in the order in which they ran
        before = max((ranks[id(made[n])] for n in step.seen() if n in made and id(made[n]) in ranks), default=-1)
        ranks[id(step)] = max(before, pairs.get((step.index, step.offset), -1))
    return sorted(steps, key=lambda step: ranks[id(step)])


def along_branches(steps: Sequence[Operation]) -> list[Operation]:
    """The operations in an order in which they can run that their connections and kinds decide."""
    users: dict[int, list[Operation]] = {}
    made = {number for step in steps for number in step.outputs}
    for step in steps:
        for number in set(step.seen()) & made:
            users.setdefault(number, []).append(step)
    order: list[Operation] = []
    seen: set[int] = set()

    def key(step: Operation, depth: int = 3) -> tuple[Any, ...]:
        following = sorted({key(user, depth - 1) for n in step.outputs for user in users.get(n, ())}) if depth else []
        return kind(step.name), step.name.strip("_"), *following[:2]

    def visit(step: Operation) -> None:
        stack = [(step, iter(sorted((u for n in step.outputs for u in users.get(n, ())), key=key, reverse=True)))]
        seen.add(id(step))
        while stack:
            current, following = stack[-1]
            other = next((user for user in following if id(user) not in seen), None)
            if other is None:
                order.append(current)
                stack.pop()
            else:
                seen.add(id(other))
                deeper = sorted((u for n in other.outputs for u in users.get(n, ())), key=key, reverse=True)
                stack.append((other, iter(deeper)))

    roots = [step for step in steps if not set(step.seen()) & made]
    for step in sorted(roots, key=key, reverse=True):
        if id(step) not in seen:
            visit(step)
    return order[::-1]


def _aligned(
    ours: Sequence[Operation], theirs: Sequence[Operation], score: Callable[..., float]
) -> tuple[list[Step], float]:
    rows, columns = len(ours), len(theirs)
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            best[i][j] = max(
                best[i + 1][j] - _left_out(ours[i]),
                best[i][j + 1] - _left_out(theirs[j]),
                best[i + 1][j + 1] + score(ours[i], theirs[j]),
            )
    steps, i, j = [], 0, 0
    while i < rows and j < columns:
        if best[i][j] == best[i + 1][j + 1] + score(ours[i], theirs[j]):
            steps.append(Step(ours[i], theirs[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j] - _left_out(ours[i]):
            steps.append(Step(ours[i], None))
            i += 1
        else:
            steps.append(Step(None, theirs[j]))
            j += 1
    steps += [*(Step(step, None) for step in ours[i:]), *(Step(None, step) for step in theirs[j:])]
    return steps, best[0][0]


class Likeness:
    """How well an operation of one tape corresponds to one of another: what they do, on which weights and sizes."""

    def __init__(
        self,
        ours: Tape,
        theirs: Tape,
        names: Callable[[Operation], str],
        matches: Mapping[int, Collection[int]],
        pairs: Mapping[Place, int] = MappingProxyType({}),
    ) -> None:
        self.tapes = (ours, theirs)
        self.names = names  # of the Keras layer that an operation is a part of
        self.matches = matches  # of tensors of Keras's tape those of the other that hold their numbers
        self.pairs = pairs  # by structure: the index of Keras's operation that one of the module's is
        self.known_there = {number for found in matches.values() for number in found}
        self.makers = (ours.makers(), theirs.makers())
        self.known: dict[tuple[int, int, int], float] = {}

    def __call__(self, ours: Operation, theirs: Operation) -> float:
        key = (ours.index, theirs.index, theirs.offset)
        if key not in self.known:
            self.known[key] = self._score(ours, theirs)
        return self.known[key]

    def _score(self, ours: Operation, theirs: Operation) -> float:
        kinds = (kind(ours.name), kind(theirs.name))
        if kinds[0] != kinds[1] and kinds not in EXCHANGEABLE:
            return _NEVER
        score = 4.0 if ours.name.rstrip("_") == theirs.name.rstrip("_") else 2.5 if kinds[0] == kinds[1] else 1.0
        if keeps_numbers(ours):
            return 0.25 if ours.name == theirs.name else _NEVER
        weights = [self._weights(tape, step) for tape, step in zip(self.tapes, (ours, theirs), strict=True)]
        if any(weights):
            score += 3.0 if weights[0] == weights[1] else -1.0
            score += 4.0 * self._share_weights(ours, theirs) + 3.0 * self._are_given_alike(ours, theirs)
            score += 3.0 * (self.pairs.get((theirs.index, theirs.offset)) == ours.index)
        sizes = [self._size(tape, step) for tape, step in zip(self.tapes, (ours, theirs), strict=True)]
        return score + (sizes[0] == sizes[1]) + 2 * like_names(self.names(ours), theirs.module)

    def _are_given_alike(self, ours: Operation, theirs: Operation) -> int:
        """1 where both are called on what agrees, -1 where one is and the other is called on something else."""
        one, other = (self._given(side, step) for side, step in enumerate((ours, theirs)))
        if one in self.matches:
            return 1 if other in self.matches[one] else -1
        return -1 if other in self.known_there else 0

    def _given(self, side: int, step: Operation) -> int:
        """The tensor that an operation is called on, before it was moved about."""
        tape, makers = self.tapes[side], self.makers[side]
        known = (self.matches, self.known_there)[side]
        number = next((seen for seen in step.seen() if seen not in tape.held), -1)
        while number not in known and number in makers and keeps_numbers(makers[number]):
            number = next((seen for seen in makers[number].seen() if seen not in tape.held), -1)
        return number

    def _share_weights(self, ours: Operation, theirs: Operation) -> bool:
        """Whether both have a weight of the same numbers, which no two have by chance."""
        mine, other = self.tapes
        for a in ours.seen():
            for b in theirs.seen():
                if a in mine.held and b in other.held and same_numbers(mine.values[a], other.values[b]):
                    return True
        return False

    @staticmethod
    def _weights(tape: Tape, step: Operation) -> list[int]:
        return sorted(prod(tape.values[number].shape) for number in step.seen() if number in tape.held)

    @staticmethod
    def _size(tape: Tape, step: Operation) -> tuple[int, ...]:
        return tuple(sorted(tape.values[step.outputs[0]].shape))


def like_names(layer: str, module: str) -> bool:
    """Whether a module is called as a Keras layer is, but for its separators and case."""
    one, other = (re.sub(r"[^a-z0-9]", "", name.lower()) for name in (layer, module))
    return bool(one) and one == other


def _left_out(step: Operation) -> float:
    """What it costs that an operation has no counterpart."""
    return 0.0 if keeps_numbers(step) else 1.0
