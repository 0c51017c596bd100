"""Helpers of several objects in one script: those that are called alike and are not the same get names of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from equivalence.emit.called_text import defined


def told_apart(helpers: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """New names, by the old ones, for those of an object's `helpers` that are not what is `known` under theirs.

    What calls one that is renamed is another text by that, and is renamed too where its name is known.
    """
    found: dict[str, str] = {}
    while True:
        clash = next(
            (
                name
                for name in map(defined, helpers)
                if name not in found and known.get(name) not in (None, _texts(helpers, found)[name])
            ),
            None,
        )
        if clash is None:
            return found
        count = 2
        while known.get(new := f"{clash}_{count}") not in (None, _texts(helpers, {**found, clash: new})[clash]):
            count += 1
        found[clash] = new


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A piece of source with other names for functions and classes that it calls or defines."""
    for old, new in names.items():
        text = re.sub(rf"(?<![\w.\"']){re.escape(old)}(?![\w\"'=])", new, text)
    return text


def _texts(helpers: Sequence[str], names: Mapping[str, str]) -> dict[str, str]:
    """The helpers by their old names, written with the new ones."""
    return {defined(text): renamed(text, names) for text in helpers}
