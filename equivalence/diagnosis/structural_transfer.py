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
from equivalence.diagnosis.reference import Reference, reference, weighted_layers
from equivalence.diagnosis.said_pairs import said_pairs
from equivalence.diagnosis.weight_carrying import carried, paired
from equivalence.errors import Refused
from equivalence.torch_side.own_copy import own_copy
from equivalence.torch_side.run_tape import Tape, in_float64, record
from equivalence.torch_side.torch_arrays import dtype, read, tensors, write
from equivalence.torch_side.unpacked import unpacked
from equivalence.verification.arrays_back import arrays_back
from equivalence.weights.rearranging import to_torch


@dataclass(slots=True)
class Structure:
    """How the tensors of a module correspond to those of a model, tried on a copy of it."""

    reference: Reference
    carrying: Carrying
    where: Carried
    copy: Any  # of the module, in float64, with Keras's weights
    equal: bool  # whether it then returns what the model does


def structure(ours: Reference, module: Any, pairs: Mapping[str, str]) -> Structure:
    """Pairs by running both. Raises Refused where the module does not run on the model's inputs."""
    own = own_copy(module)
    given = in_float64(as_taken(own, ours.inputs))

    def run() -> Tape:
        return unpacked(record(own, given, places=False))

    tape = run()
    if tape.error is not None:
        raise Refused(
            f"pairing without names runs the torch module on the Keras model's inputs, and it fails: {tape.error}"
        )
    said = said_pairs(pairs, weighted_layers(ours), (name for name, _ in own.named_modules()))
    carrying, ambiguous = paired(ours, own, run, said)
    where = carried(own, carrying, ambiguous)
    board = Board(ours, run())
    return Structure(ours, carrying, where, own, not board.wrong_outputs)


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
    for name in {name.partition("#")[0] for name in found.carrying.made} & set(held):  # constants are no weights
        array = read(made[name])
        write(held[name], np.ascontiguousarray(array.astype(dtype(held[name]))))


def out_of_module(found: Structure, module: Any, strict: bool = True) -> dict[tuple[str, str], np.ndarray]:
    """The Keras arrays that the module holds, by layer and the path of the array in the model's file.

    Raises Refused where one is missing or, with `strict`, the model would not give what the module does with them.
    """
    held = {name: read(tensor) for name, tensor in tensors(module).items()}
    ported = found.reference.ported
    state = dict(found.carrying.sources_in(held))
    for placed in ported.draft.placements:
        if placed.parameter not in state:
            if placed.stored is not None and placed.parameter not in found.carrying.gone:
                raise Refused(f"transfer by structure: nothing in torch is {placed.layer}/{placed.rule.keras}")
            state[placed.parameter] = (
                np.zeros(placed.shape) if placed.stored else np.full(placed.shape, placed.rule.otherwise)
            )
    for placed in ported.draft.placements:  # Keras's LSTM has one bias where torch adds two
        first = placed.parameter.replace("bias_hh", "bias_ih")
        if placed.stored is None and first != placed.parameter and first in state:
            state[first] = state[first].astype(np.float64) + state[placed.parameter]
    back = arrays_back(ported.draft, state)
    stored = [placed for placed in ported.draft.placements if placed.stored is not None]
    if strict:
        _check_back(found, module, back)
    return {(placed.layer, placed.stored.path): back[placed.stored.path] for placed in stored if placed.stored}


def _check_back(found: Structure, module: Any, back: Mapping[str, np.ndarray]) -> None:
    """Raises Refused where the Keras model with these arrays would give others than the module."""
    ported = found.reference.ported
    for placed in ported.draft.placements:
        ported.exact[placed.parameter] = (
            np.full(placed.shape, placed.rule.otherwise)
            if placed.stored is None
            else to_torch(placed.rule, back[placed.stored.path], **placed.sizes)
        )
    again = reference(ported, found.reference.inputs)
    own = own_copy(module)
    tape = unpacked(record(own, in_float64(as_taken(own, again.inputs)), places=False))
    if tape.error is not None or Board(again, tape).wrong_outputs:
        raise Refused(
            "transfer by structure: with its weights the Keras model would not give what the torch module does: one "
            "of the two has several weights where the other uses one several times, or settings differ"
        )
