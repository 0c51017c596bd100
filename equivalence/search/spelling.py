"""Misspelled names: what one is beyond doubt, and what it may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from equivalence.catalogue.index import fold
from equivalence.search.names import spellings

_LETTERS_A_MISTAKE = 6  # a name of so many letters may have one wrong, of twice as many two
_MOST_MISTAKES = 3


def misspelled(names: Mapping[str, Sequence[str]], name: str) -> list[str]:
    """Full Keras names of the entries that `name` is meant to be; none where it may as well be something else.

    A digit is never a slip (Conv1D is not Conv2D), nor is the first letter; the module that is named stays.
    """
    module, _, _ = next(spellings(name)).rpartition(".")
    folded = fold(name.rpartition(".")[2])
    mistakes = min(len(folded) // _LETTERS_A_MISTAKE, _MOST_MISTAKES)
    if not mistakes:
        return []
    wanted = [known for known in _short(names) if known[0] == folded[0] and _digits(known) == _digits(folded)]
    close = process.extract(folded, wanted, scorer=OSA.distance, score_cutoff=mistakes, limit=None)
    if not close:
        return []
    least = min(distance for _, distance, _ in close)
    meant = [known for known, distance, _ in close if distance == least]
    if module and any(fold(f"{module}.{known}") in names for known in meant):
        meant = [f"{module}.{known}" for known in meant]
    return list(dict.fromkeys(keras for known in meant for keras in names.get(fold(known), ())))


def nearly(word: str, known: Iterable[str]) -> str:
    """The known word that `word` is a misspelling of; "" where there is none. Plurals are no misspellings."""
    mistakes = 1 if len(word) < 8 else 2
    wanted = sorted(each for each in known if each[0] == word[0] and abs(len(each) - len(word)) <= mistakes)
    found = process.extractOne(word, wanted, scorer=OSA.distance, score_cutoff=mistakes)
    return found[0] if found else ""


def nearest(names: Mapping[str, Sequence[str]], name: str, most: int) -> list[str]:
    """Full Keras names of the entries whose names are most alike, whether or not they may be meant."""
    folded = fold(name.rpartition(".")[2]) or fold(name)
    close = process.extract(folded, _short(names), scorer=fuzz.ratio, limit=4 * most)
    return list(dict.fromkeys(names[known][0] for known, score, _ in close if score))[:most]


def _short(names: Mapping[str, Sequence[str]]) -> list[str]:
    return [known for known in names if known and "." not in known]


def _digits(name: str) -> list[str]:
    return re.findall(r"\d", name)
