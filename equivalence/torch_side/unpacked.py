"""One linear operation whose result is taken apart, as the several that it stands for (queries, keys and values)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch.nn import functional

from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Operation, Seen, Tape
from equivalence.torch_side.unpacked_heads import NOWHERE, Moved, moving, taken_apart


def unpacked(tape: Tape) -> Tape:
    """The tape with `linear` and a `chunk` or `split` of its result as several linear operations of equal parts.

    Parts of weights are new tensors on it, called "name#0/3".
    """
    users, made, gone = tape.users(), dict[int, list[Operation]](), set[int]()
    for step in tape.operations:
        if step.name != "linear":
            continue
        following = users.get(step.outputs[0], [])
        if (taken := taken_apart(tape, step, users)) is not None:
            gone.update(moved.index for moved in (step, *taken.chain))
            for part in taken.parts:
                made.setdefault(part.step.index, []).extend(_one(tape, step, part, len(taken.parts)))
        elif len(following) == 1 and (parts := _equal_parts(tape, step, following[0])):
            made[following[0].index] = list(_several(tape, step, following[0], parts))
            gone.add(step.index)
    if made:
        tape.operations = [
            operation
            for step in tape.operations
            if step.index not in gone
            for operation in made.get(step.index, [step])
        ]
    return tape


def _equal_parts(tape: Tape, step: Operation, following: Operation) -> int:
    """How many equal parts of the last axis a step takes the result apart into; 0 where it does not."""
    if following.name not in ("chunk", "split", "tensor_split") or len(following.outputs) < 2:
        return 0
    whole = tape.values[step.outputs[0]]
    axis = named(following).get("dim", 0)
    sizes = {tape.values[number].shape[-1] for number in following.outputs}
    last = isinstance(axis, int) and axis % whole.dim() == whole.dim() - 1
    return len(following.outputs) if last and sizes == {whole.shape[-1] // len(following.outputs)} else 0


def _several(tape: Tape, step: Operation, following: Operation, count: int) -> Iterator[Operation]:
    given = named(step)
    pieces: dict[str, list[int]] = {}
    for name in ("weight", "bias"):
        seen = given.get(name)
        if isinstance(seen, Seen):
            pieces[name] = [_part(tape, seen.number, index, count) for index in range(count)]
    for index, output in enumerate(following.outputs):
        kwargs = {name: Seen(numbers[index]) for name, numbers in pieces.items()}
        yield Operation(
            following.index, functional.linear, "linear", (given["input"],), kwargs, (output,),
            step.module, step.file, step.line, index,
        )  # fmt: skip


def _one(tape: Tape, step: Operation, part: Moved, count: int) -> Iterator[Operation]:
    """The linear operation of a part, whose output the module has not as it is, and what moves its numbers about."""
    given, number = named(step), max(tape.values) + 1
    tape.values[number] = tape.values[step.outputs[0]].chunk(count, -1)[part.which]
    kwargs = {
        name: Seen(_part(tape, seen.number, part.which, count))
        for name in ("weight", "bias")
        if isinstance(seen := given.get(name), Seen)
    }
    yield replace(
        step, function=functional.linear, name="linear", args=(given["input"],), kwargs=kwargs, outputs=(number,),
        offset=NOWHERE + part.which,
    )  # fmt: skip
    yield moving(tape, part, number)


def _part(tape: Tape, number: int, index: int, count: int) -> int:
    made = max(tape.values) + 1
    tape.values[made] = torch.chunk(tape.values[number], count)[index]
    if number in tape.held:
        tape.held[made] = f"{tape.held[number]}#{index}/{count}"
    return made
