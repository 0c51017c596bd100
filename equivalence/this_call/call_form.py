"""One form of the translation of a call."""

from __future__ import annotations

from typing import NamedTuple

from equivalence.emit.short_text import Short


class Form(NamedTuple):
    """One form, and for which sizes it holds ("": for all)."""

    condition: str
    said: Short
    verdict: str
    shapes: dict[str, list[str]]
    differences: dict[str, tuple[list[str], list[str]]]  # those that are met: right and wrong lines
