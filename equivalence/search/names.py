"""Names as people write them, and what is called so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from equivalence.catalogue.index import fold, suffixes

if TYPE_CHECKING:
    from equivalence.schema import Entry

#: What the key of a guide begins with, among full Keras names.
GUIDE = "guide:"
#: What a name may leave out: images are meant before sequences and volumes.
_DIMENSIONS = ("2d", "1d", "3d")
#: What is meant where nothing else is called so: a word like "flatten" is a layer's.
_LAST = "keras.tree."
#: What is written as names are, and not as words: `MaxPool2d`, `max_pool`, `nn.Linear`.
NAMELIKE = re.compile(r"[A-Z].*[A-Z]|\d|_|\w\.\w")


def called(names: Mapping[str, Sequence[str]], name: str) -> tuple[str, list[str]]:
    """The spelling that is known, and full Keras names of the entries called so; those that match its case too come
    first. Two empty ones where nothing is called so. `names` is that of the index."""
    for candidate in spellings(name):
        found = names.get(fold(candidate))
        if found:
            short = candidate.rpartition(".")[2]
            return candidate, sorted(
                found, key=lambda keras: (keras.startswith(_LAST), keras.rpartition(".")[2] != short, _likelier(keras))
            )
    if len(name) > 3:
        for candidate in spellings(name):
            if of_all := [each for dims in _DIMENSIONS for each in names.get(f"{fold(candidate)}{dims}", ())[:1]]:
                return f"{candidate}2d", list(dict.fromkeys(of_all))
    return "", []


def _likelier(keras: str) -> bool:
    """Whether it is for sequences or volumes, where images are meant first."""
    return bool(re.search("[13]d", keras.rpartition(".")[2].lower()))


def how_called(entry: Entry, spelled: str) -> str:
    """ "exact" where that is an entry's Keras name or one of its torch names, "alias" where it is another."""
    folded = fold(spelled)
    return "exact" if any(folded in suffixes(name) for name in (entry.keras, *entry.torch)) else "alias"


def spellings(name: str) -> Iterator[str]:
    """The name without what people write before and after it: `tf.`, `F.`, the `_1` of a layer's name."""
    name = re.sub(r"^(tf|tensorflow)\.", "", name)
    name = re.sub(r"^F\.", "functional.", name)
    yield name
    yield re.sub(r"_\d+$", "", name)
    if re.fullmatch(r"[\w.]+", name):
        yield name.rpartition(".")[2]
