"""Objects that a file names by a text or by their class: "mse", {"class_name": "MeanSquaredError", …}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equivalence import catalogue
from equivalence.catalogue.index import fold
from equivalence.errors import Refused, printable
from equivalence.schema import Entry


def named_object(given: Any, module: str, what: str) -> tuple[Entry, Mapping[str, Any]]:
    """The entry and the settings of an object of `module` ("keras.losses"), as `get` of that module finds it.

    `what` stands in messages: "model.keras: the loss". Raises Refused for whatever is not Keras's own, or has no
    entry; a function by its name is the class that Keras wraps it in.
    """
    name, config = given, dict[str, Any]()
    if isinstance(given, dict) and given.get("class_name") == "function":
        name = given.get("config")
    elif isinstance(given, dict):
        name, held = given.get("class_name"), given.get("config")
        config = held if isinstance(held, dict) else {}
        of, registered = given.get("module"), given.get("registered_name")
        if of not in (None, module, f"{module}.{name}") or registered not in (None, name):
            name = registered or name
            raise _unknown(name, what, "is of somebody's own")
    if isinstance(name, str):
        classes = [e for e in catalogue.entries() if e.keras.rpartition(".")[0] == module and e.name[:1].isupper()]
        for entry in classes:
            if entry.name == name and not entry.no_counterpart:
                return entry, config
        if not config:
            for entry in classes:
                if fold(name) in (fold(entry.name), *map(fold, entry.aliases)) and not entry.no_counterpart:
                    return entry, config
    raise _unknown(name, what, f"is none of {module} that an entry translates")


def _unknown(name: Any, what: str, why: str) -> Refused:
    return Refused(f"{what} {printable(ascii(name), 80)} {why}: write it yourself")
