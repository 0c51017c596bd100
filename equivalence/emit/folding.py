"""Repeated blocks of a flat model become nested models of their own, which the port then writes as classes.

A pass over the graph, before anything is written: what is computed, and in which order, stays what it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from equivalence.emit.block_names import block_name, kind_name, layer_alias, prefixes_of
from equivalence.emit.repeated_windows import Window, mask_operations_first, repeated_windows
from equivalence.emit.running_order import running_order
from equivalence.translation.graph import Call, ClassName, Graph, Layer, MaskOf, Ref, SizeOf, Spec
from equivalence.translation.structure import leaves_of, mapped

#: The class of a block: nothing of Keras's.
BLOCK = ClassName("", "Block", "")


def folded(graph: Graph, apart: frozenset[str] = frozenset()) -> Graph:
    """The graph with its repeated blocks as nested models (`Graph.block`); the same graph where nothing repeats.

    `apart`: names of layers that no block begins with.
    """
    if any(leaves_of(held, [call.args, call.kwargs]) for call in graph.calls for held in (SizeOf, MaskOf)):
        return graph  # which ask for tensors where nobody else sees it
    calls = mask_operations_first(running_order(graph))
    groups = repeated_windows(graph, calls, apart)
    if not groups:
        return graph
    taken = {layer.name for layer in graph.layers}
    blocks: dict[int, tuple[Window, Layer]] = {}
    for group in groups:
        names = [[call.layer.name for call in calls[w.start : w.start + w.length]] for w in group]
        prefixes = prefixes_of(names)
        kind = kind_name(prefixes)
        aliases = [layer_alias(name, prefixes[0]) for name in names[0]]
        for window, prefix in zip(group, prefixes, strict=True):
            name = block_name(prefix, taken)
            taken.add(name)
            blocks[window.start] = window, Layer(name, BLOCK, {}, graph=_block(kind, calls, window, aliases, graph))
    moved = {window.made: Ref(layer.name, 0, 0) for window, layer in blocks.values()}
    return _with_blocks(graph, calls, blocks, moved)


def _with_blocks(
    graph: Graph, calls: Sequence[Call], blocks: dict[int, tuple[Window, Layer]], moved: dict[Ref, Ref]
) -> Graph:
    def now(leaf: object) -> object:
        return moved.get(leaf, leaf) if isinstance(leaf, Ref) else leaf

    made: list[Call] = []
    position = 0
    while position < len(calls):
        if position in blocks:
            window, layer = blocks[position]
            made.append(Call(layer, 0, [now(ref) for ref in window.given], {}))
            position += window.length
        else:
            call = calls[position]
            made.append(replace(call, args=mapped(now, call.args), kwargs=mapped(now, call.kwargs)))
            position += 1
    layers = list({id(call.layer): call.layer for call in made}.values())
    uncalled = [layer for layer in graph.layers if not any(layer is call.layer for call in calls)]
    return replace(graph, calls=made, layers=[*uncalled, *layers], outputs=mapped(now, graph.outputs), ordered=True)


def _block(kind: str, calls: Sequence[Call], window: Window, aliases: Sequence[str], graph: Graph) -> Graph:
    """A window as a model, its layers under names that all windows like it share."""
    inside = [
        replace(call, layer=replace(call.layer, alias=alias))
        for call, alias in zip(calls[window.start : window.start + window.length], aliases, strict=True)
    ]
    specs = {
        ref: Spec("x" if index == 0 else f"other_{index}" if index > 1 else "other", (), "")
        for index, ref in enumerate(window.given)
    }
    layers = [call.layer for call in inside]
    inputs = [*specs]
    return Graph(kind, BLOCK, layers, inside, specs, inputs, window.made, traced=True, unkept=graph.unkept, block=True)
