"""Which order each input of a model takes: that of its first consumer that is not indifferent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equivalence.catalogue import find
from equivalence.emit.storage import serialised_layer
from equivalence.emit.wrapped import class_of
from equivalence.errors import Refused
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Call, ClassName, Graph, Ref
from equivalence.translation.held_layers import held_layers
from equivalence.translation.order import FIRST, KERAS, Order
from equivalence.translation.structure import leaves_of

_IMAGE = 4  # axes, the batch's among them, from which on something has positions and channels


def input_orders(graph: Graph, *, images_first: bool = False) -> dict[Ref, Order]:
    """For each declared input, FIRST where the first consumer with a wish wants channels first.

    Consumers whose entry says layout="any" are looked through; nested models are looked into. With `images_first`,
    images of which nobody wishes anything are channels first too.
    """
    wishes = wished_orders(graph)
    first = {ref for ref, spec in graph.specs.items() if images_first and len(spec.shape) >= _IMAGE}
    if _in_torchs_order(graph):
        first.clear()
    return {ref: wish or (FIRST if ref in first else KERAS) for ref, wish in wishes.items()}


def order_alone(graph: Graph, value: Value) -> Order:
    """The order in which a call's result is read where nothing comes behind it: images channels first, and what else
    is made of such; Keras's for the rest."""
    wishes = set(wished_orders(graph).values())
    if value.rank >= _IMAGE and KERAS not in wishes and not _in_torchs_order(graph):
        return FIRST
    return FIRST if value.rank == _IMAGE - 1 and FIRST in wishes else KERAS


def _in_torchs_order(graph: Graph) -> bool:
    return any(call.layer.config.get("data_format") == "channels_first" for call in graph.calls)


def wished_orders(graph: Graph) -> dict[Ref, Order | None]:
    """The same, with None where all consumers are indifferent."""
    consumers: dict[Ref, list[Call]] = {}
    for call in graph.calls:
        for ref in call.refs():
            consumers.setdefault(ref, []).append(call)
    return {ref: _wish(ref, consumers) for ref in graph.specs}


def _wish(ref: Ref, consumers: dict[Ref, list[Call]]) -> Order | None:
    """The wish that a walk along the consumers, depth first, meets before any other; a chain may be of any length."""
    seen = {ref}
    stack = [(ref, iter(consumers.get(ref, ())))]
    while stack:
        given, further = stack[-1]
        call = next(further, None)
        if call is None:
            stack.pop()
            continue
        wish = _wish_of(call, given)
        if wish is not None:
            return wish
        made = Ref(call.layer.name, call.node, 0)
        if made not in seen:
            seen.add(made)
            stack.append((made, iter(consumers.get(made, ()))))
    return None


def _wish_of(call: Call, ref: Ref) -> Order | None:
    if ref in leaves_of(Ref, [value for key, value in call.kwargs.items() if "mask" in key]):
        return KERAS  # masks have no channels
    inner = call.inside
    if call.layer.loop is not None:
        return KERAS  # its steps lie along the first axis
    if inner is not None:
        position = call.refs().index(ref)
        inputs = list(inner.specs)
        orders = wished_orders(inner) if inner.block else input_orders(inner)
        return orders[inputs[position]] if position < len(inputs) else None
    return _wish_of_class(class_of(call.layer), call.layer.config)


def _wish_of_class(cls: ClassName, config: Mapping[str, Any]) -> Order | None:
    entry = find(cls)
    if entry is None or entry.layout == "any":
        return None
    if entry.layout == "inside":
        try:
            return _wish_of_class(*serialised_layer(held_layers(entry, config)[0].value, ""))
        except Refused:
            return None  # where it is called, it is refused with its name
    if entry.layout == "last" or config.get("data_format") == "channels_first":
        return KERAS
    return FIRST
