"""Nested lists, tuples and dictionaries, traversed as Keras does: dictionaries sorted by key, at any depth.

Keras flattens with optree (keras/src/tree/optree_impl.py), so this does too. None is a leaf, and so is a named
tuple, as `Ref` is one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import optree

T = TypeVar("T")
#: What else counts as a leaf: what a file writes as a list or dictionary and means as one thing.
Whole = Callable[[Any], bool]


def leaves(structure: Any, whole: Whole | None = None) -> list[Any]:
    """Every leaf, in Keras's order."""
    return optree.tree_leaves(structure, is_leaf=_leaf(whole), none_is_leaf=True)


def leaves_of(kind: type[T], structure: Any) -> list[T]:
    """The leaves that are of one type, in Keras's order."""
    return [leaf for leaf in leaves(structure) if isinstance(leaf, kind)]


def paths(structure: Any) -> list[str]:
    """For every leaf, the text that takes it out of the structure: "[0]['b']"; empty where the structure is a leaf."""
    found = optree.tree_paths(structure, is_leaf=_is_named, none_is_leaf=True)
    return ["".join(f"[{key!a}]" for key in path) for path in found]


def mapped(change: Callable[[Any], Any], structure: Any, whole: Whole | None = None) -> Any:
    """The same structure with every leaf changed; `change` is called in Keras's order."""
    return optree.tree_map(change, structure, is_leaf=_leaf(whole), none_is_leaf=True)


def paired(change: Callable[[Any, Any], Any], structure: Any, other: Any) -> Any:
    """The same structure with `change(leaf, leaf of other)` for every leaf; lists and tuples are one.

    Raises ValueError where the structures differ.
    """
    given = leaves(other)
    if len(given) != len(leaves(structure)):
        raise ValueError(f"{len(given)} leaves stand where {len(leaves(structure))} are expected")
    rest = iter(given)
    return mapped(lambda leaf: change(leaf, next(rest)), structure)


def packed(structure: Any, flat: Any) -> Any:
    """The same structure with the leaves of `flat`, which are as many, in Keras's order."""
    return paired(lambda _, leaf: leaf, structure, list(flat))


def _leaf(whole: Whole | None) -> Whole:
    return _is_named if whole is None else lambda part: _is_named(part) or whole(part)


def _is_named(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_fields")
