"""What a forward is called with, as far as another call may share it; and what it must return."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from equivalence.translation.call_site import Value

#: Of each input of a forward: the shape of the mask that comes with it (None: no mask), and the first input that is
#: the same object of Keras.
Given = tuple[tuple[tuple[int | None, ...] | None, int], ...]


def given_of(values: Sequence[Value]) -> Given:
    """What these tensors are to a forward."""
    objects = [id(value.object) for value in values]
    return tuple(
        (None if value.mask is None else value.mask.shape, objects.index(id(value.object))) for value in values
    )


def hollow(structure: Any) -> bool:
    """Whether a structure, or a part of it, holds no tensor."""
    if isinstance(structure, Value):
        return False
    parts = list(structure.values()) if isinstance(structure, dict) else structure
    return not isinstance(parts, (list, tuple)) or not parts or any(hollow(part) for part in parts)
