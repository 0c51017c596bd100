"""Inputs that end in padding, where a model has a mask: as its users have them, and a port written by hand expects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from equivalence.emit.wrapped import class_of
from equivalence.translation.graph import Graph, Ref
from equivalence.verification.ported import Ported
from equivalence.verification.sample_inputs import draw_inputs


def draw_padded(ported: Ported, seed: int = 0) -> list[np.ndarray]:
    """As `draw_inputs`; of what is masked, the first sequence is whole and the others end in the padding.

    A mask may have any form, and packed sequences in torch only this one. Raises what `draw_inputs` does.
    """
    padding = _padding(ported.graph)
    return [
        _padded(array, padding[ref], seed) if ref in padding else array
        for ref, array in zip(ported.graph.specs, draw_inputs(ported, seed), strict=True)
    ]


def _padding(graph: Graph) -> dict[Ref, float]:
    """Of each input that a layer makes a mask of: the number that it leaves out."""
    found: dict[Ref, float] = {}
    for call in graph.calls:
        name, config = class_of(call.layer).name, call.layer.config
        if name == "Embedding" and config.get("mask_zero") is True:
            found.update(dict.fromkeys(call.refs(), 0.0))
        elif name == "Masking" and isinstance(value := config.get("mask_value", 0.0), (int, float)):
            found.update(dict.fromkeys(call.refs(), float(value)))
        elif call.inside is not None:
            inside = _padding(call.inside)
            pairs = zip(call.refs(), call.inside.specs, strict=False)
            found.update({ref: inside[own] for ref, own in pairs if own in inside})
    return {ref: value for ref, value in found.items() if ref in graph.specs}


def _padded(array: np.ndarray, value: float, seed: int) -> np.ndarray:
    if array.ndim < 2 or array.dtype.kind not in "iuf":
        return array
    array, steps = array.copy(), array.shape[1]
    if np.array_equal(array, np.rint(array)) and array.max() > 0:  # indices: no padding in between
        own = np.random.default_rng(seed).integers(1, int(array.max()) + 1, array.shape)
        array = np.where(array == value, own, array).astype(array.dtype)
    for row, length in zip(range(1, len(array)), _lengths(steps), strict=False):
        array[row, length:] = value
    return array


def _lengths(steps: int) -> Sequence[int]:
    """Of the sequences behind the first: two thirds of the steps, then one less each, at least one."""
    return [max(1, (2 * steps) // 3 - less) for less in range(64)]
