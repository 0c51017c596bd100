"""What the words of a question are worth to everything that can be found: BM25, and how much of the question is met.

BM25 adds up what words are worth, and one rare word outweighs a question: so a result that meets half of what is
asked is worth less than half of one that meets all of it. The constants were fitted to questions such as those of
`tests/search`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from equivalence.search.names import GUIDE
from equivalence.search.thesaurus import others
from equivalence.search.vocabulary import BETWEEN, meanings, phrases
from equivalence.search.word_index import WordIndex

#: What a table's BM25 counts for. Names alone tell entries apart; what is asked is a guide's, wordings are an entry's.
_WEIGHTS = {"names": 1.5, "torch": 0.8, "asked": 1.6, "wordings": 2.4, "says": 0.6, "texts": 0.6}
#: By table, the power of the share of a row's words that are asked for: half a name is not what is meant.
_ROW_SHARE = {"names": 1.0, "torch": 1.0, "wordings": 0.625}
_WHOLE = 1.5  # of a wording that is there as a whole
_WORDINGS = ("asked", "wordings")
#: What a word stands for counts less than the word, and what is like it in some way less again: in score, and in what
#: of the question is met.
_MEANT, _MEANT_MET = 0.42, 0.64
_ALIKE, _ALIKE_MET = 0.25, 0.5
_ALIKE_IN = ("names", "wordings", "says")  # torch's names and long texts hold too many words of every day
_LEAST_MET = 0.15  # of a result that meets nothing of the question by itself
_GUIDE_MET = 0.8  # of a guide: it answers what is seen, which is said in few words of its own
_SYMPTOM = 1.5  # what a word that only a guide can meet weighs in the question


class Scores(NamedTuple):
    """`words`: BM25 by key. `met`: the share of the question that a key's rows meet, 0 to 1."""

    words: dict[str, float]
    met: dict[str, float]

    def covered(self, key: str) -> float:
        """The factor for how much of the question is met."""
        return _GUIDE_MET if key.startswith(GUIDE) else _LEAST_MET + (1 - _LEAST_MET) * self.met.get(key, 0.0)


def by_words(asked: Sequence[str], query: str, said: WordIndex, symptoms: int) -> Scores:
    """Scores for the words `asked`, as they are spelt; `symptoms` of them say what somebody sees."""
    naming = [word for word in asked if word not in BETWEEN]
    alike = others(naming, said.stems)
    scores: dict[str, float] = {}
    met: dict[str, set[str]] = {}
    for table, weight in _WEIGHTS.items():
        own = asked if table == "asked" else naming
        unknown = [word for word in own if word not in said.vocabulary]
        of_symptoms = table == "asked"
        looked_for = {
            1.0: [*own, *meanings(unknown, of_symptoms), *phrases(query)],
            _MEANT: [*meanings(own, of_symptoms)],
            _ALIKE: [other for word in naming for other in alike[word]] if table in _ALIKE_IN else [],
        }
        for share, wanted in looked_for.items():
            best = _best(table, wanted, said, met)
            for key, score in best.items():
                scores[key] = scores.get(key, 0.0) + weight * share * score
    return Scores(scores, _shares(naming, alike, met, said, symptoms))


def _best(table: str, wanted: Sequence[str], said: WordIndex, met: dict[str, set[str]]) -> dict[str, float]:
    """The score of each key's best row; the stems that are met go into `met`, but of long texts."""
    if table == "texts":
        return {key: score for key, score, _ in reversed(said.matches(table, wanted))}
    stems = said.stems(" ".join(wanted))
    best: dict[str, float] = {}
    for key, score, spelled in said.matches(table, wanted):
        row = set(spelled.split())
        common = row & stems
        score *= (len(common) / len(row)) ** _ROW_SHARE.get(table, 0.0)
        if table in _WORDINGS and len(common) == len(row) > 1:
            score *= _WHOLE
        best[key] = max(score, best.get(key, 0.0))
        met.setdefault(key, set()).update(common)
    return best


def _shares(
    naming: Sequence[str], alike: Mapping[str, list[str]], met: Mapping[str, set[str]], said: WordIndex, symptoms: int
) -> dict[str, float]:
    """By key, the share of the question that is met, each word by what it tells."""
    parts = []
    for word in dict.fromkeys(naming):
        if own := said.stems(word):
            meant, like = said.stems(" ".join(meanings([word]))), said.stems(" ".join(alike[word]))
            parts.append((said.told_by(word), own, meant, like))
    whole = sum(told for told, *_ in parts) + _SYMPTOM * symptoms or 1.0
    shares = {}
    for key, got in met.items():
        share = 0.0
        for told, own, meant, like in parts:
            share += told * (1.0 if own & got else _MEANT_MET if meant & got else _ALIKE_MET if like & got else 0.0)
        shares[key] = share / whole
    return shares
