"""Inputs so large that activations reach their bends: a relu6 that saturates nowhere gives what a relu gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from equivalence.diagnosis.findings import Fault
from equivalence.diagnosis.operation_kinds import kind
from equivalence.diagnosis.reference import Reference, reference

#: The size that what goes into every activation should reach: beyond the last bend of those that have some (relu6).
_BEYOND = 16.0
#: Factors are between these. Behind larger ones rounding, which an exponential magnifies, would be taken for a fault.
_LEAST, _MOST = 4.0, 64.0
#: What is no fault on such inputs, relative to the largest number: rounding of large logits behind an exponential.
_ROUNDING = 1e-8


def larger(ours: Reference, weights: Mapping[str, np.ndarray]) -> tuple[float, Reference] | None:
    """The model on its inputs so many times as large; None where it takes no floats, or gives no finite numbers then.

    `weights`: as `reference` takes them.
    """
    if not any(_scaled(array) for array in ours.inputs):
        return None
    factor = min(max(_BEYOND / max(_reached(ours), 1e-3), _LEAST), _MOST)
    try:
        made = reference(ours.ported, scaled(ours.inputs, factor), weights=weights or None)
    except (RuntimeError, ValueError, IndexError, TypeError):
        return None
    finite = all(bool(made.tape.values[number].isfinite().all()) for number in made.tape.outputs)
    return (factor, made) if finite else None


def scaled(inputs: Sequence[np.ndarray], factor: float) -> list[np.ndarray]:
    """Numbers of a kind that is no index, so many times as large."""
    return [(array * factor).astype(array.dtype) if _scaled(array) else array for array in inputs]


def _scaled(array: np.ndarray) -> bool:
    """Whether its numbers may be others: those of whole numbers are indices, however they are stored."""
    return array.dtype.kind == "f" and not np.array_equal(array, np.round(array))


def _reached(ours: Reference) -> float:
    """The least of the largest sizes that go into activations; what all reach."""
    tape = ours.tape
    given = [step.seen()[0] for step in tape.operations if kind(step.name) == "activation" and step.seen()]
    return min((float(tape.values[number].abs().max()) for number in given if tape.values[number].numel()), default=1.0)


def is_no_rounding(fault: Fault) -> bool:
    """Whether a fault on larger inputs is more than rounding that large numbers make larger."""
    return fault.max_rel is None or not fault.max_rel <= _ROUNDING
