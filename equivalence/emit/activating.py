"""The activation that a layer's configuration names: a tensor after it, or it as a function."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from equivalence import catalogue
from equivalence.emit.storage import serialised_layer
from equivalence.emit.tree_rewriting import inlined
from equivalence.translation.configuration import Configuration
from equivalence.translation.graph import ClassName, Layer
from equivalence.translation.order import Order
from equivalence.translation.python_text import identifier

if TYPE_CHECKING:
    from equivalence.emit.class_scope import ClassScope
    from equivalence.schema import Entry
    from equivalence.translation.call_site import Value


class Activating(Protocol):
    """The site of a layer that has an activation."""

    layer: Layer
    config: Configuration
    scope: ClassScope

    def refuse(self, because: str) -> NoReturn: ...

    def helper(self, source: str) -> str: ...

    def called(self, layer: Layer, value: Value) -> Value:
        """`value` after a layer that stands where an activation does."""

    def emitted(self, entry: Entry, config: Configuration, layer: Layer, value: Value) -> Value:
        """`value` after the function of an entry."""


def activated(site: Activating, value: Value, serialised: Any) -> Value:
    """`value` after an activation, which is a function's name, however it is serialised, or a layer.

    Raises Refused for one that no entry translates.
    """
    if serialised is None:
        return value
    if isinstance(serialised, dict):
        name = serialised.get("config") if serialised.get("class_name") == "function" else None
        if name is None and isinstance(serialised.get("config"), dict):
            made = Layer(site.layer.name, *serialised_layer(serialised, site.config.where), unsaved=True)
            return site.called(made, value)
        serialised = name
    entry = next((e for e in catalogue.activations() if serialised in (e.name, *e.stored)), None)
    if entry is None:
        site.refuse(f"no entry translates its activation {serialised!r:.80}")
    if not value.dtype.startswith("float") and entry.name != "linear":
        site.refuse(f"its activation {entry.name} is called on {value.dtype}, of which no case shows what Keras makes")
    made = Layer(site.layer.name, ClassName("keras.activations", entry.name, ""), {})
    config = Configuration(entry, {}, f"{site.config.where}: activation {entry.name}")
    return site.emitted(entry, config, made, value)


def function_of(site: Activating, serialised: Any, shape: tuple[int | None, ...], order: Order) -> str:
    """An activation as a function of a tensor: `torch.tanh`, or the name of a helper.

    `shape`, as Keras counts it, and `order` are those of what it is called on, where its axis is one of several.
    Raises Refused for one that has modules, or gives another shape or order.
    """
    scope = site.scope
    probe = scope.input(shape, "float32", order, "x")
    values, modules = len(scope.forward.values), len(scope.draft.modules)
    made = activated(site, probe, serialised)
    if made.token == probe.token:
        return "nn.Identity()"
    if len(scope.draft.modules) > modules:
        site.refuse(f"its activation {serialised!r:.80} has modules of its own, which no step of it can hold")
    if (made.shape, made.order) != (probe.shape, probe.order):
        site.refuse(f"its activation {serialised!r:.80} gives another shape than it is called on")
    written: dict[str, ast.expr] = {probe.token: ast.Name("x", ast.Load())}
    for value in scope.forward.values[values:]:
        written[value.token] = inlined(scope.forward.trees[value.token], written)
    del scope.forward.values[values:]
    text = ast.unparse(written[made.token])
    if text.endswith("(x)") and text.removesuffix("(x)").replace(".", "").isidentifier():
        return text.removesuffix("(x)")
    body = f"return {text}"
    names = scope.emission.names
    taken = [name for name in names.globals if not names.helpers.get(name, "").endswith(body)]
    name = identifier(serialised if isinstance(serialised, str) else "activation", taken)
    return site.helper(f"def {name}(x: Tensor) -> Tensor:\n    {body}")
