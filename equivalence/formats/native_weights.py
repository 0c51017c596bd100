"""Where `.keras` files keep the arrays of each layer (the rules of keras/src/saving/saving_lib.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from equivalence.formats.declared_inputs import is_input
from equivalence.formats.document import Document
from equivalence.formats.hdf5 import Group, text
from equivalence.formats.held_models import inside_at
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
    attachment = _Attachment(document)
    attachment.model(graph, root)
    for array in root.every_array():
        if array.path not in attachment.attached:
            raise document.refuse(f"the array {shown(array.path)} belongs to no layer of the model")


class _Attachment:
    """What of a file has found its layer."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.visited: set[int] = set()  # by id(): a shared layer is saved at its first visit alone
        self.attached: set[str] = set()  # paths of arrays

    def model(self, graph: Graph, group: Group) -> None:
        """Children in the order of the configuration."""
        container = next((group.groups[name] for name in CONTAINERS if name in group.groups), None)
        for name, layer in named(graph):
            if container and name in container.groups:
                self.layer(layer, container.groups[name])

    def layer(self, layer: Layer, group: Group) -> None:
        """A layer or a nested model, with the models that it keeps inside it."""
        if id(layer) in self.visited:
            return
        self.visited.add(id(layer))
        _check_name(layer, group, self.document)
        if layer.graph is not None:
            self.model(layer.graph, group)
        else:
            self._own(layer, group, "", inside_at(layer))

    def _own(self, layer: Layer, group: Group, at: str, inside: Mapping[str, Layer]) -> None:
        for name, inner in group.groups.items():
            path = f"{at}/{name}" if at else name
            if path in inside:
                self.layer(inside[path], inner)
            elif name != "vars":
                self._own(layer, inner, path, inside)
            elif inner.arrays:
                arrays = _numbered(inner, layer, self.document)
                self.attached.update(array.path for array in arrays)
                # The state of a random generator: no weight, and of no use outside Keras. And what TextVectorization
                # writes of the layer inside it, a second time.
                if at.rpartition("/")[2] not in ("seed_generator", "_lookup_layer"):
                    layer.stored[at] = arrays


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
