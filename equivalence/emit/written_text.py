"""Objects written as text: an entry that emits no tensors but the expression that makes an optimizer, a metric, ..."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from equivalence.emit.class_scope import ClassScope
from equivalence.emit.draft import ClassDraft, Oracle
from equivalence.emit.emission import Emission
from equivalence.emit.layer_calls import LayerCalls, LayerSite
from equivalence.schema import Difference, Entry
from equivalence.translation.configuration import Configuration
from equivalence.translation.graph import ClassName, Layer


class WrittenText(NamedTuple):
    """An expression, and the functions and classes that it names."""

    kind: str
    helpers: tuple[str, ...]
    expression: str

    @property
    def shown(self) -> str:
        """As a person would write it down: the helpers, then `optimizer = ...`."""
        return "\n\n\n".join([*self.helpers, f"{self.kind} = {self.expression}"])


def emit_written(
    entry: Entry, config: Mapping[str, Any], oracle: Oracle, naive: Difference | None = None
) -> WrittenText:
    """The expression that makes the object; an optimizer's is over `model.parameters()`.

    With `naive`, the mistaken form instead. Raises Refused for settings that nothing translates.
    """
    emission = Emission(oracle, entry.name, naive=(entry, naive) if naive else None)
    scope = ClassScope(ClassDraft(entry.name), emission, "")
    module = entry.keras.rpartition(".")[0]
    site = LayerSite(
        entry, Configuration(entry, config, f"{entry.name} ({entry.kind})"),
        Layer(entry.name, ClassName(module, entry.name, ""), dict(config)), [], [], {}, (),
        calls=LayerCalls(scope, ""), scope=scope, base=entry.name,
    )  # fmt: skip
    text: str = site.emit()
    site.config.check_all_read()
    helpers = [*emission.names.helpers.values()]
    if naive:
        text, helpers = emission.swap(text), [emission.swap(helper) for helper in helpers]
    return WrittenText(entry.kind, tuple(helpers), text)
