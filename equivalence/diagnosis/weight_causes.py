"""Weights that a torch module was given and that are not what Keras's would be there, whatever its operations are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from equivalence.diagnosis.carrying import Carrying
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.stretches import Cut
from equivalence.diagnosis.unflattened import observed_rows
from equivalence.diagnosis.weight_carrying import observed_orders
from equivalence.diagnosis.weighted_pairs import Pairs
from equivalence.torch_side.arranged import arrangement, filled_up
from equivalence.torch_side.edited_run import rerun
from equivalence.torch_side.run_tape import Tape
from equivalence.torch_side.torch_arrays import read, tensor_of


@dataclass(slots=True)
class Expected:
    """What each tensor of the module would hold, had Keras's weights been carried to it."""

    arrays: dict[str, np.ndarray]
    layers: dict[str, str]  # the Keras layer that each comes of
    names: dict[str, str]  # and its array there, "conv/kernel"
    reordered: frozenset[str] = frozenset()  # those whose inputs the module counts in another order than the port


@dataclass(slots=True)
class WrongWeight:
    """One tensor that, as Keras's weights would have it, makes the stretch right."""

    name: str
    layer: str
    source: str
    found: np.ndarray
    wanted: np.ndarray


def expected(reference: Reference, tape: Tape, pairs: Pairs) -> Expected:
    """What carrying the weights would write, without writing it."""
    carrying = Carrying(reference, tape, pairs)
    carrying.order, carrying.rows = observed_orders(reference, tape, pairs), observed_rows(reference, tape, pairs)
    carrying.all()
    reordered = frozenset(name for name, way in carrying.ways.items() if way.columns is not None)
    names = {n: " + ".join(s) for n, s in carrying.sources.items()}
    return Expected(dict(carrying.made), dict(carrying.layers), names, reordered)


def weights_to_blame(cut: Cut, known: Expected) -> list[WrongWeight]:
    """The fewest tensors, of those used between what agrees and the end of the cut, with which the module's own
    operations give Keras's numbers there; empty where none do."""
    apart = dict(_apart(cut, known.arrays))
    if not apart or not _right(cut, apart):
        return []
    needed = next(({n: a} for n, a in apart.items() if _right(cut, {n: a})), apart)
    for number in list(needed):
        fewer = {other: array for other, array in needed.items() if other != number}
        if fewer and _right(cut, fewer):
            needed = fewer
    tape = cut.stretch.theirs
    wrong = []
    for number in needed:
        name = tape.held[number]
        wanted = known.arrays[name]
        held = next(
            n for n, own in tape.held.items() if own == name
        )  # the parameter itself, as often as it is repeated
        found = read(tape.values[held]).reshape(wanted.shape)
        wrong.append(WrongWeight(name, known.layers[name], known.names[name], found, wanted))
    return wrong


def _apart(cut: Cut, arrays: Mapping[str, np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
    tape = cut.stretch.theirs
    for step in cut.own:
        for number in step.seen():
            wanted = arrays.get(tape.held.get(number, ""))
            if wanted is not None:
                found = read(tape.values[number])
                if found.squeeze().shape == wanted.squeeze().shape:
                    wanted = wanted.reshape(found.shape)  # weight[:, None, None] is the weight
                elif found.ndim == wanted.ndim and wanted.shape[0] == 1 and found.shape[1:] == wanted.shape[1:]:
                    wanted = np.broadcast_to(wanted, found.shape)  # repeated for each of a batch
                if found.shape == wanted.shape and not np.array_equal(found, wanted):
                    yield number, wanted


def _right(cut: Cut, weights: Mapping[int, np.ndarray]) -> bool:
    if cut.end is None:
        return False
    tape, true = cut.stretch.theirs, cut.stretch.ours.values[cut.wanted]
    found = rerun(tape, cut.own, cut.end, {n: tensor_of(array, tape.values[n]) for n, array in weights.items()})
    if found is None:
        return False
    filled = true.dim() == 3 and any(step.name == "_pad_packed_sequence" for step in cut.own)
    return (found.numel() == true.numel() and arrangement(found, true) is not None) or (
        filled and filled_up(found, true) is not None
    )
