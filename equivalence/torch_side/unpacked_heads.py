"""One linear operation whose result is moved about and then taken apart: queries, keys and values, heads and all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from equivalence.torch_side.edited_run import rerun
from equivalence.torch_side.run_tape import Operation, Seen, Tape

_MOVES = ("reshape", "view", "unflatten", "permute", "transpose", "swapaxes", "movedim", "contiguous")
_PARTS = ("unbind", "chunk", "split", "tensor_split", "__getitem__", "select")
#: An output that the module has not: no tensor goes on in its place.
NOWHERE = 1 << 20


class Moved(NamedTuple):
    """A part of the result: which of how many equal ones, the tensor that it becomes, and where its numbers stand in
    it, counted in the part."""

    which: int
    output: int
    at: Tensor
    step: Operation  # that gives it


class Taken(NamedTuple):
    """What a result becomes: the operations that only move it, and its parts."""

    chain: list[Operation]
    parts: list[Moved]


def taken_apart(tape: Tape, step: Operation, users: Mapping[int, list[Operation]]) -> Taken | None:
    """How the result of a linear operation is moved about and taken into equal parts; None where it is not."""
    chain, end = [], step.outputs[0]
    while len(users.get(end, ())) == 1 and users[end][0].name in _MOVES:
        chain.append(users[end][0])
        end = chain[-1].outputs[0]
    takers = users.get(end, ())
    if not chain or not takers or any(taker.name not in _PARTS for taker in takers):
        return None
    whole = tape.values[step.outputs[0]]
    places = torch.arange(whole.numel(), dtype=torch.float64).reshape(whole.shape)
    made = list(_parts(tape, [*chain, *takers], takers, {step.outputs[0]: places}))
    count, width = len(made), whole.shape[-1]
    if count < 2 or width % count:
        return None
    size, parts = width // count, []
    for output, at, taker in made:
        rows, columns = at.long() // width, at.long() % width
        index = int(columns.min()) // size
        if int(columns.max()) // size != index or at.numel() * count != whole.numel():
            return None
        parts.append(Moved(index, output, rows * size + columns % size, taker))
    return Taken(chain, parts) if sorted(part.which for part in parts) == list(range(count)) else None


def _parts(
    tape: Tape, steps: list[Operation], takers: list[Operation], given: dict[int, Tensor]
) -> Iterator[tuple[int, Tensor, Operation]]:
    for taker in takers:
        for output in taker.outputs:
            at = rerun(tape, steps, output, given)
            if at is not None:
                yield output, at, taker


def moving(tape: Tape, part: Moved, source: int) -> Operation:
    """The operation that has the numbers of a part, `source`, at their places."""
    at = part.at

    def reshape(tensor: Tensor) -> Tensor:
        return tensor.flatten()[at]

    step = part.step
    offset = step.offset + step.outputs.index(part.output)
    return replace(
        step, function=reshape, name="reshape", args=(Seen(source),), kwargs={}, outputs=(part.output,), offset=offset
    )
