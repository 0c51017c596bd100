"""A graph while its definition is read: calls in the order in which they are written, with their lines and names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from equivalence.snippets.known_values import NotUnderstood, Tensor
from equivalence.snippets.tracking import Tracker
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Call, ClassName, Graph, Layer, Ref, Spec
from equivalence.translation.held_layers import snake_case
from equivalence.translation.python_text import identifier
from equivalence.translation.structure import leaves_of, mapped


@dataclass(eq=False, slots=True)
class Making:
    """The calls of one class to be, or of all functional models that one body of code defines."""

    tracker: Tracker
    around: Making | None = None  # of the class that calls this one
    own: str = ""  # the name of the class or function that it is the body of
    names: set[str] = field(default_factory=set)  # of layers and inputs
    layers: dict[str, Layer] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    specs: dict[Ref, Spec] = field(default_factory=dict)
    counted: dict[int, int] = field(default_factory=dict)  # calls, by id() of a layer
    line: int = 0  # of the statement that runs now
    lines: dict[int, int] = field(default_factory=dict)  # by id() of a call, the line of its statement
    turns: dict[int, int] = field(default_factory=dict)  # by id() of a call, which execution of a statement it is of
    made_on: dict[str, int] = field(default_factory=dict)  # by layer name, the line on which it is made
    called: dict[Ref, str] = field(default_factory=dict)  # the names that the text has for tensors
    called_on: dict[Ref, int] = field(default_factory=dict)  # of inputs, the line that gives them another name
    unnamed: set[Ref] = field(default_factory=set)  # inputs that the text has given no name yet
    captured: dict[Ref, Tensor] = field(default_factory=dict)  # inputs that are tensors of the code around
    turn: int = 0
    family: object = field(default_factory=object)  # shared by all calls of one layer: they have its parts in common

    def again(self, around: Making | None) -> Making:
        """What a further call of the same layer is made in."""
        return Making(self.tracker, around, self.own, {*self.layers}, dict(self.layers), made_on=self.made_on,
                      family=self.family)  # fmt: skip

    def unique(self, wanted: str) -> str:
        """A free name for a layer or input: conv2d, conv2d_1, … as Keras counts."""
        name, count = wanted, 0
        while name in self.names:
            count += 1
            name = f"{wanted}_{count}"
        self.names.add(name)
        return name

    def input(self, name: str, shape: tuple[int | None, ...], dtype: str, value: Value | None = None) -> Tensor:
        """A further input of the graph."""
        name = self.unique("x" if name == "x" else identifier(name, ()))
        ref = Ref(name, 0, 0)
        self.specs[ref] = Spec(name, shape, dtype)
        return Tensor(self, ref, value or self.tracker.input(shape, dtype, name))

    def rename(self, tensor: Tensor, name: str) -> None:
        """Gives an input that nothing is called on yet the name that the text has for it."""
        if any(tensor.ref in call.refs() for call in self.calls) or name in self.names:
            return
        spec = self.specs.pop(tensor.ref)
        self.names.discard(spec.name)
        self.names.add(name)
        tensor.ref = Ref(name, 0, 0)
        self.specs[tensor.ref] = Spec(name, spec.shape, spec.dtype)

    def local(self, tensor: Tensor) -> Ref:
        """The tensor as this graph has it: one of the code around becomes an input of its own."""
        if tensor.home is self:
            return tensor.ref
        for ref, known in self.captured.items():
            if known.home is tensor.home and known.ref == tensor.ref:
                return ref
        around = self.around
        while around is not None and around is not tensor.home:
            around = around.around
        if around is None:
            raise NotUnderstood("it uses a tensor of another function, which is none of its arguments")
        name = tensor.home.called.get(tensor.ref, tensor.ref.layer)
        made = self.input(name, tensor.value.shape, tensor.value.dtype, tensor.value)
        self.captured[made.ref] = tensor
        return made.ref

    def placed(self, layer: Layer, wanted: str, line: int) -> None:
        """Gives a layer its name in this graph."""
        layer.name = self.unique(wanted)
        self.layers[layer.name] = layer
        self.made_on[layer.name] = line

    def call(self, layer: Layer, args: Any, kwargs: Any, outputs: Any, graph: Graph | None = None) -> Any:
        """Notes a call whose outputs are known, as a structure of values; gives them as tensors of this graph."""
        node = self.counted.get(id(layer), 0)
        self.counted[id(layer)] = node + 1
        made = Call(layer, node, mapped(self._in_graph, args), mapped(self._in_graph, kwargs), graph=graph)
        self.calls.append(made)
        self.lines[id(made)] = self.line
        self.turns[id(made)] = self.turn
        flat = leaves_of(Value, outputs)
        tensors = {id(value): Tensor(self, Ref(layer.name, node, index), value) for index, value in enumerate(flat)}
        return mapped(lambda leaf: tensors.get(id(leaf), leaf), outputs)

    def _in_graph(self, leaf: Any) -> Any:
        return self.local(leaf) if isinstance(leaf, Tensor) else leaf

    def graph(self, name: str, outputs: Any, cls: ClassName, **more: Any) -> Graph:
        """The graph of everything in it; `outputs` is a structure of tensors."""
        if not leaves_of(Tensor, outputs):
            raise NotUnderstood("it returns no tensor")
        structure = mapped(self._in_graph, outputs)
        inputs = list(self.specs)
        first: Any = inputs[0] if len(inputs) == 1 else inputs
        return Graph(name, cls, list(self.layers.values()), self.calls, self.specs, first, structure, **more)

    def functional(self, name: str, inputs: Any, outputs: Any) -> Graph:
        """The graph of what `outputs` need of `inputs`. Raises NotUnderstood where another input is needed."""
        wanted = mapped(self._in_graph, inputs)
        ends = mapped(self._in_graph, outputs)
        given = leaves_of(Ref, wanted)
        if not given or not leaves_of(Ref, ends):
            raise NotUnderstood("a model wants tensors for its inputs and outputs")
        made_by = {(call.layer.name, call.node): call for call in self.calls}
        needed: set[int] = set()
        stack = leaves_of(Ref, ends)
        while stack:
            ref = stack.pop()
            if ref in given:
                continue
            call = made_by.get((ref.layer, ref.node))
            if call is None:
                raise NotUnderstood(f"the model needs the input {ref.layer!r:.60}, which is none of its inputs")
            if id(call) not in needed:
                needed.add(id(call))
                stack += call.refs()
        if other := [ref for ref in given if ref not in self.specs]:
            raise NotUnderstood(f"the model's input {other[0].layer!r:.60} is no keras.Input, but what a layer gives")
        calls = [call for call in self.calls if id(call) in needed]
        used = {id(call.layer): call.layer for call in calls}
        specs = {ref: self.specs[ref] for ref in given}
        cls = ClassName("keras", "Functional", "")
        return Graph(name, cls, list(used.values()), calls, specs, wanted, ends, ordered=True)


def automatic(cls: str) -> str:
    """What Keras calls a layer of a class that nobody named."""
    return snake_case(cls)
