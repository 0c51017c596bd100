"""Plain words, names among them, and symptoms -> entries and guides, best first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from equivalence.catalogue.index import Index
from equivalence.search.names import GUIDE, NAMELIKE, called
from equivalence.search.vocabulary import BETWEEN, EMPTY, EVERYDAY, MEANT, SEEN, SYMPTOMS, meanings, phrases, words
from equivalence.search.word_index import WordIndex

#: What a table's BM25 counts for. Names alone tell entries apart; what is asked is a guide's.
_WEIGHTS = {"names": 1.5, "torch": 0.8, "asked": 2.0, "says": 0.8, "texts": 1.0}
_NAMED = 12.0  # what is called in the question as it is called in a library
_WORD = 8.0  # likewise by one plain word
_MEANT = 0.7  # what a word stands for, where it is known itself
_LATER = 0.4  # less, of what is called so after others
_INNER = 0.7  # of what Keras does not export
_FUNCTION = 0.8  # of an operation, of which people ask less, and whose names are words of every day
_GUIDE = 1.0  # of a guide where nothing in the question is a symptom, and more for each word that is
_NO_SYMPTOM = 0.6
_SYMPTOM = 0.3
_MESSAGE = 4  # so many symptoms is the message of an error
_ERROR = re.compile(r"\w+Error\b|torch\.Size|\bexpected\b.*\bgot\b|cannot be")
_KNOWN = 0.02  # for each name that something has: what is much asked for has many
#: Of namesakes for sequences, images and volumes those for images are meant, unless something says otherwise.
_DIMENSIONS = {
    "1d": frozenset(
        "1d time sequence sequences temporal text signal audio step steps timestep timesteps words".split()
    ),
    "2d": frozenset("2d image images picture pictures height width pixels pixel feature".split()),
    "3d": frozenset("3d video volume volumes voxel voxels volumetric".split()),
}
_BESIDE = 0.35  # of the best score, that something beside it must have
_UNDERSTOOD = 0.5  # of a question's words, that something must be known of
_LEAST = 3.0  # a result below that is a word in common, and no answer


class Hit(NamedTuple):
    """One result: a full Keras name, or GUIDE and a guide's id."""

    key: str
    score: float


def ranked(query: str, index: Index, said: WordIndex) -> list[Hit]:
    """What a question is answered with, best first; misspelt words are read as the ones they are nearly."""
    asked = list(_corrected(words(query), said.vocabulary))
    naming = [word for word in asked if word not in BETWEEN]
    scores: dict[str, float] = {}
    for table, weight in _WEIGHTS.items():
        symptoms = table == "asked"
        own = asked if symptoms else naming
        unknown = [word for word in own if word not in said.vocabulary]
        wanted = {
            1.0: [*own, *meanings(unknown, symptoms), *phrases(query)],
            _MEANT: [*meanings(own, symptoms)],
        }
        for share, words_of in wanted.items():
            for key, score in said.scores(table, words_of).items():
                scores[key] = scores.get(key, 0.0) + weight * share * score
    named = dict.fromkeys([*_named(query, index), *_named(" ".join(asked), index)])
    understood = sum(word in said.vocabulary or word in BETWEEN or word in MEANT for word in asked)
    if not named and understood < _UNDERSTOOD * len(asked):
        return []
    for weight, found in ((_NAMED, named), (_WORD, _words_that_name(" ".join([query, *asked]), index))):
        for place, key in enumerate(found):
            scores[key] = scores.get(key, 0.0) + weight / (1 + _LATER * place)
    seen = sum(word in SYMPTOMS for word in query.lower().split()) + _MESSAGE * bool(_ERROR.search(query))
    hits = [
        Hit(key, score * _factor(key, asked, seen) * (1 + _KNOWN * min(said.asked_for.get(key, 0), 10)))
        for key, score in scores.items()
        if score >= _LEAST
    ]
    best = max((hit.score for hit in hits), default=0.0)
    hits = [hit for hit in hits if hit.score >= _BESIDE * best]
    return sorted(hits, key=lambda hit: (-hit.score, len(hit.key), hit.key))


def _factor(key: str, asked: list[str], symptoms: int) -> float:
    """How much likelier a result is meant than its words tell."""
    if key.startswith(GUIDE):
        return _GUIDE + _SYMPTOM * min(symptoms, 6) if symptoms else _NO_SYMPTOM
    name = key.rpartition(".")[2]
    factor = (
        _INNER
        if key.startswith("keras.src.")
        else _FUNCTION
        if key.startswith("keras.ops.")
        else 1.0
        if name[0].isupper()
        else 0.8
    )
    wanted = next((dims for dims, words_of in _DIMENSIONS.items() if not words_of.isdisjoint(asked)), "2d")
    return factor * (1.2 if name.lower().endswith(wanted) else 1.0)


def _named(query: str, index: Index) -> Iterator[str]:
    """Full Keras names of what a question calls by its name: neighbours (`leaky relu`), and words written as names are
    (`MaxPool2d`)."""
    found = re.findall(r"[\w.]+", query)
    parts = [
        "".join(found[start : start + count])
        for count in (4, 3, 2)
        for start in range(len(found) - count + 1)
        if EMPTY.isdisjoint(found[start : start + count])
    ]
    parts += [word.strip(".") for word in found if NAMELIKE.search(word)]
    yield from dict.fromkeys(keras for part in parts for keras in called(index.names, part)[1])


def _words_that_name(query: str, index: Index) -> Iterator[str]:
    """Full Keras names of what is called by one word of a question, if that is no word of every day as well."""
    parts = [word for word in re.findall(r"\w+", query) if len(word) > 2 and word.lower() not in EVERYDAY]
    found = dict.fromkeys(keras for part in parts for keras in called(index.names, part)[1][:2])
    yield from (keras for keras in found if not keras.startswith("keras.ops."))


def _corrected(found: Iterable[str], vocabulary: set[str]) -> Iterator[str]:
    """The words, the misspelt ones as they are spelt."""
    known = vocabulary | MEANT.keys() | BETWEEN | SEEN.keys() | SYMPTOMS
    for word in found:
        if word in known or len(word) < 4 or not word.isascii():
            yield word
            continue
        from equivalence.search.spelling import nearly

        yield nearly(word, known) or word
