"""Naive forms of what is written as a helper: its source with pieces exchanged."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site


def mistaken(source: str, *swaps: tuple[str, str]) -> str:
    """A helper's source with pieces of it exchanged. Raises ValueError where one does not occur."""
    for right, wrong in swaps:
        if right not in source:
            raise ValueError(f"{right!r} is not in the source that should have it exchanged")
        source = source.replace(right, wrong)
    return source


def naive(emit: Callable[..., Any], source: str, *swaps: tuple[str, str]) -> Callable[[Site], Any]:
    """The naive form of an emit function that takes the source of its helper: pieces of it exchanged."""
    return lambda site: emit(site, mistaken(source, *swaps))
