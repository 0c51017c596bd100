"""Weights between two models whose parts have other names: paired by what they do, and proved by what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from equivalence.diagnosis.carrying import Carrying
from equivalence.diagnosis.findings import Carried
from equivalence.diagnosis.inputs_as_taken import as_taken
from equivalence.diagnosis.matching import Board
from equivalence.diagnosis.reference import Reference, weighted_layers
from equivalence.diagnosis.said_pairs import said_pairs
from equivalence.diagnosis.weight_carrying import carried, paired
from equivalence.errors import Refused
from equivalence.torch_side.own_copy import own_copy
from equivalence.torch_side.run_tape import Tape, in_float64, record
from equivalence.torch_side.torch_arrays import dtype, read, tensors, write
from equivalence.torch_side.unpacked import unpacked
from equivalence.verification.arrays_back import arrays_back


@dataclass(slots=True)
class Structure:
    """How the tensors of a module correspond to those of a model, tried on a copy of it."""

    reference: Reference
    carrying: Carrying
    where: Carried
    copy: Any  # of the module, in float64, with Keras's weights
    equal: bool  # whether it then returns what the model does


def structure(reference: Reference, module: Any, pairs: Mapping[str, str]) -> Structure:
    """Pairs by running both. Raises Refused where the module does not run on the model's inputs."""
    own = own_copy(module)
    given = in_float64(as_taken(own, reference.inputs))

    def run() -> Tape:
        return unpacked(record(own, given, places=False))

    tape = run()
    if tape.error is not None:
        raise Refused(
            f"pairing without names runs the torch module on the Keras model's inputs, and it fails: {tape.error}"
        )
    said = said_pairs(pairs, weighted_layers(reference), (name for name, _ in own.named_modules()))
    carrying, ambiguous = paired(reference, own, run, said)
    where = carried(own, carrying, ambiguous)
    board = Board(reference, run())
    return Structure(reference, carrying, where, own, not board.wrong_outputs)


def check_even(found: Structure) -> None:
    """Raises Refused where something is left over or ambiguous, or the outputs are not Keras's afterwards."""
    for what, names in (("left over", found.where.left_over), ("ambiguous", found.where.ambiguous)):
        if names:
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            raise Refused(
                f"transfer by structure: {what}: {'; '.join(names[:5])}{more}. Say pairs={{layer: module}} for what is "
                "not found, or strict=False to carry the rest"
            )
    if not found.equal:
        raise Refused(
            "transfer by structure: every array has a place, but the outputs are not equal, so it may be another's. "
            "equivalence.check tells where they part; strict=False carries the weights all the same"
        )


def into_module(found: Structure, module: Any) -> None:
    """Copies what was tried on the copy into the module itself, in its own dtypes."""
    held, made = tensors(module), tensors(found.copy)
    for name in {name.partition("#")[0] for name in found.carrying.made}:
        array = read(made[name])
        write(held[name], np.ascontiguousarray(array.astype(dtype(held[name]))))


def out_of_module(found: Structure, module: Any) -> dict[tuple[str, str], np.ndarray]:
    """The Keras arrays that the module holds, by layer and name of the weight. Raises Refused where one is missing."""
    held = {name: read(tensor) for name, tensor in tensors(module).items()}
    draft = found.reference.ported.draft
    state = dict(found.carrying.sources_in(held))
    for placed in draft.placements:
        if placed.parameter not in state:
            if placed.stored is not None:
                raise Refused(f"transfer by structure: nothing in torch is {placed.layer}/{placed.rule.keras}")
            state[placed.parameter] = np.full(placed.shape, placed.rule.otherwise)
    back = arrays_back(draft, state)
    return {
        (placed.layer, placed.rule.keras): back[placed.stored.path]
        for placed in draft.placements
        if placed.stored is not None
    }
