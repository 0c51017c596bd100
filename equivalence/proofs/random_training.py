"""Layers that are random in training (Dropout, RandomFlip): the same distribution.

Of a Dropout, both frameworks get ones, in a batch large enough to tell 1% apart; samples are independent, whatever
the layer shares within one, so that the spread of their means is what a difference is measured by.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from equivalence.keras_side.client import KerasProcess
from equivalence.proofs.case_inputs import FLOATS, draw_inputs, draws_of, seed_of, shapes_of
from equivalence.proofs.emitted import Emitted
from equivalence.proofs.random_images import STANDARD_ERRORS, compare_draws
from equivalence.proofs.truth import draws_in_training, outputs_in_training
from equivalence.schema import Case, Entry
from equivalence.verification.compare import Comparison, Mismatch, Tensor

SAMPLES = 4096
#: Calls on the images of a case.
RUNS = 400
#: Means of float32 numbers closer than this, relatively, are the same.
_ROUNDING = 1e-6
STATISTICS = ("mean", "mean_square", "zeros", "spread")


class Drawn(NamedTuple):
    """What Keras drew for a case in training, and what it was run on."""

    inputs: list[np.ndarray]
    outputs: list[np.ndarray]
    runs: int  # 0: one call
    seed: int


def drawn_by_keras(entry: Entry, case: Case, keras: KerasProcess) -> Drawn:
    """One call on ones, with many samples; or, for what augments images, many calls on a few images.

    Raises ValueError for inputs that are no floats, which of these layers only those take that augment images.
    """
    seed = seed_of(entry, case)
    if (case.training or entry.training) == "random images":
        inputs = draw_inputs(entry, case)
        return Drawn(inputs, draws_in_training(entry, case, keras, inputs, RUNS), RUNS, seed)
    if not set(draws_of(case)) <= set(FLOATS):
        raise ValueError(f"{entry.keras}, case {case.id}: random in training, with inputs that are no floats")
    inputs = [np.ones((SAMPLES, *shape[1:]), np.float32) for shape in shapes_of(case)]
    return Drawn(inputs, outputs_in_training(entry, case, keras, inputs), 0, seed)


def compare_random(drawn: Drawn, port: Emitted) -> dict[str, Comparison]:
    """The statistics of what a port draws in training, held to those of what Keras drew.

    Of a call on ones: mean, mean square and share of zeros, and how far the samples' means are spread, which tells
    elements that are dropped together from such that are not. Of calls on images: see `random_images`.
    """
    if drawn.runs:
        actual, statistics = port.draws(drawn.inputs, drawn.runs, drawn.seed), compare_draws
    else:
        actual, statistics = port.run(drawn.inputs, training=True, dtype="float32").results.outputs, compare_statistics
    pairs = zip(actual, drawn.outputs, strict=True)
    tensors = [tensor for index, pair in enumerate(pairs) for tensor in statistics(*pair, f"output[{index}]")]
    return {"random_training": Comparison(STANDARD_ERRORS, tuple(tensors))}


def compare_statistics(actual: np.ndarray, expected: np.ndarray, name: str) -> list[Tensor]:
    """The statistics of two random outputs; `max_rel` is their distance in standard errors."""
    if actual.shape != expected.shape:
        message = f"{name}: has shape {actual.shape} in training, not {expected.shape}"
        return [Tensor(name, np.inf, np.inf, Mismatch("shape", message))]
    return [
        _tensor(f"{name}.{statistic}", ours, theirs)
        for statistic, ours, theirs in zip(STATISTICS, _per_sample(actual), _per_sample(expected), strict=True)
    ]


def _per_sample(output: np.ndarray) -> tuple[np.ndarray, ...]:
    flat = output.reshape(len(output), -1).astype(np.float64)
    apart = flat.mean(1) - flat.mean()
    apart[np.abs(apart) <= _ROUNDING * abs(flat.mean())] = 0.0
    return flat.mean(1), (flat**2).mean(1), (flat == 0).mean(1), apart**2


def _tensor(name: str, actual: np.ndarray, expected: np.ndarray) -> Tensor:
    gap = abs(float(actual.mean() - expected.mean()))
    error = float(np.sqrt((actual.var() + expected.var()) / len(actual)))
    # what is no random number at all must be the same to float32's rounding
    distance = gap / (error + 1e-7 * abs(float(expected.mean()))) if gap else 0.0
    if distance <= STANDARD_ERRORS:
        return Tensor(name, gap, distance)
    message = (
        f"{name}: {actual.mean():.6g}, not {expected.mean():.6g}; {distance:.1f} standard errors apart "
        f"over {len(actual)} samples, where {STANDARD_ERRORS:g} are allowed"
    )
    return Tensor(name, gap, distance, Mismatch("value", message))
