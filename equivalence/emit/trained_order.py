"""The trainable arrays of a model, in the order of Keras's `model.trainable_variables`, as the optimizer has them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from equivalence.catalogue import find
from equivalence.emit.storage import arrays, inner_layer
from equivalence.emit.wrapped import class_of
from equivalence.translation.graph import Graph, Layer, Stored, is_operation
from equivalence.translation.held_layers import held_layers


def trained_arrays(graph: Graph, trained: Collection[int], where: str) -> list[Stored]:
    """Those arrays whose `id` is in `trained`, each once: a model's layers in order, a layer's own before those inside.

    `where` stands in messages.
    """
    found: dict[int, Stored] = {}
    for stored in _of_graph(graph, where):
        if id(stored) in trained:
            found.setdefault(id(stored), stored)
    return [*found.values()]


def _of_graph(graph: Graph, where: str) -> Iterator[Stored]:
    for layer in graph.layers:
        if not is_operation(layer):
            yield from _of_layer(layer, where)


def _of_layer(layer: Layer, where: str) -> Iterator[Stored]:
    if not layer.trainable:
        return
    if layer.graph is not None:
        yield from _of_graph(layer.graph, where)
        return
    entry = find(class_of(layer))
    if entry is None or None in layer.stored:
        yield from layer.stored.get(None, [])
        return
    yield from arrays(layer, entry, where).values()
    for held in held_layers(entry, layer.config):
        yield from _of_layer(inner_layer(layer, entry, held.key, where), where)
