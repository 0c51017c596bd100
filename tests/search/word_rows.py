"""The rows of everything that is found by words, built once."""

from __future__ import annotations

from functools import cache

from equivalence import catalogue
from equivalence.search.word_index import WordIndex, build


@cache
def said_of_all() -> WordIndex:
    return WordIndex(build(catalogue.entries(), catalogue.every_guide().values()))
