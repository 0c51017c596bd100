"""Where `.keras` files keep the arrays of each layer (the rules of keras/src/saving/saving_lib.py)."""

from __future__ import annotations

from collections.abc import Iterator

from equivalence.formats.declared_inputs import is_input
from equivalence.formats.document import Document
from equivalence.formats.hdf5 import Group, text
from equivalence.formats.refusal import shown
from equivalence.translation.graph import Graph, Layer, Stored, is_operation
from equivalence.translation.held_layers import snake_case

#: The names of a model's list of layers; Keras 2.12 and 2.13 wrote the second.
CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
#: Arrays are kept under the name a class has in Keras's source, configurations name it as Keras exports it.
_IN_SOURCE = {"GroupQueryAttention": "GroupedQueryAttention"}


def attach_native(graph: Graph, root: Group, document: Document) -> None:
    """Gives every layer of the graph its arrays, by sub-path inside the layer.

    Raises Refused where an array belongs to no layer, a number is left out, or the name that the
    file records with the arrays is another layer's.
    """
    attached: set[str] = set()
    _attach_model(graph, root, document, set(), attached)
    for array in root.every_array():
        if array.path not in attached:
            raise document.refuse(f"the array {shown(array.path)} belongs to no layer of the model")


def _attach_model(graph: Graph, group: Group, document: Document, visited: set[int], attached: set[str]) -> None:
    """Children in the order of the configuration; a shared layer is saved at its first visit alone."""
    container = next((group.groups[name] for name in CONTAINERS if name in group.groups), None)
    for name, layer in named(graph):
        own = container.groups.get(name) if container else None
        if id(layer) in visited or own is None:
            continue
        visited.add(id(layer))
        _check_name(layer, own, document)
        if layer.graph is not None:
            _attach_model(layer.graph, own, document, visited, attached)
        else:
            _attach_layer(layer, own, "", document, attached)


def named(graph: Graph) -> Iterator[tuple[str, Layer]]:
    """The layers that count, each with the name under which the file keeps what belongs to it."""
    used: dict[str, int] = {}
    for layer in _saved(graph):
        name = snake_case(_IN_SOURCE.get(layer.cls.name, layer.cls.name))
        used[name] = used.get(name, -1) + 1
        yield f"{name}_{used[name]}" if used[name] else name, layer


def _saved(graph: Graph) -> list[Layer]:
    """The layers that count: no operations, and not the InputLayer a Sequential begins with."""
    skipped = graph.cls.name == "Sequential" and is_input(graph.layers[0])
    return [layer for layer in graph.layers[skipped:] if not is_operation(layer)]


def _check_name(layer: Layer, group: Group, document: Document) -> None:
    attributes = group.groups["vars"].attributes() if "vars" in group.groups else {}
    recorded = text(attributes.get("name", layer.name))
    if recorded != layer.name:
        raise document.refuse(f"{shown(group.path)} should hold layer {shown(layer.name)} and holds {shown(recorded)}")


def _attach_layer(layer: Layer, group: Group, at: str, document: Document, attached: set[str]) -> None:
    for name, inner in group.groups.items():
        if name != "vars":
            _attach_layer(layer, inner, f"{at}/{name}" if at else name, document, attached)
        elif inner.arrays:
            arrays = _numbered(inner, layer, document)
            attached.update(array.path for array in arrays)
            # The state of a random generator: no weight, and of no use outside Keras. And what TextVectorization
            # writes of the layer inside it, a second time.
            if at.rpartition("/")[2] not in ("seed_generator", "_lookup_layer"):
                layer.stored[at] = arrays


def _numbered(group: Group, layer: Layer, document: Document) -> list[Stored]:
    """The arrays 0, 1, …; a layer that names its variables has them in the file's order."""
    if not all(name.isdecimal() for name in group.arrays):
        for name, array in group.arrays.items():
            array.name = name
        return list(group.arrays.values())
    for number in range(len(group.arrays)):
        if str(number) not in group.arrays:
            raise document.refuse(f"layer {shown(layer.name)} lacks its array {shown(f'{group.path}/{number}')}")
    return [group.arrays[str(number)] for number in range(len(group.arrays))]
