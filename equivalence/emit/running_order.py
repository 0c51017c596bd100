"""The order in which Keras runs the calls of a model: by depth, whatever order the file lists them in."""

from __future__ import annotations

from equivalence.translation.graph import Call, Graph, Ref
from equivalence.translation.structure import leaves_of


def running_order(graph: Graph) -> list[Call]:
    """The calls as `Function._run_through_graph` makes them (keras/src/ops/function.py, `map_graph`).

    A call's depth is the length of the longest way from it to an output, that of a shared layer's call at least
    that of the calls met before it; calls of one depth stand as a walk back from the outputs meets them.
    """
    makers = {(call.layer.name, call.node): index for index, call in enumerate(graph.calls)}
    depths: dict[int, int] = {}
    of_layer: dict[int, int] = {}
    for index in reversed(_finished(graph, makers)):
        call = graph.calls[index]
        depth = max(depths.get(index, 0), of_layer.get(id(call.layer), 0))
        depths[index] = of_layer[id(call.layer)] = depth
        for parent in _parents(call, makers):
            depths[parent] = max(depth + 1, depths.get(parent, 0))
    return [graph.calls[index] for index in sorted(depths, key=lambda index: -depths[index])]


def _parents(call: Call, makers: dict[tuple[str, int], int]) -> list[int]:
    return [makers[key] for ref in call.refs() if (key := (ref.layer, ref.node)) in makers]


def _finished(graph: Graph, makers: dict[tuple[str, int], int]) -> list[int]:
    """Indices of the calls as a search from the outputs, depth first, is done with them (without recursion)."""
    done: dict[int, None] = {}
    roots = [makers[key] for ref in leaves_of(Ref, graph.outputs) if (key := (ref.layer, ref.node)) in makers]
    for root in roots:
        stack = [(root, iter(_parents(graph.calls[root], makers)))]
        while stack:
            index, parents = stack[-1]
            parent = next((p for p in parents if p not in done), None)
            if parent is None:
                done[index] = None
                stack.pop()
            else:
                stack.append((parent, iter(_parents(graph.calls[parent], makers))))
    return list(done)
