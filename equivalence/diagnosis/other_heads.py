"""Attention with another number of heads than Keras's: the same sizes of weights, so that nothing else tells of it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from equivalence.diagnosis.stretches import Cut
from equivalence.torch_side.arranged import arrangement
from equivalence.torch_side.edited_run import rerun
from equivalence.torch_side.run_tape import Operation


class Heads(NamedTuple):
    """How many heads there are, and how many numbers each has."""

    number: int
    size: int


def other_heads(cut: Cut, ours: Heads) -> tuple[Heads, Operation] | None:
    """The module's heads, and the first operation that takes numbers apart so, where with Keras's the module's own
    operations give Keras's numbers; None where they do not."""
    if cut.end is None:
        return None
    true = cut.stretch.ours.values[cut.wanted]
    for theirs, step in _taken_apart(cut.own, ours):
        steps = [_as(own, theirs, ours) for own in cut.own]
        found = rerun(cut.stretch.theirs, steps, cut.end, {})
        if found is not None and found.numel() == true.numel() and arrangement(found, true) is not None:
            return theirs, step
    return None


def _taken_apart(steps: Sequence[Operation], ours: Heads) -> Iterator[tuple[Heads, Operation]]:
    """The numbers of heads, other than Keras's, by which operations take as many numbers apart."""
    seen = {ours}
    for step in steps:
        sizes = list(_whole_numbers((step.args, tuple(step.kwargs.values()))))
        for count, size in itertools.pairwise(sizes):
            heads = Heads(count, size)
            if count * size == ours.number * ours.size and heads not in seen:
                seen.add(heads)
                yield heads, step


def _whole_numbers(tree: Any) -> Iterator[int]:
    if isinstance(tree, int) and not isinstance(tree, bool):
        yield tree
    for part in tree if isinstance(tree, (list, tuple)) else ():
        yield from _whole_numbers(part)


def _as(step: Operation, theirs: Heads, ours: Heads) -> Operation:
    """An operation with Keras's heads: sizes that stand beside each other, and the scale by the size of a head."""
    powers = (0.5, -0.5) if "div" in step.name else (-0.5, 0.5)

    def made(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {name: made(part) for name, part in tree.items()}
        if isinstance(tree, float):
            scales = (power for power in powers if math.isclose(tree, theirs.size**power, rel_tol=1e-12))
            return next((ours.size**power for power in scales), tree)
        if not isinstance(tree, (list, tuple)):
            return tree
        parts = [made(part) for part in tree]
        for at, beside in enumerate(itertools.pairwise(tree)):
            if beside == tuple(theirs):
                parts[at : at + 2] = ours
        return type(tree)(parts)

    return replace(step, args=made(step.args), kwargs=made(step.kwargs))
