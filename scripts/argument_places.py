"""Writes equivalence/catalogue/places.json, from the installed Keras: the order of arguments that go by place."""

from __future__ import annotations

import importlib
import inspect
import json
from pathlib import Path

from equivalence import catalogue
from equivalence.schema import Entry

#: What the text of a definition calls.
KINDS = ("layer", "operation", "activation")
PLACES = Path(catalogue.__file__).with_name("places.json")


def signature(entry: Entry) -> list[str] | None:
    """The arguments that Keras takes by place; None where it tells none."""
    module, _, name = entry.keras.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
        parameters = inspect.signature(found).parameters.values()
    except (AttributeError, ImportError, TypeError, ValueError):
        return None
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [parameter.name for parameter in parameters if parameter.kind in by_place]


def differing() -> dict[str, list[str]]:
    """By Keras name, the order of every entry whose arguments are stated in another."""
    made = {}
    for entry in catalogue.entries():
        stated, found = [argument.keras for argument in entry.arguments], signature(entry)
        if entry.kind in KINDS and found is not None and found != stated[: len(found)]:
            made[entry.keras] = found
    return dict(sorted(made.items()))


def text() -> str:
    """The file."""
    rows = [f"{json.dumps(name)}: {json.dumps(places)}" for name, places in differing().items()]
    return "{\n" + ",\n".join(rows) + "\n}\n"


if __name__ == "__main__":
    PLACES.write_text(text(), "utf-8")
