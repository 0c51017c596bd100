"""A name, a call or plain words -> what the catalogue says, best first.

Standard library only, and of the catalogue no more than the modules of the entries found:
`equivalence lookup` answers in a few times the start of an empty Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.index import Index, fold
from equivalence.render.result_fields import record

if TYPE_CHECKING:
    from equivalence.schema import Entry
    from equivalence.search.call_text import Call

_MOST = 10  # results
_ALIKE = 75  # percent of a misspelled name that must be right


def lookup(what: str) -> list[dict[str, Any]]:
    """The translations that `what` asks for, best first; an empty list where nothing fits.

    `what` is a Keras or PyTorch name (with or without its module, any case), another name of it, a
    call of one (parsed, never evaluated) or plain words. A misspelled name finds its neighbours.
    Each result has the fields of `equivalence.render.result_fields`, and `call`: the arguments of the call
    that was asked about, each with its counterpart, or None.
    """
    index = Index()
    call = _call(what)
    name = call.name if call else what.strip()
    found = [index.entry(keras) for keras in _exact(index, name)] or list(_else(index, name))
    return [{**record(entry), "call": _answer(call, entry) if call else None} for entry in found[:_MOST]]


def _call(what: str) -> Call | None:
    if "(" not in what:
        return None
    from equivalence.search.call_text import parse

    return parse(what)


def _exact(index: Index, name: str) -> list[str]:
    """Full Keras names of the entries called `name`; those that match its case too come first."""
    for candidate in _spellings(name):
        found = index.names.get(fold(candidate))
        if found:
            short = candidate.rpartition(".")[2]
            return sorted(found, key=lambda keras: keras.rpartition(".")[2] != short)
    return []


def _spellings(name: str) -> Iterator[str]:
    """The name without what people write before and after it: `tf.`, `F.`, the `_1` of a layer's name."""
    name = re.sub(r"^(tf|tensorflow)\.", "", name)
    name = re.sub(r"^F\.", "functional.", name)
    yield name
    yield re.sub(r"_\d+$", "", name)
    if re.fullmatch(r"[\w.]+", name):
        yield name.rpartition(".")[2]


def _else(index: Index, what: str) -> Iterator[Entry]:
    """Entries for what is no exact name: names in the question, then words, or a misspelling's neighbours."""
    from equivalence import catalogue
    from equivalence.search.words import ranked

    if len(what.split()) == 1:
        near = list(_near(index, what))
        if near:
            yield from map(index.entry, near)
            return
    named = dict.fromkeys(keras for part in _parts(what) for keras in _exact(index, part))
    yield from map(index.entry, named)
    for entry in ranked(what, catalogue.entries()):
        if entry.keras not in named:
            yield entry


def _parts(what: str) -> Iterator[str]:
    """What in a question may be a name: neighbours (`leaky relu`), and words written as names are (`MaxPool2d`)."""
    words = re.findall(r"[\w.]+", what)
    for count in (3, 2):
        for start in range(len(words) - count + 1):
            yield "".join(words[start : start + count])
    for word in words:
        if re.search(r"[A-Z].*[A-Z]|\d|_", word):
            yield word


def _near(index: Index, name: str) -> list[str]:
    """Full Keras names of the entries whose name is nearly `name`."""
    from rapidfuzz import fuzz, process

    short = [known for known in index.names if "." not in known]
    folded = fold(name).rpartition(".")[2]
    close = process.extract(folded, short, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=_MOST)
    return list(dict.fromkeys(keras for known, _, _ in close for keras in index.names[known]))


def _answer(call: Call, entry: Entry) -> list[dict[str, Any]]:
    """What becomes of each argument of the call."""
    from equivalence.search.call_text import bind

    module, _, short = call.name.rpartition(".")
    torch = {name.rpartition(".")[2] for name in entry.torch}
    by_torch = short in torch and (short != entry.name or module.partition(".")[0] in ("torch", "nn", "F"))
    answers = []
    for bound in bind(call, entry, by_torch):
        argument = bound.argument
        answers.append(
            {
                "name": bound.name,
                "given": bound.given,
                "keras": argument.keras if argument else None,
                "torch": argument.torch if argument else None,
                "how": argument.how if argument else "",
                "note": argument.note if argument else f"{entry.keras} states no such argument",
            }
        )
    return answers
