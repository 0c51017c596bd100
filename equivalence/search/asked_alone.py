"""A question that is one name, or one call, and words around it that name nothing: `nn.Linear(784, 10) in keras`."""

from __future__ import annotations

import re

from equivalence.search.names import NAMELIKE
from equivalence.search.vocabulary import BETWEEN, EMPTY

_NAME = re.compile(r"[A-Za-z_][\w.]*\w")
_OPEN, _CLOSE = "([{", ")]}"


def alone(query: str) -> str | None:
    """The name or the call that a question is about, where there is nothing else in it; None where it is more, or
    nothing but the name."""
    for found in _NAME.finditer(query):
        end = _end(query, found.end())
        if end == found.end() and not NAMELIKE.search(found[0]):
            if not _names_nothing(found[0]):
                return None
            continue
        around = f"{query[: found.start()]} {query[end:]}"
        if not around.strip() or not all(map(_names_nothing, re.findall(r"\w+", around))):
            return None
        return query[found.start() : end]
    return None


def _names_nothing(word: str) -> bool:
    return word.lower() in EMPTY or word.lower() in BETWEEN


def _end(query: str, start: int) -> int:
    """Where the brackets of a call end that begin at `start`; `start` where none do, or they do not end."""
    if query[start : start + 1] != "(":
        return start
    depth, quote = 0, ""
    for place in range(start, len(query)):
        letter = query[place]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in _OPEN:
            depth += 1
        elif letter in _CLOSE:
            depth -= 1
            if not depth:
                return place + 1
    return start
