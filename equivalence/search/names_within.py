"""Names inside a question: neighbours (`leaky relu`), words written as names are (`MaxPool2d`), misspelt ones too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from equivalence.catalogue.index import Index, fold
from equivalence.search.names import NAMELIKE, called
from equivalence.search.vocabulary import EMPTY, EVERYDAY, MEANT, phrases

_WORD = 0.67  # of what one plain word names
_ARGUMENT = 0.8  # of what takes an argument that is named
_OWN = 1.1  # where it is its own name
_LATER = 0.4  # less, of what is called so after others
_IN_FULL = re.compile(r"\b(?:tf|K|keras|torch|nn|F|optim)\.[A-Za-z_][\w.]*\w")
_OF_KERAS = ("tf", "K", "keras")
_LONG = 8  # letters of a word that is looked up among names where it is no word


def named_within(
    query: str, asked: Sequence[str], index: Index, dims: str, known: set[str], arguments: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """Full Keras names of what a question calls by its name, each with how sure that is, 1 at the most.

    `asked` are its words as they are spelt; `dims` ("2d") decides between namesakes; `known` are all words that there
    are; `arguments`: what takes an argument of that name.
    """
    found: dict[str, float] = {}
    spelt = " ".join(asked)
    meant = " ".join([*(MEANT.get(word, word) for word in asked), ".", *phrases(query)])
    for share, parts in (
        (1.0, [part for text in (query, spelt, meant) for part in _written_as_names(text)]),
        (_WORD, [*_single(query), *_single(spelt), *phrases(query)]),
    ):
        for part in dict.fromkeys(parts):
            _note(found, part, called(index.names, part)[1], share, dims, single=share < 1)
    for word in re.findall(r"\w+", query):
        if "_" in word or word == query.strip():
            _note(found, word, arguments.get(word, ()), _ARGUMENT, dims)
    for word in re.findall(rf"[A-Za-z0-9]{{{_LONG},}}", query):
        if word.lower() not in known and not called(index.names, word)[1]:
            from equivalence.search.spelling import misspelled

            _note(found, word, misspelled(index.names, word), _WORD, dims)
    return found


def written_in_full(query: str, index: Index, dims: str) -> list[str]:
    """Full Keras names of what is written with the library before it, `tf.where`, `K.mean`, `torch.cat`, or, letter by
    letter, as Keras writes it (`GlobalMaxPooling1D`)."""
    found = []
    for name in _IN_FULL.findall(query):
        if (of_torch := _of_torch(name)) is not None:
            found += of_torch
        else:
            found += sorted(called(index.names, name)[1], key=lambda key: dims not in key.lower())[:1]
    for name in re.findall(r"\w+", query):
        if NAMELIKE.search(name):
            own = [keras for keras in called(index.names, name)[1] if keras.rpartition(".")[2] == name]
            found += own if len(own) == 1 else []
    return list(dict.fromkeys(found))


def _of_torch(name: str) -> list[str] | None:
    """What the translation of a torch name begins with, where that is an entry of Keras's; nothing where there is no
    counterpart; None where it is no translation of one."""
    if name.partition(".")[0] in _OF_KERAS:
        return None
    from equivalence.catalogue.from_torch.torch_index import resolved, rows_of
    from equivalence.translation.torch_words import full_name

    full = resolved(full_name(name))
    row = rows_of(full)[0] if full else None
    if row is None:
        return None
    if row.no_counterpart:
        return []
    return [row.keras] if isinstance(row.keras, str) and re.fullmatch(r"keras(\.\w+)+", row.keras) else None


def _note(
    found: dict[str, float], part: str, keys: Sequence[str], share: float, dims: str, single: bool = False
) -> None:
    keys = [key for key in keys[:2] if not key.startswith("keras.ops.")] if single else keys
    ordered = sorted(keys, key=lambda key: dims not in key.lower())
    for place, key in enumerate(ordered):
        own = single and fold(key.rpartition(".")[2]) == fold(part)
        found[key] = max(found.get(key, 0.0), (_OWN if own else share) / (1 + _LATER * place))


def _written_as_names(text: str) -> Iterator[str]:
    """Two to four words that stand together, as one; and those that are written as names are."""
    words = re.findall(r"[\w.]+", text)
    for count in (4, 3, 2):
        for start in range(len(words) - count + 1):
            if EMPTY.isdisjoint(words[start : start + count]):
                yield "".join(words[start : start + count])
    yield from (word.strip(".") for word in words if NAMELIKE.search(word))


def _single(text: str) -> list[str]:
    """Words that may be a name by themselves, and are no words of every day as well."""
    return [word for word in re.findall(r"\w+", text) if len(word) > 2 and word.lower() not in EVERYDAY]
