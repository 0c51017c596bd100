"""A Keras model without Keras: layers, calls between them, and where the weights lie.

Readers (`equivalence.formats`) build it from a file's JSON; everything after works on it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from equivalence.translation.structure import leaves_of


class Ref(NamedTuple):
    """One tensor of a graph: the `tensor`-th output of the `node`-th call of a layer."""

    layer: str
    node: int
    tensor: int


class ClassName(NamedTuple):
    """A serialised class: resolved by all three together (a custom Add is not the layer Add)."""

    module: str  # "keras.layers"; "" where an old file does not say
    name: str  # "Conv2D"
    registered: str  # "Custom>Add"; "" for Keras's own


@dataclass(frozen=True, slots=True)
class Spec:
    """What an input is declared as: shape with batch, unknown sizes None; dtype as Keras names it."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str


@dataclass(slots=True)
class Stored:
    """One array of the weights file: where it is, what it is, and how to get it."""

    path: str  # "layers/conv2d/vars/0"; for messages
    name: str  # "kernel" where the file names it, else ""
    shape: tuple[int, ...]
    dtype: str  # NumPy name, or "bfloat16"
    read: Callable[[], Any]  # -> numpy.ndarray (bfloat16 as float32); called once per use, never kept
    computed: bool = False  # from several arrays of the file, in float64: rounded where it is placed
    declared: bool = (
        False  # of a definition without weights: that it will be there is known, and neither shape nor numbers
    )


class Loop(NamedTuple):
    """How a traced graph is run that is one step of a loop: states, elements of sequences, and others go in; the new
    states come out, and results of the step."""

    states: int  # how many of its inputs, the first; as many of its outputs
    sequences: int  # of how many inputs after those it takes one element at a time, along the first axis
    backwards: bool = False


@dataclass(slots=True)
class Layer:
    """A configuration with weights; called once, several times, or (in a container) not at all."""

    name: str  # as the file says, any text
    cls: ClassName
    config: dict[str, Any]
    graph: Graph | None = None  # of a nested Functional or Sequential
    #: layers in it that are or hold models, by the key of its configuration ("layer"); others are read from that alone
    inside: dict[str, Layer] = field(default_factory=dict)
    variants: list[Graph] = field(default_factory=list)  # of an own layer: what else it does, in other calls
    #: arrays in the file by sub-path inside the layer ("" is its own, "cell", "forward_layer/cell"),
    #: in stored order. A legacy .h5 has everything under None, as one list.
    stored: dict[str | None, list[Stored]] = field(default_factory=dict)
    trainable: bool = True
    #: it is the activation of another layer: Keras neither saves its arrays nor trains them, they start anew
    unsaved: bool = False
    #: text files that belong to it ("vocabulary.txt"), read when called
    assets: dict[str, Callable[[], str]] = field(default_factory=dict)
    alias: str = ""  # what it is called in the port, where that is another name
    loop: Loop | None = None  # it is run step by step
    line: str = ""  # of the user's code that calls it, where that was traced: "layers.py, line 7"

    def models(self) -> Iterator[tuple[str, Graph]]:
        """The nested model that it is, or those that it keeps inside it, with their names; not those within them."""
        if self.graph is not None:
            yield self.name, self.graph
        for layer in self.inside.values():
            yield from layer.models()


@dataclass(slots=True)
class Call:
    """One node: a layer applied to arguments. Leaves of `args`/`kwargs` are Ref or JSON constants;
    a slice is a Python `slice`, an array constant a `Constant`."""

    layer: Layer
    node: int
    args: list[Any]
    kwargs: dict[str, Any]
    #: of a traced call, for each output: the mask that the layer's `compute_mask` gives it (Ref, MaskOf, None), or
    #: "inside" where what ran in it decides
    masks: list[Any] = field(default_factory=list)
    #: of a traced call: what the layer does in it, where other calls have it do other things
    graph: Graph | None = None

    @property
    def inside(self) -> Graph | None:
        """The calls that a nested model, or an own layer, makes in this one."""
        return self.graph or self.layer.graph

    def refs(self) -> list[Ref]:
        """The tensors it is called with, in Keras's order."""
        return leaves_of(Ref, (self.args, self.kwargs))


@dataclass(frozen=True, slots=True)
class Constant:
    """An array constant of the configuration."""

    value: Any  # nested lists of numbers or a number
    dtype: str


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """An argument of a traced call that is an array: a variable, or one that the layer was made with."""

    stored: Stored
    variable: bool  # whether Keras trains it or may; else it is a constant
    trainable: bool = True


@dataclass(frozen=True, slots=True)
class SizeOf:
    """A whole number of a traced graph that follows from sizes: times * (product of axes // divided_by) + more.

    `axes`: which tensors' axes, counted as in Keras.
    """

    axes: tuple[tuple[Ref, int], ...]
    times: int = 1
    divided_by: int = 1
    more: int = 0


@dataclass(frozen=True, slots=True)
class MaskOf:
    """An argument of a traced call: the mask that a tensor carries."""

    ref: Ref


@dataclass(slots=True)
class Graph:
    """A model's calls, or those that the `call` of an own layer makes. `calls` are in an order in which they can run;
    inputs are not among them."""

    name: str
    cls: ClassName
    layers: list[Layer]
    calls: list[Call]
    specs: dict[Ref, Spec]  # the declared inputs, in the model's own order
    inputs: Any  # structure of Ref as the model takes it: list, dict or one Ref
    outputs: Any  # structure of Ref as the model returns it
    #: what the file says of tensors inside it (Keras 3 does, of those that a layer is called on)
    declared: dict[Ref, Spec] = field(default_factory=dict)
    #: where it was traced: its calls were seen as they ran, and its inputs are all tensors that it is called with
    traced: bool = False
    own: str = ""  # the user's class that it is the `call` of; "" for a model of Keras's own kinds
    place: str = ""  # where that class is written: "my_layers.py:12"
    settings: dict[str, int | float] = field(default_factory=dict)  # numbers that the user's layer keeps, by name
    in_training: Graph | None = (
        None  # of the `call` of an own layer: what it does in training, where that is other steps
    )
    #: names of what was traced and is no layer that Keras keeps: nobody can listen to its calls
    unkept: set[str] = field(default_factory=set)
    ordered: bool = False  # its calls are in the order in which Keras runs them
    step: bool = False  # what a loop does at each step
    block: bool = False  # calls of the model around it that the port puts into a class: Keras has no such model
    #: axes of its inputs, each list of one size while it was traced: with others it does what nobody knows
    equal: list[list[tuple[Ref, int]]] = field(default_factory=list)

    @property
    def first_layer(self) -> str:
        """The name of what runs first."""
        return self.calls[0].layer.name if self.calls else ""


@dataclass(slots=True)
class ModelFile:
    """What a reader returns: the graph with its arrays attached, and who wrote it."""

    source: str  # file name, for messages and reports (no folder)
    format: str  # ".keras" or ".h5"
    keras_version: str  # of the writer; "" where unknown
    graph: Graph
    close: Callable[[], None]  # releases the file; arrays cannot be read after it


def is_operation(layer: Layer) -> bool:
    """Whether it is a function of Keras's that stands among layers."""
    return layer.cls.module.startswith(("keras.src.ops", "keras.ops", "keras.random"))
