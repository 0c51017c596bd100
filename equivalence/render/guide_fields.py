"""A guide as plain data, with what its suspects say and how far off each was measured to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from equivalence.render.result_fields import record

if TYPE_CHECKING:
    from equivalence.schema import Entry, Guide, Suspect


def guide_record(guide: Guide, entry_of: Callable[[str], Entry]) -> dict[str, Any]:
    """The fields of a guide, in JSON's types; `keras` and `torch` are those of its first suspect.

    `entry_of` gives the entry of a full Keras name. Raises LookupError where a suspect is no difference of the
    catalogue.
    """
    suspects = [_suspect(each, entry_of) for each in guide.suspects]
    return {
        "kind": "guide",
        "guide": guide.id,
        "keras": suspects[0]["keras"],
        "torch": suspects[0]["torch"],
        "title": guide.title,
        "says": guide.says,
        "first": guide.first or None,
        "command": guide.command,
        "suspects": suspects,
        "call": None,
    }


def _suspect(suspect: Suspect, entry_of: Callable[[str], Entry]) -> dict[str, Any]:
    keras, _, name = suspect.difference.partition("#")
    found = record(entry_of(keras))
    for difference in found["differences"]:
        if difference["id"] == name:
            return {"keras": keras, "torch": found["torch"], "seen": suspect.seen, "difference": difference}
    raise LookupError(f"{keras} states no difference {name!r}")
