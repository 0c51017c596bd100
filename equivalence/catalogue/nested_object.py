"""An object inside a configuration (a schedule as a learning rate, an optimizer in an optimizer) by its own entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from equivalence.schema import Entry
from equivalence.translation.configuration import Configuration

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site


def entries_of(modules: Iterable[ModuleType]) -> dict[str, Entry]:
    """The entries that modules of the catalogue state, by the name of their class."""
    return {entry.name: entry for module in modules for entry in vars(module).values() if isinstance(entry, Entry)}


def emit_nested(site: Site, argument: str, entries: Mapping[str, Entry], what: str) -> Any:
    """What one of `entries` emits for the object under an argument, serialised as Keras 2 or 3 does.

    Raises Refused where it is no such object, saying that it is no `what`, or where a setting of it is not read.
    """
    given = site.config.value(argument)
    held = given if isinstance(given, dict) else {}
    name, module, registered = (held.get(key) for key in ("class_name", "module", "registered_name"))
    entry = entries.get(name) if isinstance(name, str) else None
    if (
        entry is None
        or module not in (None, entry.keras.rpartition(".")[0])
        or registered not in (None, name)
        or not isinstance(held.get("config"), dict)
    ):
        site.config.refuse(argument, registered or name, f"is no {what} that an entry translates")
    where = f"{site.config.where}: {argument} ({entry.name})"
    from dataclasses import replace  # which takes as long to load as Python; a lookup does without it

    within: Any = replace(site, entry=entry, config=Configuration(entry, held["config"], where))
    emitted = within.emit()
    within.config.check_all_read()
    return emitted
