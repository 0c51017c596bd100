"""Numbers that a module has written down in float32, where Keras computes them: rounding, and no mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from equivalence.diagnosis.matching import derived
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.stretches import Cut
from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Tape
from equivalence.torch_side.stretch import Edit, numbers_in
from equivalence.torch_side.torch_arrays import read

#: Two roundings of float32, relative: of the number itself, and of what it is computed from.
_ROUNDING = 2.0**-22


def is_rounded_constant(reference: Reference, cut: Cut, edits: Sequence[Edit]) -> bool:
    """Whether all that is otherwise are constants, and those are Keras's but for the rounding of float32.

    A deviation `sqrt(variance)` is written 0.229 as often as it is computed. A weight of the Keras model is no
    constant: the module is to hold that as it is.
    """
    weights = {placed.parameter for placed in reference.ported.draft.placements}
    return bool(edits) and all(edit.kind in ("input", "argument") and _is_rounded(cut, edit, weights) for edit in edits)


def _is_rounded(cut: Cut, edit: Edit, weights: set[str]) -> bool:
    one, other = cut.stretch.steps[edit.step]
    if one is None or other is None:
        return False
    ours, theirs = cut.stretch.arguments(edit.step).get(edit.name), named(other).get(edit.name)
    if any(cut.stretch.ours.held.get(number) in weights for number in numbers_in(ours)):
        return False
    wanted, found = _constant(cut.stretch.ours, ours), _constant(cut.stretch.theirs, theirs)
    if wanted is None or found is None or wanted.size != found.size:
        return False
    apart = np.abs(wanted.ravel() - found.ravel())
    return bool(np.all(apart <= _ROUNDING * np.abs(wanted.ravel())))


def _constant(tape: Tape, value: Any) -> np.ndarray | None:
    """The numbers of an argument that does not depend on the inputs; None for any other."""
    numbers = numbers_in(value)
    if not numbers:
        return np.asarray(value, np.float64) if isinstance(value, float) else None
    if len(numbers) > 1 or isinstance(value, (list, tuple, Mapping)) or numbers[0] in derived(tape):
        return None
    tensor = tape.values[numbers[0]]
    return read(tensor).astype(np.float64) if tensor.is_floating_point() else None
