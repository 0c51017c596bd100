"""Vectors that become images: in which order a torch module takes the numbers of a Dense layer, place by place."""

from __future__ import annotations

import numpy as np

from equivalence.diagnosis.operation_kinds import keeps_numbers, kind
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.weighted_pairs import Pairs
from equivalence.torch_side.edited_run import rerun
from equivalence.torch_side.run_tape import Operation, Tape
from equivalence.torch_side.torch_arrays import read, tensor_of


def observed_rows(reference: Reference, tape: Tape, pairs: Pairs) -> dict[int, np.ndarray]:
    """For places before an image: which of the port's numbers each of the module's is, where it counts otherwise.

    Read off both runs: the places of the vector are followed to the image that the next operation of another kind
    takes, a convolution mostly, whose images lie channels first on both sides.
    """
    steps = {(step.index, step.offset): step for step in tape.operations}
    found = {}
    for ours, theirs in pairs.chosen.items():
        mine, step = pairs.ours[ours].step, pairs.theirs[theirs].step
        now = steps.get((step.index, step.offset))
        if mine.name != "linear" or step.name != "linear" or now is None:
            continue
        wanted, held = _image(reference.tape, mine), _image(tape, now)
        if wanted is None or held is None or wanted.shape != held.shape or np.array_equal(wanted, held):
            continue
        rows = np.empty(wanted.size, np.int64)
        rows[held.ravel()] = wanted.ravel()
        found[ours] = rows
    return found


def _image(tape: Tape, step: Operation) -> np.ndarray | None:
    """At each place of the image that becomes of a vector, which of the vector's numbers stands there."""
    users, at = tape.users(), step.outputs[0]
    if tape.values[at].dim() != 2:
        return None
    batch, size = tape.values[at].shape
    places = tensor_of(np.tile(np.arange(size), (batch, 1)), tape.values[at])
    while True:
        following = users.get(at, [])
        if len(following) != 1 or following[0].seen()[0] != at:
            break
        user = following[0]
        if keeps_numbers(user):
            moved = rerun(tape, [user], user.outputs[0], {at: places})
            if moved is None:
                return None
            places = moved
        elif kind(user.name) != "activation" or tape.values[user.outputs[0]].shape != tape.values[at].shape:
            break
        at = user.outputs[0]
    return read(places[0]).astype(np.int64) if places.dim() > 2 and places.shape[0] == batch else None
