"""Objects written as text: an entry that emits no tensors but the expression that makes an optimizer, a metric, ..."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from equivalence.emit.class_scope import ClassScope
from equivalence.emit.draft import ClassDraft, Oracle
from equivalence.emit.emission import Emission
from equivalence.emit.layer_calls import LayerCalls, LayerSite
from equivalence.emit.text_imports import imports_of
from equivalence.schema import Difference, Entry
from equivalence.translation.configuration import Configuration
from equivalence.translation.graph import ClassName, Layer

#: What an expression may be about, by kind: names that the reader has, and a trial gives.
ABOUT: Mapping[str, tuple[str, ...]] = {
    "optimizer": ("model",),
    "initializer": ("layer",),
    "callback": ("model", "optimizer", "schedule", "average", "epochs"),
    "training": (
        "model", "optimizer", "loss", "x", "y", "sample_weight", "x_val", "y_val", "sample_weight_val", "metrics",
        "callbacks", "losses",
    ),
    "data": ("x", "y", "folder", "file"),
    "tool": ("model", "x", "y", "folder", "file"),
}  # fmt: skip
#: Kinds whose expression is done rather than kept: it stands alone, without a name for what comes of it.
_DONE = ("initializer", "training", "data", "tool")


class WrittenText(NamedTuple):
    """An object as lines, each a name and an expression, and the functions and classes that they name."""

    kind: str
    helpers: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]  # the first is the object; further ones go with it, and may name it

    @property
    def expression(self) -> str:
        """What makes the object."""
        return self.lines[0][1]

    @property
    def imports(self) -> list[str]:
        """The lines that bring what it names beyond torch, nn, F, math and Tensor."""
        return imports_of([*self.helpers, *(text for _, text in self.lines)])

    @property
    def shown(self) -> str:
        """As a person would write it down: imports, the helpers, then `optimizer = ...`."""
        made = self.expression if self.kind in _DONE else "\n".join(f"{name} = {text}" for name, text in self.lines)
        return "\n\n\n".join([*filter(None, ["\n".join(self.imports)]), *self.helpers, made])


class WrittenScope(ClassScope):
    """What is written has no tensors to learn the shapes of: its helpers are kept, and run by whoever makes it."""

    def helper(self, source: str) -> str:
        """See Site.helper."""
        source = source.strip("\n")
        name = source.split("(", 1)[0].split(":", 1)[0].split()[-1]
        self.emission.names.helper(name, source)
        return name


def emit_written(
    entry: Entry,
    config: Mapping[str, Any],
    oracle: Oracle,
    naive: Difference | None = None,
    call: Mapping[str, Any] | None = None,
) -> WrittenText:
    """What makes the object: the text that `emit` returns, or the lines, by name; an optimizer's is over
    `model.parameters()`.

    With `naive`, the mistaken form instead; `call` holds what the object is then called with, where that changes what
    has to be written. Raises Refused for settings that nothing translates.
    """
    emission = Emission(oracle, entry.name, naive=(entry, naive) if naive else None)
    scope = WrittenScope(ClassDraft(entry.name), emission, "")
    module = entry.keras.rpartition(".")[0]
    site = LayerSite(
        entry, Configuration(entry, config, f"{entry.name} ({entry.kind})"),
        Layer(entry.name, ClassName(module, entry.name, ""), dict(config)), [], [], dict(call or {}), (),
        calls=LayerCalls(scope, ""), scope=scope, base=entry.name,
    )  # fmt: skip
    emitted: str | Mapping[str, str] = site.emit()
    site.config.check_all_read()
    lines = {entry.kind: emitted} if isinstance(emitted, str) else emitted
    helpers = [*emission.names.helpers.values()]
    if naive:
        lines = {name: emission.swap(text) for name, text in lines.items()}
        helpers = [emission.swap(helper) for helper in helpers]
    return WrittenText(entry.kind, tuple(helpers), tuple(lines.items()))
