"""Optimizers: an entry that emits no tensors but the text that constructs one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equivalence.emit.draft import ClassDraft, Oracle
from equivalence.emit.emitter import Emission
from equivalence.emit.scope import Scope
from equivalence.schema import Difference, Entry
from equivalence.translation.call_site import Site
from equivalence.translation.configuration import Configuration
from equivalence.translation.graph import ClassName, Layer


def emit_optimizer(
    entry: Entry, config: Mapping[str, Any], oracle: Oracle, naive: Difference | None = None
) -> tuple[list[str], str]:
    """Helpers, and the expression that constructs the optimizer over `model.parameters()`.

    With `naive`, the mistaken form instead. Raises Refused for settings that nothing translates.
    """
    emission = Emission(oracle, entry.name, naive=(entry, naive) if naive else None)
    where = f"{entry.name} (optimizer)"
    site = Site(
        entry,
        Configuration(entry, config, where),
        Layer(entry.name, ClassName("keras.optimizers", entry.name, ""), dict(config)),
        [],
        [],
        {},
        Scope(ClassDraft(entry.name, []), emission, ""),
        (),
    )
    text: str = (naive.naive if naive and naive.naive else entry.emit)(site)
    for key, value in site.config.unread():
        site.config.refuse(key, value, "is a setting that this translation does not know")
    return list(emission.helpers.values()), emission.swap(text) if naive else text
