"""Weights between two models whose parts have other names: paired by what they do, and proved by what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from equivalence.diagnosis.carrying import Carrying
from equivalence.diagnosis.fault_finding import Found, find_faults
from equivalence.diagnosis.findings import Carried
from equivalence.diagnosis.inputs_as_taken import as_taken
from equivalence.diagnosis.matching import Board
from equivalence.diagnosis.reference import Reference, norms_are_by_hand, reference, weighted_layers
from equivalence.diagnosis.said_pairs import said_pairs
from equivalence.diagnosis.weight_carrying import carried, paired, without_constants
from equivalence.errors import Refused
from equivalence.torch_side.arranged import arrangement
from equivalence.torch_side.norms_in_steps import take_norms_apart
from equivalence.torch_side.own_copy import own_copy
from equivalence.torch_side.run_tape import Tape, in_float64, record
from equivalence.torch_side.torch_arrays import dtype, read, tensors, write
from equivalence.torch_side.unpacked import unpacked
from equivalence.verification.arrays_back import arrays_back
from equivalence.weights.rearranging import to_torch

#: How far apart outputs are at most for which a constant's rounding is looked for, relative.
_NEAR = 1e-5


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
    if norms_are_by_hand(ours, own, given):
        take_norms_apart()
        ours = reference(ours.ported, ours.inputs)

    def run(instead: Mapping[tuple[int, int], Any] | None = None) -> Tape:
        return unpacked(record(own, given, places=False, instead=instead), ours.tape)

    tape = run()
    if tape.error is not None:
        raise Refused(
            f"pairing without names runs the torch module on the Keras model's inputs, and it fails: {tape.error}"
        )
    said = said_pairs(pairs, weighted_layers(ours), (name for name, _ in own.named_modules()))
    carrying, ambiguous = paired(ours, own, run, said)
    where = carried(own, carrying, ambiguous)
    board = Board(ours, run())
    equal = not board.wrong_outputs or (_is_near(board) and _is_rounded(find_faults(ours, run, lambda what: None)))
    return Structure(ours, carrying, without_constants(where, own) if equal else where, own, equal)


def _is_near(board: Board) -> bool:
    """Whether what is returned is off by no more than a constant's rounding to float32 may come to."""
    ours, theirs = board.reference.tape, board.tape
    pairs = [(theirs.values[b], ours.values[a]) for a, b in zip(ours.outputs, theirs.outputs, strict=False)]
    return len(theirs.outputs) >= len(ours.outputs) and all(
        found.numel() == wanted.numel() and arrangement(found, wanted, _NEAR) is not None for found, wanted in pairs
    )


def _is_rounded(found: Found) -> bool:
    return bool(found.rounded) and not found.faults and not found.beyond


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
    tape = unpacked(record(own, in_float64(as_taken(own, again.inputs)), places=False), again.tape)
    if tape.error is not None or Board(again, tape).wrong_outputs:
        raise Refused(
            "transfer by structure: with its weights the Keras model would not give what the torch module does: one "
            "of the two has several weights where the other uses one several times, or settings differ"
        )
