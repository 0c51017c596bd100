"""Tensors brought to the shape that a case was stated for."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

#: A dense layer wider than this would make models slow and no more telling.
WIDEST = 400

Shape = tuple[int | None, ...]
Step = tuple[str, dict[str, Any]]  # a Keras name and a configuration


def wanted(shape: Sequence[int], bound: dict[int, int | None]) -> Shape:
    """A case's shape without its batch, its sizes exchanged for those of the tensor that another input took."""
    return tuple(bound.get(size, size) for size in shape[1:])


def bind(shape: Sequence[int], found: Sequence[int | None]) -> dict[int, int | None]:
    """Which size of a case became which: both with the batch."""
    return dict(zip(shape[1:], found[1:], strict=True))


def steps_to(found: Sequence[int | None], target: Shape) -> list[Step] | None:
    """Layers that bring a float tensor to a shape (both without the batch); None where that takes too much."""
    if tuple(found) == target:
        return []
    if found and target and tuple(found[:-1]) == target[:-1] and found[-1] is not None and target[-1] is not None:
        return [_dense(target[-1])]
    sizes = [size for size in target if size is not None]
    if len(sizes) < len(target) or prod(sizes) > WIDEST:
        return None
    steps: list[Step] = []
    if None in found:
        if len(found) < 2 or found[-1] is None:
            return None
        steps.append(("keras.ops.mean", {"axis": list(range(1, len(found)))}))
    elif len(found) > 1:
        steps.append(("keras.layers.Flatten", {}))
    elif not found:
        return None
    steps.append(_dense(prod(sizes)))
    if len(sizes) > 1:
        steps.append(("keras.layers.Reshape", {"target_shape": sizes}))
    return steps


def _dense(units: int) -> Step:
    return "keras.layers.Dense", {"units": units}
