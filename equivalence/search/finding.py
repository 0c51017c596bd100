"""A name, a call or plain words -> what the catalogue says, best first.

Standard library only, and of the catalogue no more than the modules of the entries found:
`equivalence lookup` answers in a few times the start of an empty Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from equivalence.catalogue.index import Index
from equivalence.render.result_fields import record
from equivalence.search.names import NAMELIKE, called, how_called

if TYPE_CHECKING:
    from equivalence.schema import Entry
    from equivalence.search.call_text import Call

_MOST = 10  # results
_NEAREST = 3  # names that are suggested where nothing is found
_LONGEST = 2000  # characters that are looked at; nobody asks more


class Found(NamedTuple):
    """What a query finds: `match` says how. Where that is None there are no results, but names that are near."""

    match: str | None  # "exact", "alias", "similar", "words"
    results: list[dict[str, Any]]
    nearest: list[str]  # full Keras names


def lookup(what: str) -> list[dict[str, Any]]:
    """The translations that `what` asks for, best first; an empty list where nothing fits.

    `what` is a Keras or PyTorch name (with or without its module, any case), another name of it, a
    call of one (parsed, never evaluated) or plain words. A misspelled name finds what it is nearly.
    Each result has the fields of `equivalence.render.result_fields`, and `call`: the arguments of the call
    that was asked about, each with its counterpart, or None.
    """
    return find(what).results


def find(what: str) -> Found:
    """As `lookup`, with how the results were found, or what is near where there are none."""
    what = what[:_LONGEST].strip()
    index = Index()
    call = _call(what)
    match, names = _resolved(index, call.name if call else what)
    results = []
    for keras in names[:_MOST]:
        entry = index.entry(keras)
        results.append({**record(entry), "call": _answer(call, entry) if call else None})
    if results:
        return Found(match, results, [])
    from equivalence.search.spelling import nearest

    return Found(None, [], nearest(index.names, call.name if call else what, _NEAREST))


def _resolved(index: Index, name: str) -> tuple[str | None, list[str]]:
    """How `name` is meant, and the full Keras names of the entries, best first."""
    spelled, found = called(index.names, name)
    if found:
        return how_called(index.entry(found[0]), spelled), found
    if not any(letter.isalnum() for letter in name):
        return None, []
    from equivalence.search.spelling import misspelled

    single = len(name.split()) == 1
    if single and NAMELIKE.search(name):
        return "similar", misspelled(index.names, name)
    from equivalence.search.words import ranked

    found = ranked(name, index)
    if found:
        return "words", found
    return "similar", misspelled(index.names, name) if single else []


def _call(what: str) -> Call | None:
    if "(" not in what:
        return None
    from equivalence.search.call_text import parse

    return parse(what)


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
