"""Optimizers: an entry that emits no tensors but the text that constructs one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equivalence.emit.class_scope import ClassScope
from equivalence.emit.draft import ClassDraft, Oracle
from equivalence.emit.emission import Emission
from equivalence.emit.layer_calls import LayerCalls, LayerSite
from equivalence.schema import Difference, Entry
from equivalence.translation.configuration import Configuration
from equivalence.translation.graph import ClassName, Layer


def emit_optimizer(
    entry: Entry, config: Mapping[str, Any], oracle: Oracle, naive: Difference | None = None
) -> tuple[list[str], str]:
    """Helpers, and the expression that constructs the optimizer over `model.parameters()`.

    With `naive`, the mistaken form instead. Raises Refused for settings that nothing translates.
    """
    emission = Emission(oracle, entry.name, naive=(entry, naive) if naive else None)
    scope = ClassScope(ClassDraft(entry.name), emission, "")
    site = LayerSite(
        entry, Configuration(entry, config, f"{entry.name} (optimizer)"),
        Layer(entry.name, ClassName("keras.optimizers", entry.name, ""), dict(config)), [], [], {}, (),
        calls=LayerCalls(scope, ""), scope=scope, base=entry.name,
    )  # fmt: skip
    text: str = site.emit()
    site.config.check_all_read()
    return list(emission.names.helpers.values()), emission.swap(text) if naive else text
