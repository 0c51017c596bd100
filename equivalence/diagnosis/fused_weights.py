"""Weights that torch keeps in other pieces than Keras: packed attention, a bias that a normalisation swallows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.weighted_pairs import Pairs, Weighted
from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Operation, Tape
from equivalence.torch_side.torch_arrays import read

if TYPE_CHECKING:
    from equivalence.torch_side.run_tape import Seen


def packed_attention(
    reference: Reference, tape: Tape, ours: Weighted, theirs: Weighted
) -> Iterator[tuple[str, np.ndarray, list[str]]]:
    """torch's names, the arrays and their sources: projections of queries, keys and values one below the other.

    nn.MultiheadAttention keeps them in `in_proj_weight`, or apart where their sizes differ.
    """
    own, projections = named(theirs.first), [named(step) for step in ours.operations]
    if len(projections) != 4:
        return
    parts = {role: projections[i] for i, role in enumerate(("q", "k", "v", "out"))}
    held = tape.held

    def of(role: str, name: str) -> tuple[np.ndarray | None, str]:
        seen = parts[role].get(name)
        return (None, "") if seen is None else _read(reference, seen)

    def target(name: str) -> str | None:
        seen = own.get(name)
        return None if seen is None else held.get(seen.number)

    for name, roles, piece in (
        ("in_proj_weight", "q k v", "weight"), ("in_proj_bias", "q k v", "bias"), ("q_proj_weight", "q", "weight"),
        ("k_proj_weight", "k", "weight"), ("v_proj_weight", "v", "weight"), ("out_proj_weight", "out", "weight"),
        ("out_proj_bias", "out", "bias"),
    ):  # fmt: skip
        where = target(name)
        if where is None:
            continue
        found = [of(role, piece) for role in roles.split()]
        arrays = [array for array, _ in found if array is not None]
        shape = tuple(tape.values[own[name].number].shape)
        if not arrays:
            yield where, np.zeros(shape), ["a constant"]
        elif len(arrays) == len(found) and sum(array.size for array in arrays) == int(np.prod(shape)):
            yield where, np.concatenate(arrays).reshape(shape), [source for _, source in found]


def _read(reference: Reference, seen: Seen) -> tuple[np.ndarray, str]:
    number = _behind(reference.tape, seen.number)
    return read(reference.tape.values[seen.number]), reference.tape.held.get(number, "")


def _behind(tape: Tape, number: int) -> int:
    """The parameter that a tensor is, or is a rearrangement of."""
    makers = tape.makers()
    while number not in tape.held and number in makers and makers[number].seen():
        number = makers[number].seen()[0]
    return number


def folded_mean(
    reference: Reference, tape: Tape, pairs: Pairs, ours: Weighted, bias: np.ndarray
) -> tuple[str, np.ndarray] | None:
    """Where torch's convolution has no bias and a BatchNormalization follows: its running mean, less the bias."""
    step = ours.first
    following = [user for user in reference.tape.users().get(step.outputs[0], ()) if user.name == "batch_norm"]
    if not following:
        return None
    for index, place in enumerate(pairs.ours):
        if place.first is following[0] and index in pairs.chosen:
            theirs: Operation = pairs.theirs[pairs.chosen[index]].first
            mean = named(following[0])["running_mean"]
            target = named(theirs).get("running_mean")
            if target is not None and target.number in tape.held:
                return tape.held[target.number], read(reference.tape.values[mean.number]) - bias
    return None
