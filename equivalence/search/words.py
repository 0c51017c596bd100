"""Plain words against what the entries say: a weighted count, rare words counting more."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from equivalence.search.names import NAMELIKE
from equivalence.search.names import called as entries_called

if TYPE_CHECKING:
    from equivalence.catalogue.index import Index
    from equivalence.schema import Entry

#: Words that say nothing of what is meant.
_EMPTY = frozenset(
    """a an and are as at be between by can convert difference do does equivalent for from get have how i in
    instead is it its keras layer like my of on or port python pytorch same tensorflow tf than that the this
    to torch use vs what when which why with version""".split()
)
_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+[dD]?")


def words(text: str) -> list[str]:
    """The words of a text or a name that carry meaning, in lower case: `GlobalAvgPool2D` is global, avg, pool, 2d."""
    parts = (part.lower() for part in _CAMEL.findall(text))
    return [_stem(part) for part in parts if len(part) > 1 and part not in _EMPTY]


def _stem(word: str) -> str:
    for ending in ("ization", "isation", "izes", "ises", "ing", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


def ranked(query: str, index: Index) -> list[str]:
    """Full Keras names of the entries that a question names, then of those that speak of its words."""
    from equivalence import catalogue

    named = dict.fromkeys(keras for part in _parts(query) for keras in entries_called(index.names, part)[1])
    named.update(dict.fromkeys(entry.keras for entry in by_words(query, catalogue.entries())))
    return list(named)


def _parts(what: str) -> Iterator[str]:
    """What in a question may be a name: neighbours (`leaky relu`), and words written as names are (`MaxPool2d`)."""
    found = re.findall(r"[\w.]+", what)
    for count in (3, 2):
        for start in range(len(found) - count + 1):
            yield "".join(found[start : start + count])
    for word in found:
        if NAMELIKE.search(word):
            yield word


def by_words(query: str, entries: Sequence[Entry]) -> list[Entry]:
    """The entries that speak of the query's words, best first; those with none left out."""
    wanted = set(words(query))
    texts = [dict(_weighted(entry)) for entry in entries]
    spread = Counter(word for text in texts for word in text)
    scores = {
        place: sum(text[word] * math.log(1 + len(entries) / spread[word]) for word in wanted & text.keys())
        for place, text in enumerate(texts)
    }
    order = sorted(
        (place for place in scores if scores[place] > 0),
        key=lambda place: (-scores[place], len(entries[place].name), place),
    )
    return [entries[place] for place in order]


def _weighted(entry: Entry) -> Iterator[tuple[str, float]]:
    """Each word of an entry with its weight; the heaviest place it stands in comes last."""
    differences = " ".join(f"{each.id} {each.says}" for each in entry.differences)
    notes = " ".join(argument.note for argument in entry.arguments)
    names = " ".join(f"{argument.keras} {argument.torch or ''}" for argument in entry.arguments)
    for weight, text in ((0.5, notes), (1.0, differences), (1.0, entry.says), (1.5, names)):
        yield from ((word, weight) for word in words(text))
    for weight, called in (
        (3.0, [torch.rpartition(".")[2] for torch in entry.torch]),
        (4.0, [entry.name, *entry.aliases]),
    ):
        for name in called:
            parts = words(name)
            yield from ((part, weight / math.sqrt(len(parts))) for part in parts)  # of a long name each says less
            yield _stem(name.lower()), weight
