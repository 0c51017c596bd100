"""Messages of errors, as people paste them: whole or in part, with numbers of their own, between other words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalence.schema import Guide

#: What stands in a message for what changes from one time to the next.
ANY = "…"
_SAME = 88.0  # of 100, how much of a message, or of what is pasted of it, must be there
_LEAST = 20  # letters of what is pasted, where it is less than the message
_LEAST_WORDS = 4
_IN_COMMON = 0.5
_KIND = re.compile(r"^\s*(\w+\.)*\w*(Error|Exception|Warning):")  # what Python writes before a message


def spelled(message: str) -> str:
    """What is compared of a message: its words of letters, and where something may stand for anything."""
    parts = (" ".join(re.findall(r"[a-z_]{2,}", re.sub(r"\b[a-z_]*\d\w*", " ", part))) for part in _low(message))
    return ANY.join(part for part in parts if part)


def numbered(guide: Guide) -> list[tuple[str, str]]:
    """The messages of a guide by their places, each of its forms."""
    listed = enumerate(guide.messages)
    return [(str(place), spelled(text)) for place, message in listed for text in (message.text, *message.heard)]


def heard(query: str, messages: Iterable[tuple[str, str]]) -> str | None:
    """The key of the message that is in a query, of (key, what `spelled` made of it); None where there is none."""
    said = spelled(_KIND.sub("", query).replace(ANY, " "))
    words = set(said.split())
    short = len(said) < _LEAST or len(said.split()) < _LEAST_WORDS
    best: tuple[float, int] = (_SAME, 0)
    found = None
    for key, message in messages:
        if (short and len(said) < len(message)) or not _may_be(words, message):
            continue
        alike = _alike(said, message.split(ANY)), len(message)
        if alike > best:
            best, found = alike, key
    return found


def _may_be(words: set[str], message: str) -> bool:
    """Whether half the words of the one are in the other, without which letters need not be compared."""
    own = set(message.replace(ANY, " ").split())
    return len(own & words) >= _IN_COMMON * min(len(own), len(words))


def _alike(said: str, parts: list[str]) -> float:
    from rapidfuzz import fuzz

    whole = sum(map(len, parts))
    return sum(len(part) * fuzz.partial_ratio(part, said) for part in parts) / whole


def _low(message: str) -> list[str]:
    return message.lower().split(ANY)
