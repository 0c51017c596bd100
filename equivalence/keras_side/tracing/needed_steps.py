"""Which steps of a trace its outputs depend on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
from keras.src import backend

from equivalence.keras_side.tracing.tape import Step, Trace


def needed_steps(trace: Trace) -> list[Step]:
    """The steps that the outputs depend on. A mask that no step made comes with the first tensor that carries it."""
    carriers: dict[int, tuple[int, Any]] = {}  # by id() of a mask: after which step there is a tensor with it
    made = [(-1, tensor) for tensor in trace.inputs]
    made += [(position, x) for position, step in enumerate(trace.steps) for x in tensors_of(step.outputs)]
    known_tensors = {id(tensor) for _, tensor in made}
    for position, tensor in made:
        if (mask := backend.get_keras_mask(tensor)) is not None and id(mask) not in known_tensors:
            carriers.setdefault(id(mask), (position, tensor))

    def wished(tensors: Iterable[Any], before: int) -> set[int]:
        known = ((x, carriers.get(id(x))) for x in tensors)
        return {id(found[1]) if found and found[0] < before else id(x) for x, found in known}

    end = len(trace.steps)
    wanted, needed = wished(tensors_of(trace.outputs), end), []
    for position in reversed(range(end)):
        step = trace.steps[position]
        if any(id(x) in wanted for x in tensors_of(step.outputs)):
            wanted |= wished([*tensors_of((step.args, step.kwargs)), *_masks_made(step)], position)
            needed.append(step)
    return needed[::-1]


def _masks_made(step: Step) -> list[Any]:
    """What an own layer's `compute_mask` gave its outputs."""
    if step.inside is None:
        return []
    masks = [backend.get_keras_mask(tensor) for tensor in tensors_of(step.outputs)]
    return [mask for mask, inside in zip(masks, step.masked_inside, strict=True) if mask is not None and not inside]


def tensors_of(structure: Any) -> list[Any]:
    """The KerasTensors of arguments, those in slices too."""
    return [x for x in _flattened(structure) if isinstance(x, keras.KerasTensor)]


def _flattened(structure: Any) -> list[Any]:
    if isinstance(structure, slice):
        return [structure.start, structure.stop, structure.step]
    if isinstance(structure, (list, tuple)):
        return [leaf for part in structure for leaf in _flattened(part)]
    if isinstance(structure, dict):
        return [leaf for part in structure.values() for leaf in _flattened(part)]
    return [structure]
