"""Keras's axis arguments as dimensions of the tensor that the port holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def held_dim(site: Site, x: Value, axis: object) -> int:
    """The torch dimension of Keras's axis of `x`; -1 where it is the last one, as people write it.

    Raises Refused for an axis that `x` lacks.
    """
    if isinstance(axis, bool) or not isinstance(axis, int) or not -x.rank <= axis < x.rank:
        site.config.refuse("axis", axis, f"is no axis of an input of shape {x.shape}")
    dim = x.dim(axis)
    return -1 if dim == x.rank - 1 else dim
