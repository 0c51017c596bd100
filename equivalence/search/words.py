"""Plain words, names among them, and symptoms -> entries and guides, best first."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from equivalence.catalogue.index import Index
from equivalence.search.messages import heard
from equivalence.search.names import GUIDE, called
from equivalence.search.names_within import named_within, written_in_full
from equivalence.search.other_languages import in_english
from equivalence.search.scoring import by_words
from equivalence.search.symptoms import SEEN, symptoms
from equivalence.search.thesaurus import WORDS
from equivalence.search.vocabulary import BETWEEN, MEANT, words
from equivalence.search.word_index import WordIndex

_NAMED = 17.0  # what is called in the question as it is called in a library
#: Of what people ask less, and whose names are words of every day.
_HOMES = {
    "keras.src.": 0.7,
    "keras.ops.": 0.75,
    "keras.metrics.": 0.8,
    "keras.initializers.": 0.85,
    "keras.tree.": 0.6,
    "keras.random.": 0.7,
    "keras.utils.": 0.8,
}
#: What others are made from, and no answer by itself.
_BASES = frozenset(
    "Layer Loss Metric Optimizer Initializer Regularizer Constraint Callback LearningRateSchedule".split()
)
_BASE = 0.6
_LOWER = 0.8  # of the functions of losses and metrics, beside their classes
_ASKED_KIND = 1.4  # where the question says what it is: a loss, a metric
_KINDS = {
    "layer": "keras.layers.",
    "loss": "keras.losses.",
    "metric": "keras.metrics.",
    "optimi": "keras.optimizers.",
    "initiali": "keras.initializers.",
    "regulari": "keras.regularizers.",
    "callback": "keras.callbacks.",
    "schedule": "keras.optimizers.schedules.",
    "activation": "keras.activations.",
    "constraint": "keras.constraints.",
}
_NO_SYMPTOM = 0.8  # of a guide where nothing in the question is a symptom, and more for each word that is
_SYMPTOM = 0.45
_BESIDE_THE_POINT, _TO_THE_POINT = 0.45, 1.2  # of a guide about something of which the question speaks, or not
_MESSAGE = 4  # so many symptoms is the message of an error
_PERCENT = re.compile(r"\d\s?(%|percent)")
_ERROR = re.compile(r"\w+Error\b|torch\.Size|\bexpected\b.*\bgot\b|cannot be")
_KNOWN = 0.02  # for each name that something has: what is much asked for has many
#: Of namesakes for sequences, images and volumes those for images are meant, unless something says otherwise.
_DIMENSIONS = {
    "1d": frozenset(
        "1d causal time sequence sequences temporal text signal audio step steps timestep timesteps words".split()
    ),
    "2d": frozenset("2d image images picture pictures height width pixels pixel feature".split()),
    "3d": frozenset("3d video volume volumes voxel voxels volumetric".split()),
}
_OTHER_DIMENSIONS = 0.7  # of those for others, where the question says for how many
_SURE, _ITS_ARGUMENT = 0.6, 1.3  # of what is named so surely, where one of its arguments is named too
_OF_MOST = frozenset(
    "x x1 x2 a input inputs y units name dtype axis size shape value values layer layers function cell mask".split()
)
_BESIDE = 0.22  # of the best score, that something beside it must have
_UNDERSTOOD = 0.34  # of a question's words, that something must be known of
_LEAST = 3.0  # a result below that is a word in common, and no answer


class Hit(NamedTuple):
    """One result: a full Keras name, or GUIDE and a guide's id."""

    key: str
    score: float


def ranked(query: str, index: Index, said: WordIndex) -> list[Hit]:
    """What a question is answered with, best first; misspelt words are read as the ones they are nearly."""
    query = in_english(query)
    asked = list(_corrected(words(query), said.vocabulary))
    asked += ["accuracy"] if _PERCENT.search(query) else []
    seen = max(map(symptoms, (query, _spelt(query, asked)))) + _MESSAGE * bool(_ERROR.search(query))
    seen += bool(_PERCENT.search(query))
    scores = by_words(asked, query, said, seen)
    told = next((dims for dims, told in _DIMENSIONS.items() if not told.isdisjoint(asked)), "")
    dims = told or "2d"
    known = said.vocabulary | MEANT.keys() | BETWEEN
    named = named_within(query, asked, index, dims, known, said.arguments)
    understood = sum(word in said.vocabulary or word in BETWEEN or word in MEANT for word in asked)
    message = heard(query, said.messages)
    if not named and not message and understood < _UNDERSTOOD * len(asked):
        return []
    kinds = () if seen else tuple(home for word, home in _KINDS.items() if word in query.lower())
    hits = []
    for key in scores.words.keys() | named.keys():
        score = scores.words.get(key, 0.0) + _NAMED * named.get(key, 0.0)
        if score >= _LEAST:
            factor = _factor(key, dims, kinds, seen) * _likely(key, query, said)
            factor *= _OTHER_DIMENSIONS if told and _of_others(key, told) else 1.0
            factor *= _ITS_ARGUMENT if named.get(key, 0) >= _SURE and _takes_one_of(index, key, query) else 1.0
            hits.append(Hit(key, score * factor * scores.covered(key)))
    best = max((hit.score for hit in hits), default=0.0)
    hits = [hit for hit in hits if hit.score >= _BESIDE * best]
    ordered = _mixed(sorted(hits, key=lambda hit: (-hit.score, len(hit.key), hit.key)), named)
    full = written_in_full(query, index, dims) if not seen else []
    full = [message.partition("#")[0]] if message else full
    first = [Hit(key, best) for key in full]
    return [*first, *(hit for hit in ordered if hit.key not in full)]


def _spelt(query: str, asked: Iterable[str]) -> str:
    """The query with its misspelt words as they are spelt."""
    for word, spelt in zip(words(query), asked, strict=False):
        if spelt != word:
            query = re.sub(rf"\b{re.escape(word)}\b", spelt, query, flags=re.IGNORECASE)
    return query


def _takes_one_of(index: Index, key: str, query: str) -> bool:
    """Whether a word of the query is an argument of what it names, and says more than that it takes something."""
    said = frozenset(re.findall(r"[a-z_0-9]+", query.lower())) - _OF_MOST
    taken = said.intersection(argument.keras for argument in index.entry(key).arguments)
    return any(key not in called(index.names, word)[1] for word in taken)


def _mixed(hits: list[Hit], named: Collection[str]) -> list[Hit]:
    """Behind the guide that is first, what the question names comes before other guides."""
    if not hits or not hits[0].key.startswith(GUIDE):
        return hits
    first = [hit for hit in hits[1:] if hit.key in named][:1]
    return [hits[0], *first, *(hit for hit in hits[1:] if hit not in first)]


def _likely(key: str, query: str, said: WordIndex) -> float:
    """Less for a guide about something that the question does not speak of, more for what is asked for much."""
    spoken = query.lower()
    words = said.about.get(key)
    about = 1.0 if words is None else _TO_THE_POINT if any(word in spoken for word in words) else _BESIDE_THE_POINT
    return about * (1 + _KNOWN * min(said.asked_for.get(key, 0), 10))


def _factor(key: str, dims: str, kinds: tuple[str, ...], symptoms: int) -> float:
    """How much likelier a result is meant than its words tell."""
    if key.startswith(GUIDE):
        return 1 + _SYMPTOM * min(symptoms, 6) if symptoms else _NO_SYMPTOM
    name = key.rpartition(".")[2]
    factor = next((factor for home, factor in _HOMES.items() if key.startswith(home)), 1.0)
    factor *= 1.0 if name[0].isupper() or key.startswith(("keras.ops.", "keras.activations.")) else _LOWER
    factor *= _BASE if name in _BASES else 1.0
    factor *= _ASKED_KIND if kinds and key.startswith(kinds) and name not in _BASES else 1.0
    return factor * (1.2 if dims in name.lower() else 1.0)


def _of_others(key: str, dims: str) -> bool:
    """Whether a name says how many dimensions it is for, and others than those."""
    return key.endswith(("1D", "2D", "3D")) and not key.lower().endswith(dims)


def _corrected(found: Iterable[str], vocabulary: set[str]) -> Iterator[str]:
    """The words, the misspelt ones as they are spelt."""
    known = vocabulary | MEANT.keys() | BETWEEN | SEEN.keys() | WORDS
    for word in found:
        if word in known or len(word) < 4 or not word.isascii():
            yield word
            continue
        from equivalence.search.spelling import nearly

        yield nearly(word, known) or word
