"""In which float a port computes: float32, or float64 where anything of the model is float64 in Keras (decision 20)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from equivalence.catalogue import find
from equivalence.emit.wrapped import class_of
from equivalence.translation.call_site import KerasObject, Value
from equivalence.translation.dtype_policies import NARROW, PORTED, computing, is_float, policies
from equivalence.translation.graph import Graph, Layer
from equivalence.translation.structure import leaves_of, mapped

if TYPE_CHECKING:
    from equivalence.emit.class_scope import ClassScope

_FLOAT = re.compile(rf"\btorch\.{PORTED}\b")


def narrow_floats(graph: Graph) -> frozenset[str]:
    """Those in which layers of a model compute, and none of the port: what is cast to them has the port's float."""
    found: set[str] = set()
    for layer in graph.layers:
        entry = find(class_of(layer))
        if entry is None or entry.kind == "layer":
            found |= {computing(policy) for dtype in _stated(layer.config) for policy in policies(dtype)}
        found |= {floats for _, model in layer.models() for floats in narrow_floats(model)}
    return frozenset(found) & NARROW


def _stated(config: Any) -> Iterator[Any]:
    """What a layer's configuration, and those of layers within it, say under `dtype`."""
    if isinstance(config, dict):
        if "dtype" in config:
            yield config["dtype"]
        config = list(config.values())
    for value in config if isinstance(config, list) else ():
        yield from _stated(value)


def cast_to(settings: dict[str, Any], narrow: frozenset[str]) -> dict[str, Any]:
    """The settings of an operation that states a dtype, in the port's float where Keras has one of `narrow`."""
    stated = next(policies(settings.get("dtype")), None)
    return {**settings, "dtype": PORTED} if stated in narrow else settings


def widened(code: str, floats: str) -> str:
    """Emitted code in the float of its file."""
    return code if floats == PORTED else _FLOAT.sub(f"torch.{floats}", code)


def in_floats(value: Value, floats: str) -> Value:
    """A tensor that a layer of Keras takes in `floats`: another object, with its mask, where Keras has it in others.

    keras/src/layers/layer.py, `maybe_convert`.
    """
    if value.floats == floats:
        return value
    cast = value.as_object(KerasObject(value.mask))
    cast.floats = floats
    return cast


def in_its_floats(layer: Layer, given: Any, scope: ClassScope, path: str) -> Any:
    """What a layer is called with, in the float that it computes in: Keras casts every other one on the way in."""
    policy = next(policies(layer.config.get("dtype")), PORTED)
    floats = computing(policy)
    if not is_float(floats):
        return given
    if policy != PORTED:
        scope.emission.policies[f"{path}{layer.name}"] = policy
        scope.emission.wide |= floats == "float64"

    def cast(value: Any) -> Any:
        if not isinstance(value, Value) or not is_float(value.dtype):
            return value
        if value.dtype != PORTED:  # an operation has cast it
            value = scope.new(f"{value}.to(torch.{PORTED})", value.order, value.hint).as_object(value.object)
        return in_floats(value, floats)

    return mapped(cast, given)


def state_floats(layer: Layer, outputs: Any) -> None:
    """Notes of what a layer returns in which float Keras has it."""
    floats = computing(next(policies(layer.config.get("dtype")), PORTED))
    if is_float(floats):
        for value in leaves_of(Value, outputs):
            value.floats = floats


def precision_notes(policies: Mapping[str, str], floats: str) -> Iterator[str]:
    """What is said of layers that Keras computes in another float than the port."""
    others = Counter(policy for policy in policies.values() if policy != floats)
    for policy, count in others.items():
        yield f"Keras computes {count} layer{'s' if count > 1 else ''} in {policy}, the port everything in {floats}."
    if floats != PORTED and not others:
        yield f"Keras computes in {floats}, and so does the port."
