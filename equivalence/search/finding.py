"""A name, a call or plain words -> what the catalogue says, best first.

Standard library only, and of the catalogue no more than the modules of the entries found:
`equivalence lookup` answers in a few times the start of an empty Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.index import Index
from equivalence.render.result_fields import record
from equivalence.search.found import Found
from equivalence.search.names import GUIDE, NAMELIKE, called, how_called
from equivalence.search.torch_asked import asked

if TYPE_CHECKING:
    from equivalence.schema import Argument, Entry
    from equivalence.search.call_text import Call
    from equivalence.search.word_index import WordIndex

_MOST = 20  # results: as many networks have a function of one name
_BY_WORDS = 5  # where words alone found them
_BY_NAME = ("exact", "alias")
_NEAREST = 3  # names that are suggested where nothing is found
#: What every layer takes, and no entry states.
_SHAPE = "the input's shape: what torch's modules are told of it is their first argument"
_FROZEN = (
    "False is requires_grad_(False) on its parameters; a BatchNormalization takes its running statistics in training "
    "too then: keep its module in eval()"
)
_NOTES = {
    "input_shape": _SHAPE,
    "batch_input_shape": _SHAPE,
    "input_dim": _SHAPE,
    "name": "of the attribute in torch",
    "trainable": _FROZEN,
}
_LONGEST = 2000  # characters that are looked at; nobody asks more


def find(what: str, whole: int = _MOST) -> Found:
    """What the catalogue says of `what`; see `equivalence.looking_up.lookup`, which writes calls out as well.

    What is asked in torch's words is answered with torch first, by the fields of `render.torch_first_fields`.
    Of more results than are wanted `whole` there is the name alone (`_named`): a page shows no more of them, and each
    is a module and a proof to load.
    """
    what = what[:_LONGEST].strip()
    if len(what.split()) > 1:
        from equivalence.search.asked_alone import alone

        if (name := alone(what)) and (found := _find(name, whole)).match in _BY_NAME:
            return found._replace(said=found.said or name)
    return _find(what, whole)


def _find(what: str, whole: int) -> Found:
    index = Index()
    if in_torch := asked(what, index.modules):
        return Found("exact", in_torch, [])
    call = _call(what)
    match, keys = resolved(index, call.name if call else what, _word_index)
    if call and call.name.rpartition(".")[2].islower():  # a function is called: layers of that name come after
        keys.sort(key=lambda key: key.rpartition(".")[2][:1].isupper())
    said = "" if call or match != "alias" else _with_argument(index.entry(keys[0]), what)
    keys = keys[: _BY_WORDS if match == "words" else _MOST]
    results = [
        _result(index, key, call if number else call or _call(said), what) for number, key in enumerate(keys[:whole])
    ]
    results += map(_named, keys[whole:])
    if results:
        return Found(match, results, [], said)
    from equivalence.search.spelling import nearest

    return Found(None, [], nearest(index.names, call.name if call else what, _NEAREST))


def resolved(index: Index, name: str, said: Callable[[], WordIndex]) -> tuple[str | None, list[str]]:
    """How `name` is meant, and what answers it, best first: full Keras names, and guides by their keys."""
    spelled, found = called(index.names, name)
    if found:
        return how_called(index.entry(found[0]), spelled), found
    if not any(letter.isalnum() for letter in name):
        return None, []
    single = len(name.split()) == 1
    if single:
        from equivalence.search.spelling import misspelled

        if found := misspelled(index.names, name):
            return "similar", found
        if NAMELIKE.search(name):  # no words, but another library may call something so
            from equivalence.search.vocabulary import spelled_out

            found = called(index.names, spelled_out(name))[1]
            found = found or said().worded(name) or said().arguments.get(name, [])
            return ("alias" if found else None), found
    from equivalence.search.words import ranked

    found = [hit.key for hit in ranked(name, index, said())]
    return ("words" if found else None), found


def _result(index: Index, key: str, call: Call | None, asked: str) -> dict[str, Any]:
    if key.startswith(GUIDE):
        from equivalence.catalogue import every_guide
        from equivalence.render.guide_fields import guide_record
        from equivalence.search.messages import heard, numbered

        guide = every_guide()[key.removeprefix(GUIDE)]
        message = heard(asked, numbered(guide))
        return guide_record(guide, index.entry, None if message is None else int(message))
    entry = index.entry(key)
    if call is None:
        return {**record(entry), "call": None}
    from equivalence.search.call_text import in_torch

    return {**record(entry), "call": _answer(call, entry), "call_in_keras": not in_torch(call, entry)}


def _named(key: str) -> dict[str, Any]:
    """What is said of a result in one line."""
    if not key.startswith(GUIDE):
        return {"kind": None, "keras": key}
    from equivalence.catalogue import every_guide

    return {"kind": "guide", "title": every_guide()[key.removeprefix(GUIDE)].title}


def _with_argument(entry: Entry, name: str) -> str:
    """A call of the entry with the argument that `name` is and nothing else, as a case of it has it; "" without one."""
    argument = entry.argument(name)
    if argument is None or name != argument.keras:
        return ""
    for case in entry.cases:
        value = case.config.get(name)
        if isinstance(value, (bool, int, float, str)) and value != argument.default:
            return f"{entry.keras}({name}={value!r})"
    return ""


def _word_index() -> WordIndex:
    from equivalence.search.word_index import WordIndex, build, read

    try:
        return WordIndex(read())
    except (FileNotFoundError, KeyError):  # of a checkout where nothing has been generated yet, or otherwise
        from equivalence import catalogue

        return WordIndex(build(catalogue.entries(), catalogue.every_guide().values()))


def _call(what: str) -> Call | None:
    if "(" not in what:
        return None
    from equivalence.search.call_text import parse

    return parse(what)


def _note(entry: Entry, argument: Argument | None, name: str) -> str:
    if argument is None:
        return _NOTES.get(name) or f"{entry.keras} has no such argument"
    older = f"an earlier name of {argument.keras}" if name in argument.old else ""
    return "; ".join(part for part in (older, argument.note) if part)


def _answer(call: Call, entry: Entry) -> list[dict[str, Any]]:
    """What becomes of each argument of the call."""
    from equivalence.search.call_text import bind, in_torch

    answers = []
    for bound in bind(call, entry, in_torch(call, entry)):
        argument = bound.argument
        answers.append(
            {
                "name": bound.name,
                "given": bound.given,
                "keras": argument.keras if argument else None,
                "torch": argument.torch if argument else None,
                "how": argument.how if argument else "",
                "note": _note(entry, argument, bound.name),
            }
        )
    return answers
