"""The tensors that a nested model is called with."""

from __future__ import annotations

from typing import Any

from equivalence.emit.class_scope import ClassScope
from equivalence.emit.precision import in_floats
from equivalence.errors import Refused
from equivalence.translation.call_site import Value
from equivalence.translation.dtype_policies import is_float, ported
from equivalence.translation.graph import Graph
from equivalence.translation.order import KERAS
from equivalence.translation.structure import leaves, leaves_of


def given_tensors(scope: ClassScope, graph: Graph, args: list[Any], kwargs: dict[str, Any], where: str) -> list[Value]:
    """Those tensors in the order of the model's inputs, with the masks of the call on them. `where`: for messages.

    As `Functional.call` does; a mask that is passed stays on the tensor after it.
    """
    if graph.traced:
        traced = leaves_of(Value, (args, kwargs))
        if len(traced) != len(graph.specs):
            raise Refused(
                f"{where}: takes {len(graph.specs)} tensors, masks too, and is called with {len(traced)}: a mask "
                "that the model around it is given by keyword is not followed into it; put a Masking layer inside."
            )
        return traced
    masks = leaves(kwargs.pop("mask", None))
    first = args[0] if args else kwargs.pop("inputs", None)
    keywords = {f"argument {i}": value for i, value in enumerate(args) if i} | kwargs
    for key, value in keywords.items():
        if value is not None:
            raise Refused(f"{where}: is called with {key}={value!r:.60}, which a nested model is not given here.")
    if isinstance(first, dict) and not isinstance(graph.inputs, dict):
        names = [spec.name for spec in graph.specs.values()]
        if missing := [name for name in names if name not in first]:
            raise Refused(f"{where}: is called without its input {missing[0]!r:.80}.")
        first = [first[name] for name in names]
    given = leaves_of(Value, first)
    if len(given) != len(graph.specs):
        raise Refused(f"{where}: is called with {len(given)} tensors where it takes {len(graph.specs)}.")
    for value, spec in zip(given, graph.specs.values(), strict=True):
        if value.rank != len(spec.shape):
            raise Refused(f"{where}: is called with a tensor of shape {value.shape} where it takes {spec.shape}.")
    given = [_declared(scope, value, spec.dtype) for value, spec in zip(given, graph.specs.values(), strict=True)]
    for value, mask in zip(given, masks, strict=False):
        if isinstance(mask, Value):
            scope.emission.go_by_keras_order()
            value.mask = scope.ordered(mask, KERAS)
    return given


def _declared(scope: ClassScope, value: Value, dtype: str) -> Value:
    """A tensor in the dtype that a nested model declares: Keras casts it, which makes another object."""
    if value.dtype == ported(dtype):
        return value if not is_float(dtype) else in_floats(value, dtype)
    cast = scope.new(f"{value}.to(torch.{ported(dtype)})", value.order, value.hint)
    cast.mask = value.mask
    return cast
