"""A `Weight` rule applied to arrays, both ways and bit for bit.

Values are moved, never computed with: whatever the dtype, a round trip gives the same bits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from einops import EinopsError, rearrange

from equivalence.schema import Weight


def to_torch(weight: Weight, array: np.ndarray, **sizes: int) -> np.ndarray:
    """The torch parameter that a Keras array becomes: `pick`, then `how`, then `blocks`.

    `sizes`: the axes that the array's shape does not tell, as those of a flattened map in
    "(h w c) u -> u (c h w)". The result is contiguous, and `array` itself where nothing has to move.

    Raises:
        ValueError: the rule does not fit the shape; names the weight, the rule and the shape.
    """
    return np.asarray(view_for_torch(weight, array, **sizes), order="C")


def view_for_torch(weight: Weight, array: np.ndarray, **sizes: int) -> np.ndarray:
    """What `to_torch` gives, as a view of `array` wherever that will do."""
    if weight.pick is not None:
        array = _pick(weight, array)
    if weight.how:
        array = _rearrange(weight, weight.how, array, sizes)
    return _reorder(weight, array, weight.blocks)


def to_keras(
    weights: Sequence[Weight], parameters: Mapping[str, np.ndarray], shape: tuple[int, ...], **sizes: int
) -> np.ndarray:
    """The Keras array of `shape` that torch parameters hold: the exact inverse of `to_torch`.

    `weights`: every row of one Keras array, so that a GRU's two biases become one array again.
    `parameters`: arrays by `Weight.torch`.

    Raises:
        ValueError: a rule does not fit, a part of the Keras array has no source, or two parameters
            that stem from one array disagree; names the weight and the shapes.
        KeyError: a parameter is missing.
    """
    name = weights[0].keras
    parts: dict[int | None, np.ndarray] = {}
    for weight in weights:
        part = _undo(weight, parameters[weight.torch], shape, sizes)
        known = parts.setdefault(weight.pick, part)
        if known.dtype != part.dtype or known.tobytes() != part.tobytes():
            raise ValueError(f"weight {name}: {weight.torch} holds other values than what shares its array")
    if set(parts) == {None}:
        return np.asarray(parts[None], order="C")
    if set(parts) != set(range(shape[0])):
        raise ValueError(f"weight {name}: of its {shape[0]} parts, torch holds {sorted(parts, key=str)}")
    if len({part.dtype for part in parts.values()}) > 1:
        raise ValueError(f"weight {name}: its parts are of different dtypes in torch")
    return np.stack([parts[index] for index in range(shape[0])])


def _pick(weight: Weight, array: np.ndarray) -> np.ndarray:
    if array.ndim == 0 or weight.pick not in range(array.shape[0]):
        raise ValueError(f"weight {weight.keras}: shape {array.shape} has no part {weight.pick}")
    return array[weight.pick]


def _undo(weight: Weight, parameter: np.ndarray, shape: tuple[int, ...], sizes: Mapping[str, int]) -> np.ndarray:
    """What `to_torch` was given (after `pick`), from what it returned."""
    if weight.pick is not None:
        shape = shape[1:]
    order = tuple(weight.blocks.index(block) for block in range(len(weight.blocks)))
    array = _reorder(weight, parameter, order)
    if weight.how:
        left, right = weight.how.split("->")
        array = _rearrange(weight, f"{right} -> {left}", array, {**sizes, **_axes(weight, left, shape)})
    if array.shape != shape:
        raise ValueError(
            f"weight {weight.keras}: {weight.torch} of shape {parameter.shape} becomes {array.shape}, not {shape}"
        )
    return array


def _axes(weight: Weight, left: str, shape: tuple[int, ...]) -> dict[str, int]:
    """The sizes of a pattern's plain axes: "(h w c) u" of shape (60, 7) tells u alone."""
    axes = re.findall(r"\([^)]*\)|\S+", left)
    if len(axes) != len(shape):
        raise ValueError(f"weight {weight.keras}: {weight.how!r} does not describe shape {shape}")
    return {axis: size for axis, size in zip(axes, shape, strict=True) if axis.isidentifier()}


def _rearrange(weight: Weight, pattern: str, array: np.ndarray, sizes: Mapping[str, int]) -> np.ndarray:
    try:
        return rearrange(array, pattern, **sizes)
    except EinopsError as error:
        given = f" with {dict(sizes)}" if sizes else ""
        raise ValueError(
            f"weight {weight.keras}: {pattern.strip()!r} does not fit shape {array.shape}{given}"
        ) from error


def _reorder(weight: Weight, array: np.ndarray, order: Sequence[int]) -> np.ndarray:
    """Equal blocks of the first axis in another order: block i of the result is block order[i]."""
    if not order:
        return array
    if array.ndim == 0 or array.shape[0] % len(order):
        raise ValueError(f"weight {weight.keras}: shape {array.shape} has no {len(order)} equal blocks")
    blocks = np.split(array, len(order))
    return np.concatenate([blocks[index] for index in order])
