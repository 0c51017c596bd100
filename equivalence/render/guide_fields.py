"""A guide as plain data: its suspects with what they say and how far off each was measured to be, and its messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from equivalence.render.result_fields import record

if TYPE_CHECKING:
    from equivalence.schema import Entry, Guide, Message, Suspect


def guide_record(guide: Guide, entry_of: Callable[[str], Entry], heard: int | None = None) -> dict[str, Any]:
    """The fields of a guide, in JSON's types; `keras` and `torch` are those of the message that was asked for, `heard`
    by its place, or of its first suspect.

    `entry_of` gives the entry of a full Keras name. Raises LookupError where a suspect is no difference of the
    catalogue.
    """
    suspects = [_suspect(each, entry_of) for each in guide.suspects]
    messages = [_message(each, entry_of, place == heard) for place, each in enumerate(guide.messages)]
    first = next((each for each in messages if each["heard"]), (*suspects, *messages)[0])
    return {
        "kind": "guide",
        "guide": guide.id,
        "keras": first["keras"],
        "torch": first["torch"],
        "title": guide.title,
        "says": guide.says,
        "first": guide.first or None,
        "command": guide.command,
        "suspects": suspects,
        "messages": messages,
        "call": None,
    }


def _suspect(suspect: Suspect, entry_of: Callable[[str], Entry]) -> dict[str, Any]:
    keras, _, name = suspect.difference.partition("#")
    found = record(entry_of(keras))
    for difference in found["differences"]:
        if difference["id"] == name:
            return {"keras": keras, "torch": found["torch"], "seen": suspect.seen, "difference": difference}
    raise LookupError(f"{keras} states no difference {name!r}")


def _message(message: Message, entry_of: Callable[[str], Entry], heard: bool) -> dict[str, Any]:
    return {
        "text": message.text,
        "keras": message.about,
        "torch": list(entry_of(message.about).torch),
        "says": message.says,
        "wrong": message.wrong.splitlines(),
        "right": message.right.splitlines(),
        "heard": heard,
    }
