"""Padding in torch's words, innermost axis first, as Keras writes it, axis by axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: What Keras on TensorFlow lacks: the edge repeated, and the other end.
EDGES = '''
def pad_by_index(x, widths, mode):
    """Pads axis 1 and those behind it with the edge's values ("replicate") or the other end's ("circular")."""
    for axis, (before, after) in enumerate(widths, start=1):
        size = x.shape[axis]
        places = np.arange(-before, size + after)
        places = np.clip(places, 0, size - 1) if mode == "replicate" else places % size
        x = keras.ops.take(x, places, axis=axis)
    return x
'''


def as_tuple(value: Any, dims: int) -> tuple[int, ...]:
    """One number for each axis."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * dims


def in_pairs(padding: Any, dims: int) -> list[tuple[int, int]]:
    """What a padding module of torch's is given, (left, right, top, bottom, ...), as pairs, first axis first."""
    flat = as_tuple(padding, 2 * dims)
    pairs = [(flat[place], flat[place + 1]) for place in range(0, len(flat), 2)]
    return pairs[::-1]


def padded(x: str, mode: str, pairs: Sequence[tuple[int, int]], value: str = "0") -> str:
    """`x`, channels last, padded along its positions. `mode` is torch's word."""
    if mode in ("replicate", "circular"):
        return f"pad_by_index({x}, {list(pairs)!r}, {mode!r})"
    widths = ((0, 0), *pairs, (0, 0))
    if mode == "reflect":
        return f"keras.ops.pad({x}, {widths!r}, mode='reflect')"
    return f"keras.ops.pad({x}, {widths!r}{'' if value == '0' else f', constant_values={value}'})"
