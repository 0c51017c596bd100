"""What the reader of a definition knows: the values of its names, and why it knows no more."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from equivalence.errors import EquivalenceError

if TYPE_CHECKING:
    from equivalence.schema import Entry
    from equivalence.translation.call_site import Value
    from equivalence.translation.graph import Graph, Layer, Ref


class NotUnderstood(EquivalenceError):
    """A statement whose meaning is not known without running it; `line` counts from 1, 0 where it is not known yet."""

    def __init__(self, because: str, line: int = 0) -> None:
        super().__init__(because)
        self.because = because
        self.line = line


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something of a library, by its full name: "keras.layers.Conv2D", "tf.nn.relu", "numpy.pi"."""

    path: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not known; whatever needs it is not understood."""

    because: str


@dataclass(slots=True)
class Scope:
    """Names of a function or module, and of what is around it."""

    names: dict[str, Any] = field(default_factory=dict)
    around: Scope | None = None
    owner: Any = None  # of a method: its class, for super()
    first: Any = None  # and the instance

    def find(self, name: str) -> Any:
        """The value of a name; raises KeyError."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.around
        raise KeyError(name)


@dataclass(eq=False, slots=True)
class Tensor:
    """A tensor of Keras: which of the graph that is being made, and its stand-in, which has its shape."""

    home: Any  # the Making that it is part of
    ref: Ref
    value: Value


@dataclass(eq=False, slots=True)
class Stock:
    """A layer of Keras's own, made and maybe called."""

    entry: Entry
    layer: Layer
    line: int
    home: Any = None  # where it is called
    named: bool = False  # by `name=`, or by what it was assigned to
    input_shape: tuple[int | None, ...] | None = None  # without batch, where it states it

    @property
    def name(self) -> str:
        return self.layer.name


@dataclass(eq=False, slots=True)
class Function:
    """A function of the text."""

    node: ast.FunctionDef | ast.Lambda
    scope: Scope
    defaults: dict[str, Any]

    @property
    def name(self) -> str:
        return self.node.name if isinstance(self.node, ast.FunctionDef) else "lambda"


@dataclass(eq=False, slots=True)
class Class:
    """A class of the text, of Keras's Layer or Model."""

    node: ast.ClassDef
    scope: Scope
    bases: tuple[Any, ...]  # Class or Symbol
    methods: dict[str, Function]
    constants: dict[str, Any]

    @property
    def name(self) -> str:
        return self.node.name

    def method(self, name: str) -> tuple[Class, Function] | None:
        """A method and the class that has it, looked for in this class and its bases."""
        if name in self.methods:
            return self, self.methods[name]
        for base in self.bases:
            if isinstance(base, Class) and (found := base.method(name)):
                return found
        return None

    @property
    def kind(self) -> str:
        """The path of the class of Keras that it is made from."""
        base = self.bases[0] if self.bases else Symbol("object")
        return base.kind if isinstance(base, Class) else base.path


@dataclass(eq=False, slots=True)
class Instance:
    """A layer or model of a class of the text."""

    cls: Class
    line: int
    attributes: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, int | float] = field(default_factory=dict)  # numbers that it was made with, by name
    name: str = ""
    named: bool = False
    layer: Layer | None = None  # once it is called
    making: Any = None  # of its first call
    graph: Graph | None = None  # of its own, where it is called on examples
    shapes: list[Example] = field(default_factory=list)  # what `build` says of its inputs
    built: bool = False


@dataclass(eq=False, slots=True)
class Bound:
    """A method of an instance, or of one of Keras's own things (`owner` is then a Stock or NetModel)."""

    owner: Any
    name: str
    function: Function | None = None
    cls: Class | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Parent:
    """What `super()` is in a method of a class."""

    cls: Class
    instance: Instance


@dataclass(frozen=True, slots=True)
class Example:
    """A tensor that is made only to call a model on: its shape, batch included, and dtype."""

    shape: tuple[int | None, ...]
    dtype: str


@dataclass(eq=False, slots=True)
class NetModel:
    """A Sequential or Functional model."""

    kind: str  # "Sequential" or "Functional"
    line: int
    name: str = ""
    named: bool = False
    stated: bool = False  # its name is stated by `name=`
    items: list[tuple[Any, int]] = field(default_factory=list)  # of a Sequential: layers, and the lines they stand on
    shape: tuple[int | None, ...] | None = None  # of its input, with batch
    dtype: str = "float32"
    graph: Graph | None = None
    layer: Layer | None = None  # where it is called as one
    making: Any = None  # where its graph was made
    inside: bool = False  # whether it is a part of another model


@dataclass(eq=False, slots=True)
class Mode:
    """The argument `training` of a call: what the model's mode is."""


MODE = Mode()


def not_followed(error: Exception, line: int) -> NotUnderstood:
    """What an error becomes that reading ran into: what is not understood, at a line if it has none."""
    if isinstance(error, NotUnderstood):
        error.line = error.line or line
        return error
    return NotUnderstood(f"it cannot be followed ({type(error).__name__}: {str(error)[:120]})", line)


def known(value: Any, line: int = 0) -> Any:
    """The value; raises NotUnderstood where it is not known."""
    if isinstance(value, Unknown):
        raise NotUnderstood(value.because, line)
    return value
