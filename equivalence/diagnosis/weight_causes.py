"""Weights that a torch module was given and that are not what Keras's would be there, whatever its operations are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from equivalence.diagnosis.carrying import Carrying
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.weighted_pairs import pair_weighted
from equivalence.torch_side.arranged import arrangement
from equivalence.torch_side.edited_run import rerun
from equivalence.torch_side.run_tape import Tape
from equivalence.torch_side.stretch import Stretch
from equivalence.torch_side.torch_arrays import read, tensor_of


@dataclass(slots=True)
class Expected:
    """What each tensor of the module would hold, had Keras's weights been carried to it."""

    arrays: dict[str, np.ndarray]
    layers: dict[str, str]  # the Keras layer that each comes of
    names: dict[str, str]  # and its array there, "conv/kernel"


@dataclass(slots=True)
class WrongWeight:
    """One tensor that, as Keras's weights would have it, makes the stretch right."""

    name: str
    layer: str
    source: str
    found: np.ndarray
    wanted: np.ndarray


def expected(reference: Reference, tape: Tape) -> Expected:
    """What carrying the weights would write, without writing it."""
    carrying = Carrying(reference, tape, pair_weighted(reference, tape, {}))
    carrying.all()
    return Expected(dict(carrying.made), dict(carrying.layers), {n: " + ".join(s) for n, s in carrying.sources.items()})


def wrong_weights(stretch: Stretch, wanted: int, end: int, known: Expected) -> list[WrongWeight]:
    """The fewest tensors among those of the stretch with which it gives Keras's numbers; empty where none do."""
    apart = dict(_apart(stretch, known.arrays))
    if not apart or not _right(stretch, wanted, end, apart):
        return []
    needed = next(({n: a} for n, a in apart.items() if _right(stretch, wanted, end, {n: a})), apart)
    for number in list(needed):
        fewer = {other: array for other, array in needed.items() if other != number}
        if fewer and _right(stretch, wanted, end, fewer):
            needed = fewer
    held = stretch.theirs.held
    return [
        WrongWeight(held[n], known.layers[held[n]], known.names[held[n]], read(stretch.theirs.values[n]), array)
        for n, array in needed.items()
    ]


def _apart(stretch: Stretch, arrays: Mapping[str, np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
    for _, step in stretch.steps:
        for number in step.seen() if step is not None else ():
            name = stretch.theirs.held.get(number)
            if name in arrays:
                found = read(stretch.theirs.values[number])
                if found.shape == arrays[name].shape and not np.array_equal(found, arrays[name]):
                    yield number, arrays[name]


def _right(stretch: Stretch, wanted: int, end: int, weights: Mapping[int, np.ndarray]) -> bool:
    values = stretch.theirs.values
    found = rerun(stretch, end, {n: tensor_of(array, values[n]) for n, array in weights.items()})
    true = stretch.ours.values[wanted]
    return found is not None and found.numel() == true.numel() and arrangement(found, true) is not None
