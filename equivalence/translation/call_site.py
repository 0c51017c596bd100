"""What an entry's `emit` sees: one call of one layer, to be written as PyTorch.

`Site` is what an emit function talks to; how lines are written is the emitter's (`equivalence.emit.layer_calls`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from equivalence.errors import Refused
from equivalence.schema import Entry, Weight
from equivalence.translation.configuration import Configuration
from equivalence.translation.graph import Constant, Layer
from equivalence.translation.order import FIRST, KERAS, Flat, Order, dim
from equivalence.translation.python_text import literal
from equivalence.translation.structure import leaves_of
from equivalence.translation.tables import Table


@dataclass(eq=False, slots=True)
class KerasObject:
    """The tensor object that a value is in Keras: a mask hangs on the object, whatever names it has."""

    mask: Value | None = None


@dataclass(eq=False, slots=True)
class Value:
    """A tensor of the emitted forward: an expression, its order, and its shape in Keras's order.

    `shape` has the batch first; unknown sizes are None. Formatting a Value into text gives a token
    that the renderer replaces by a variable or by the expression itself.
    """

    token: str
    expr: str  # "" for an input of the forward
    order: Order
    shape: tuple[int | None, ...]
    dtype: str = "float32"  # in the port: floats are float32, unless a cast says otherwise
    floats: str = "float32"  # of a tensor of floats: what Keras has it in
    object: KerasObject = field(default_factory=KerasObject)
    hint: str = ""  # the name a variable for it should have
    activated: bool = False  # an activation's output: what it is called on gives a better name
    taps: list[tuple[str, int, int]] = field(default_factory=list)  # (layer, node, index) it is the output of
    orders: dict[Order, Value] = field(default_factory=dict)  # the same tensor as it lies in other orders
    parts: list[Any] | None = None  # of what is a tuple: the shapes of its members in torch, nested as they are
    #: with time folded into the batch, (N*T, …), and the tensor whose first sizes are N and T (TimeDistributed)
    folded: tuple[Value, Value] | None = None

    def __str__(self) -> str:
        return self.token

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def mask(self) -> Value | None:
        """The mask that Keras has on it now."""
        return self.object.mask

    @mask.setter
    def mask(self, mask: Value | None) -> None:
        self.object.mask = mask

    def dim(self, axis: int) -> int:
        """The torch dimension of a Keras axis, in the order this value lies."""
        return dim(self.order, self.rank, axis)

    def as_object(self, held: KerasObject) -> Value:
        """The same tensor as another object of Keras."""
        return self if held is self.object else replace(self, object=held)


@dataclass(eq=False, slots=True)
class Site(ABC):
    """One call: configuration, input tensors, keyword arguments, and the means to write PyTorch."""

    entry: Entry
    config: Configuration
    layer: Layer
    inputs: list[Value]  # the tensors of the first argument, flattened (Add takes a list)
    _args: list[Any]  # the call's positional arguments; tensors as Value, nested lists kept
    _kwargs: dict[str, Any]  # keyword arguments of the call, likewise
    weights: Sequence[Weight]  # the entry's, unless a naive form places them otherwise
    shared: bool = False  # the layer is called more than once
    exact_training: bool = False
    keras_version: str = ""  # of the file's writer
    mode: bool | None = None  # the call's `training`; None: the model's
    read_args: bool = False  # whether the emit looked at the positional arguments
    several: bool = field(init=False)  # whether more than one argument of the call holds tensors
    returned: list[KerasObject] = field(default_factory=list)  # objects it was given and, as emit says, returns

    def __post_init__(self) -> None:
        self.several = sum(bool(leaves_of(Value, given)) for given in [*self._args, *self._kwargs.values()]) > 1

    @property
    def x(self) -> Value:
        """The first input. Raises Refused where it is a list of one tensor: Keras 3 stacks that along a new axis."""
        first = self._args[0] if self._args else None
        if isinstance(first, (list, tuple)) and len(first) == 1 and self.entry.kind == "layer" and not self.old:
            self.refuse("it is called with a list of one tensor, which Keras stacks along a new first axis")
        if not self.inputs and isinstance(first, (int, float)):
            self.inputs = [self.of_number(first)]
        return self.inputs[0]

    def of_number(self, number: float, dtype: str = "") -> Value:
        """A number as a tensor, of the dtype that Keras gives it where none is stated."""
        own = "bool" if isinstance(number, bool) else "int32" if isinstance(number, int) else "float32"
        return self.new(f"torch.tensor({literal(number)}, dtype=torch.{dtype or own})", KERAS)

    # -- input ---------------------------------------------------------------------------------

    def args(self) -> list[Any]:
        """All positional arguments of the call, nested as in Keras, tensors as Value."""
        self.read_args = True
        return self._args

    def keyword(self, name: str, default: Any = None) -> Any:
        """A keyword argument of the call, `default` where it is None; what no emit asks for is an error of the port."""
        given = self._kwargs.pop(name, None)
        return default if given is None else given

    def mask(self) -> Value | None:
        """The mask that the layer gets: the call's `mask=`, or the one that came with its first input.

        Keras 3 takes the latter only if a single argument of the call holds tensors: an LSTM with an
        initial state does not see it (keras/src/layers/layer.py, "Populate mask argument(s)").
        """
        explicit = self.keyword("mask")
        if explicit is not None:
            return explicit
        return self.x.mask if self.old or not self.several else None

    @property
    @abstractmethod
    def always(self) -> bool | None:
        """The mode that the call is in always: by its own `training` or that of a model around it; None: by neither."""

    @property
    @abstractmethod
    def general(self) -> bool:
        """Whether other calls of the layer need its most general form, with which this one shares a module."""

    @property
    def old(self) -> bool:
        """Whether the file's writer was Keras 1 or 2."""
        return self.keras_version.startswith(("1.", "2."))

    @abstractmethod
    def take(self, value: Value, order: Order = KERAS) -> Value:
        """`value` in the given order; a permute is written only where its order differs."""

    def unchanged(self, written: Value | None = None) -> Value:
        """The input, or what is written for it, as the object that Keras was given and returns at inference.

        Any other output is a new object in Keras.
        """
        self.returned.append(self.x.object)
        return (written or self.x).as_object(self.x.object)

    @abstractmethod
    def take_masks_off(self, values: Sequence[Value]) -> None:
        """Leaves the objects without masks for every layer that runs later, as Keras 3's MultiHeadAttention does."""

    def images(self, rank: int, value: Value | None = None) -> Image:
        """The input with channels where torch wants them, by the argument `data_format`.

        `rank` is the rank Keras demands. Raises Refused for another rank.
        """
        value = value or self.x
        channels_first = self.config.choice("data_format", "channels_last", "channels_first", None) == "channels_first"
        if value.rank != rank:
            self.refuse(f"its input has shape {value.shape}, not {rank} axes")
        held = self.take(value, KERAS if channels_first else FIRST)
        channels = value.shape[1 if channels_first else -1]
        sizes = value.shape[2:] if channels_first else value.shape[1:-1]
        return Image(held, channels, sizes, KERAS if channels_first else FIRST)

    def aligned(self, values: Sequence[Value]) -> tuple[list[Value], Order]:
        """Values of one broadcasting operation, brought into one order.

        All in one order and of one rank: kept. Mixed orders of one rank become channels first;
        mixed ranks become Keras's order, where broadcasting means what Keras means.
        """
        orders = {value.order for value in values}
        ranks = {value.rank for value in values}
        if len(orders) == 1 and (len(ranks) == 1 or orders == {KERAS}):
            return list(values), values[0].order
        order = FIRST if len(ranks) == 1 and not any(isinstance(o, Flat) for o in orders) else KERAS
        return [self.take(value, order) for value in values], order

    # -- output --------------------------------------------------------------------------------

    @abstractmethod
    def new(self, expr: str, order: Order, hint: str = "", dtype: str | None = None) -> Value:
        """A new tensor; its shape is found by running the expression."""

    @abstractmethod
    def many(self, expr: str, orders: Sequence[Order], hint: str = "") -> list[Value]:
        """The members of an expression that is a tuple of tensors."""

    @abstractmethod
    def parts(self, expr: str, picks: Mapping[str, str], hint: str = "") -> list[Value]:
        """Tensors in Keras's order out of a nested expression: {"h": "[1][0]"}, the end of a name and what picks it."""

    @abstractmethod
    def module(
        self,
        ctor: str,
        suffix: str = "",
        weights: Sequence[Weight] | None = None,
        sizes: Mapping[str, int] | None = None,
        inside: Sequence[tuple[Site, Sequence[Weight]]] = (),
        tables: Mapping[str, Table] | None = None,
    ) -> str:
        """Declares a submodule named after the layer and returns `self.<name>`.

        `weights`: the placements of the layer's arrays in it (left out: the entry's own); `sizes`
        gives lengths to names in their patterns that shapes alone do not tell. `inside`: placements of
        the arrays of layers inside this one, each with what `Site.inside` gave. `tables`: numbers for its
        buffers that no array of the file holds.
        """

    @abstractmethod
    def constant(self, value: Constant, suffix: str = "constant") -> str:
        """An array constant as a buffer of the module: the text `self.<name>`."""

    @abstractmethod
    def helper(self, source: str) -> str:
        """Has a function or class (its source text) written into the emitted file once; returns its name."""

    @abstractmethod
    def activate(self, value: Value, argument: str = "activation") -> Value:
        """`value` after the activation that the configuration names under `argument`."""

    @abstractmethod
    def activation_function(
        self, argument: str = "activation", shape: tuple[int | None, ...] = (None, 3), order: Order = KERAS
    ) -> str:
        """The activation under `argument` as a function of a tensor: `torch.tanh`, or a helper's name.

        `shape`, as Keras counts it, and `order` are those of the tensors that it is called on.
        """

    @abstractmethod
    def note(self, text: str) -> None:
        """States in the emitted file and in the report what differs in training."""

    @abstractmethod
    def meant_otherwise(self, text: str) -> None:
        """States that the Keras of today computes something else from this file than the one that wrote it."""

    # -- layers inside this one ----------------------------------------------------------------

    @abstractmethod
    def inside(self, key: str, changes: Mapping[str, Any] | None = None) -> Site:
        """The layer kept under configuration key `key`: for reading its configuration, before or instead of `inner`.

        Of a list of them, "cells/1" is the second.
        """

    @abstractmethod
    def inner(
        self,
        key: str,
        inputs: Sequence[Value],
        suffix: str = "",
        changes: Mapping[str, Any] | None = None,
        keywords: Mapping[str, Any] | None = None,
        around: tuple[str, Sequence[Weight]] | None = None,
    ) -> Any:
        """The outputs of the layer kept under configuration key `key`, called on `inputs`.

        `changes` replaces values of its configuration (return_sequences, say); `keywords` are the
        keyword arguments of its call (mask, initial_state). `around`: the text of a call that its module
        is given to, which {} stands for, and the placements of this layer's own arrays in what comes of it.
        """

    def refuse(self, because: str) -> NoReturn:
        """Raises Refused for this layer."""
        raise Refused(f"{self.config.where}: {because}.")


@dataclass(frozen=True, slots=True)
class Image:
    """A tensor with channels at dimension 1: what torch's convolutions and poolings take."""

    value: Value
    channels: int | None
    sizes: tuple[int | None, ...]  # spatial
    order: Order  # of the value, and so of what comes out

    def __str__(self) -> str:
        return self.value.token
