"""Shapes while a definition is read: every call is written as it would be, on a scratch sheet, and those lines run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from equivalence.emit.again import Again
from equivalence.emit.class_scope import ClassScope
from equivalence.emit.draft import ClassDraft, Oracle
from equivalence.emit.emission import Emission
from equivalence.emit.held_values import held_value, size_value
from equivalence.emit.layer_calls import LayerCalls
from equivalence.errors import EquivalenceError
from equivalence.snippets.known_values import NotUnderstood
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Call, Graph, Held, Layer, Ref, SizeOf
from equivalence.translation.order import KERAS
from equivalence.translation.structure import leaves_of, mapped


class Tracker:
    """The scratch sheet: one forward on which all calls of a text are written, whatever class they belong to."""

    def __init__(self, oracle: Oracle, source: str, **options: Any) -> None:
        self.emission = Emission(oracle, source, **options)
        self.scope = ClassScope(ClassDraft("Scratch"), self.emission, "")
        self.scope.begin()
        self.layers = LayerCalls(self.scope, "")

    def input(self, shape: tuple[int | None, ...], dtype: str, name: str) -> Value:
        """The stand-in of a declared input."""
        try:
            return self.scope.input(shape, dtype, KERAS, name)
        except (RuntimeError, TypeError, ValueError) as error:
            raise NotUnderstood(f"an input of shape {shape!r:.80} and dtype {dtype!r:.40} cannot be made") from error

    def call(self, layer: Layer, args: Any, kwargs: Any, shared: bool) -> Any:
        """What a layer gives. Raises NotUnderstood where no entry translates the call."""
        try:
            return self.layers.call(layer, list(args), dict(kwargs), shared)
        except Again:
            raise
        except EquivalenceError as error:
            raise NotUnderstood(str(error)) from error
        except Exception as error:
            said = str(error).splitlines()[0] if str(error) else ""
            raise NotUnderstood(
                f"{self.layers.where(layer)}: does not run on what it is given ({type(error).__name__}: {said:.120})"
            ) from error

    def graph(self, graph: Graph, given: list[Value]) -> Any:
        """What a model that is known already gives of other tensors: the structure of its outputs."""
        table: dict[Ref, Value] = dict(zip(graph.specs, given, strict=True))

        def of(leaf: Any) -> Any:
            if isinstance(leaf, Ref):
                return table[leaf]
            if isinstance(leaf, Held):
                return held_value(self.scope, leaf, self.emission.source)
            if isinstance(leaf, SizeOf):
                return size_value(self.scope, leaf, [table[ref] for ref, _ in leaf.axes])
            return leaf

        for call in graph.calls:
            args, kwargs = mapped(of, call.args), mapped(of, call.kwargs)
            if call.inside is not None:
                made = self.graph(call.inside, leaves_of(Value, (args, kwargs)))
            else:
                made = self.call(_with_sizes(call, of), args, kwargs, shared=True)
            for index, value in enumerate(leaves_of(Value, made)):
                table[Ref(call.layer.name, call.node, index)] = value
        return mapped(of, graph.outputs)


def _with_sizes(call: Call, of: Any) -> Layer:
    if not leaves_of(SizeOf, call.layer.config):
        return call.layer
    return replace(call.layer, config=mapped(of, call.layer.config))
