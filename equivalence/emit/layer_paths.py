"""The layers of a graph by their Keras path, as placements name them, and which of them are trained."""

from __future__ import annotations

from collections.abc import Iterator

from equivalence.translation.graph import Graph, Layer


def layers_by_path(graph: Graph, path: str = "", trained: bool = True) -> Iterator[tuple[str, Layer, bool]]:
    """Path, layer, and whether neither it nor a model around it is frozen."""
    for layer in graph.layers:
        own = f"{path}{layer.name}"
        free = trained and layer.trainable
        yield own, layer, free
        for name, inside in layer.models():
            within = own if name == layer.name else f"{own}/{name}"
            yield from layers_by_path(inside, f"{within}/", free)
