"""Inputs of texts: nested lists in an emitted forward."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def texts(site: Site) -> Value:
    """The input, which holds texts. Raises Refused for other inputs."""
    x = site.x
    if x.dtype != "string":
        site.refuse(f"it is called on {x.dtype}; give it texts, by keras.Input(..., dtype='string')")
    return x


def inner_sizes(x: Value) -> list[int]:
    """The sizes of the lists inside the outer one; -1 where any will do."""
    return [-1 if size is None else size for size in x.shape[1:]]
