"""The fewest things that have to be as Keras has them for a stretch to give Keras's numbers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from equivalence.torch_side.arranged import arrangement
from equivalence.torch_side.edited_run import run_edited
from equivalence.torch_side.stretch import Edit, Stretch

#: Which of several single edits that each suffice is told: what says the most first.
_PREFERRED = ("argument", "input", "missing", "extra", "operation")
#: Sets of two or three are tried among no more edits than this; beyond, edits are left out one by one.
_FEW = 10


def minimal(stretch: Stretch, wanted: int) -> list[Edit] | None:
    """The smallest set of edits with which the stretch gives the tensor `wanted`; None where not even all do."""
    if suffices(stretch, (), wanted):
        return [Edit("output", len(stretch.steps) - 1)]
    edits = sorted(stretch.edits(), key=lambda edit: (_PREFERRED.index(edit.kind), edit.step))
    if not edits or not suffices(stretch, edits, wanted):
        return _suffice_without_all(stretch, edits, wanted)
    for chosen in _small(edits):
        if suffices(stretch, chosen, wanted):
            return sorted(chosen, key=lambda edit: edit.step)
    needed = list(edits)
    for edit in list(edits)[::-1]:
        fewer = [other for other in needed if other != edit]
        if suffices(stretch, fewer, wanted):
            needed = fewer
    return sorted(needed, key=lambda edit: edit.step)


def suffices(stretch: Stretch, edits: Sequence[Edit], wanted: int) -> bool:
    """Whether with these edits the stretch gives Keras's numbers, in whatever order of axes."""
    found = run_edited(stretch, edits, wanted)
    expected = stretch.ours.values[wanted]
    return found is not None and found.numel() == expected.numel() and arrangement(found, expected) is not None


def _small(edits: Sequence[Edit]) -> Iterator[tuple[Edit, ...]]:
    yield from ((edit,) for edit in edits)
    if len(edits) <= _FEW:
        yield from itertools.combinations(edits, 2)


def _suffice_without_all(stretch: Stretch, edits: Sequence[Edit], wanted: int) -> list[Edit] | None:
    """One edit, or two, where all together do not fit each other."""
    for chosen in _small(edits):
        if len(chosen) < len(edits) and suffices(stretch, chosen, wanted):
            return list(chosen)
    return None
