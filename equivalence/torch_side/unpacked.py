"""One linear operation or convolution whose result is taken apart, as the several that it stands for: queries, keys
and values; the gates of a cell; a value and its gate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch.nn import functional

from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Operation, Seen, Tape
from equivalence.torch_side.unpacked_heads import NOWHERE, Moved, moving, taken_apart

_CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")


def unpacked(tape: Tape, keras: Tape | None = None) -> Tape:
    """The tape with `linear` and a `chunk` or `split` of its result as several linear operations of equal parts; so
    with convolutions and their channels.

    Parts of weights are new tensors on it, called "name#0/3". `keras`: where the tape of the Keras model
    has a weight of the same size whose result it takes apart itself, as a Dense layer before a split, the operation
    stays as it is.
    """
    whole = _taken_apart_behind(keras) if keras is not None else frozenset[int]()
    users, made, gone = tape.users(), dict[int, list[Operation]](), set[int]()
    for step in tape.operations:
        if step.name != "linear" and not _is_plain_convolution(step):
            continue
        if _size_of_weight(tape, step) in whole:
            continue
        following = users.get(step.outputs[0], [])
        if step.name == "linear" and (taken := taken_apart(tape, step, users)) is not None:
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


def _taken_apart_behind(tape: Tape) -> frozenset[int]:
    """The sizes of weights of those linear operations and convolutions whose results are only used in parts."""
    users = tape.users()
    steps = (step for step in tape.operations if step.name in ("linear", *_CONVOLUTIONS))
    sizes = (
        _size_of_weight(tape, step)
        for step in steps
        if (following := users.get(step.outputs[0]))
        and all(user.name in ("chunk", "split", "tensor_split", "__getitem__") for user in following)
    )
    return frozenset(size for size in sizes if size)


def _size_of_weight(tape: Tape, step: Operation) -> int:
    """How many numbers its weight has; 0 where that is computed."""
    weight = named(step).get("weight")
    return tape.values[weight.number].numel() if isinstance(weight, Seen) and weight.number in tape.held else 0


def _is_plain_convolution(step: Operation) -> bool:
    """Whether each of its channels comes of all that goes in."""
    return step.name in _CONVOLUTIONS and named(step).get("groups", 1) == 1


def _equal_parts(tape: Tape, step: Operation, following: Operation) -> int:
    """How many equal parts of its channels, the last axis or a convolution's, a step takes the result apart into; 0
    where it does not."""
    if following.name not in ("chunk", "split", "tensor_split") or len(following.outputs) < 2:
        return 0
    whole = tape.values[step.outputs[0]]
    axis = named(following).get("dim", 0)
    channels = whole.dim() - 1 if step.name == "linear" else whole.dim() - 1 - int(step.name[4])
    sizes = {tape.values[number].shape[channels] for number in following.outputs}
    along = isinstance(axis, int) and axis % whole.dim() == channels
    return len(following.outputs) if along and sizes == {whole.shape[channels] // len(following.outputs)} else 0


def _several(tape: Tape, step: Operation, following: Operation, count: int) -> Iterator[Operation]:
    given = named(step)
    pieces: dict[str, list[int]] = {}
    for name in ("weight", "bias"):
        seen = given.get(name)
        if isinstance(seen, Seen):
            pieces[name] = [_part(tape, seen.number, index, count) for index in range(count)]
    for index, output in enumerate(following.outputs):
        others = {name: value for name, value in given.items() if name not in ("input", *pieces)}
        kwargs = {**others, **{name: Seen(numbers[index]) for name, numbers in pieces.items()}}
        yield Operation(
            following.index, step.function, step.name, (given["input"],), kwargs, (output,),
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
