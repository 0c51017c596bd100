"""What the answer to a symptom shows: what to look at first, the command that decides, and the suspects in order; to
the message of an error, what it means, and the lines that raise it and do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from equivalence.render.answer_parts import Head, Row, Section
from equivalence.render.phrases import off


def guide_head(guide: dict[str, Any]) -> Head:
    """The symptom, and the two steps before any suspect."""
    prose = [guide["says"], *([f"First: {guide['first']}"] if guide["first"] else [])]
    return Head((), (), guide["title"], (*prose, f"Then:  {guide['command']}"))


def guide_sections(guide: dict[str, Any], others: Sequence[str], full: bool) -> list[Section]:
    """The message that was asked for, the suspects, each with its measured effect, and what else was found."""
    heard = [each for each in guide["messages"] if each["heard"]]
    rows = tuple(_suspects(guide["suspects"], full))
    shown = guide["messages"] if full or not (heard or rows) else heard
    foot = (Row(("See also", ", ".join(others))),) if others else ()
    made = [
        Section("What the message says", tuple(_messages(shown)), least=1),
        Section("What it may be, in the order in which it is met", rows, least=2),
        Section("", foot),
    ]
    return [section for section in made if section.rows]


def _messages(messages: Sequence[dict[str, Any]]) -> Iterator[Row]:
    for each in messages:
        below = [("", f"{each['keras']}: {each['says']}")]
        for label in ("wrong", "right"):
            below += [(label if not count else "", line) for count, line in enumerate(each[label])]
        yield Row((each["text"],), tuple(below))


def _suspects(suspects: Sequence[dict[str, Any]], full: bool) -> Iterator[Row]:
    for place, suspect in enumerate(suspects, start=1):
        difference = suspect["difference"]
        told = ", ".join(filter(None, (f"{suspect['keras']}#{difference['id']}", off(difference))))
        below = [("", told)]
        if full:
            below.append(("", difference["says"]))
            below += [("Keras", difference["keras"])] if difference["keras"] else []
            for label in ("wrong", "right"):
                below += [(label if not count else "", line) for count, line in enumerate(difference[label])]
        yield Row((f"{place}. {suspect['seen']}",), tuple(below))
