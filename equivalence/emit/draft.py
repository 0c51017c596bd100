"""What emission produces before it becomes text: classes, their modules and values, placed arrays."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from equivalence.emit.tree_rewriting import used_tokens
from equivalence.schema import Weight
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Spec, Stored
from equivalence.translation.order import Order
from equivalence.translation.structure import leaves_of
from equivalence.translation.tables import Table

#: In the place of a scale: unknown sizes are all the same, whatever tensor or axis they are of.
ALIKE = 0


class Oracle(Protocol):
    """Runs pieces of emitted code to learn shapes; `equivalence.torch_side.oracle` is the one."""

    def define(self, source: str) -> None:
        """Makes a helper or class known to what is run after."""

    def sample(self, shape: tuple[int | None, ...], dtype: str, order: Order, scale: int = 1) -> Any:
        """Stand-ins for an input of a Keras shape; unknown sizes are `scale` times as large as usual, or all ALIKE."""

    def build(self, ctor: str) -> tuple[Any, dict[str, tuple[int, ...]]]:
        """A module without memory, and the shapes of its parameters and buffers by name."""

    def allocate(self, module: Any) -> Any:
        """The module with memory, so that it can be run; called once its shapes are known to be the file's."""

    def evaluate(self, tree: ast.Expression) -> Any:
        """The tensor of a constant."""

    def run(self, tree: ast.Expression, names: Mapping[str, Any], modules: Mapping[str, Any]) -> Any:
        """The stand-ins that an expression gives."""

    def shape(self, sample: Any) -> tuple[tuple[int | None, ...], str]:
        """Torch shape (unknown sizes None) and dtype of a stand-in."""

    def parts(self, sample: Any) -> list[Any] | None:
        """The torch shapes of stand-ins in nested tuples, as nested lists; None for what is no tuple."""


class EmittedCall(NamedTuple):
    """One layer call of the file."""

    path: str  # of the layer in Keras
    entry: str  # the Keras symbol of the entry that wrote it
    standing: str  # "exact": one call of torch's own; "composed": several, or a helper; "approximate"


@dataclass(frozen=True, slots=True)
class Placement:
    """One torch parameter or buffer and where its numbers come from."""

    parameter: str  # qualified, as in the state_dict
    shape: tuple[int, ...]
    rule: Weight
    stored: Stored | None  # None: filled with rule.otherwise
    sizes: Mapping[str, int]
    layer: str  # Keras path, for messages and reports


@dataclass(slots=True)
class ForwardDraft:
    """One forward of a class: lines over its modules.

    A nested model that is called with masks in one place and without in another has a forward for each.
    """

    name: str  # "forward"; of further ones, "forward_2", …
    in_training: str = ""  # the forward that takes its place in training, where that does other things
    inputs: list[tuple[str, Value, Spec]] = field(default_factory=list)  # parameter, its value, what Keras declares
    masks: list[tuple[str, Value]] = field(default_factory=list)  # parameters for the masks of inputs, after those
    mask_of: dict[str, int] = field(default_factory=dict)  # token of a mask -> which input it came with
    values: list[Value] = field(default_factory=list)
    trees: dict[str, ast.expr] = field(default_factory=dict)  # token -> parsed expression
    #: token of a tuple -> values for its members, in lists nested as it is, that its statement names; None: a member
    #: that no expression asks for
    unpacked: dict[str, Any] = field(default_factory=dict)
    outputs: Any = None  # structure of Value, as Keras returns it
    returned_masks: list[Value] = field(default_factory=list)  # masks made inside that go out with the outputs

    @property
    def returned(self) -> Any:
        """What it returns: the outputs, or a tuple of them and the masks."""
        return (self.outputs, *self.returned_masks) if self.returned_masks else self.outputs

    def needed(self, observed: bool = False) -> set[str]:
        """Tokens of what it returns, and of all that needs; with `observed`, of every layer's output too.

        What follows a layer may bypass it (TimeDistributed): it is observed all the same.
        """
        found = {value.token for value in leaves_of(Value, self.returned)}
        if observed:
            found |= {value.token for value in self.values if value.taps}
        for value in reversed(self.values):
            members = leaves_of(Value, self.unpacked.get(value.token, []))
            if value.token in found or any(member.token in found for member in members):
                found.update((value.token, *used_tokens(self.trees[value.token])))
        return found


def uses_of(forward: ForwardDraft) -> Counter[str]:
    """How often what a forward needs uses each value; an output counts once more."""
    needed = forward.needed()
    trees = [forward.trees[value.token] for value in forward.values if value.token in needed]
    uses = Counter(token for tree in trees for token in used_tokens(tree))
    uses.update(value.token for value in leaves_of(Value, forward.returned))
    return uses


@dataclass(slots=True)
class ClassDraft:
    """One class of the emitted file."""

    name: str
    base: str = ""  # what it would be called if no other class were
    own: str = ""  # the user's class whose `call` it is
    settings: Mapping[str, int | float] = field(default_factory=dict)  # numbers that the user's layer keeps, by name
    parameters: dict[str, str] = field(default_factory=dict)  # of its constructor, with their types
    kept: list[str] = field(default_factory=list)  # those of them that its forwards use
    shapes_differ: bool = False  # whether its instances are called on different shapes
    modules: dict[str, str] = field(default_factory=dict)  # attribute -> constructor text
    buffers: dict[str, str] = field(default_factory=dict)  # attribute -> text of the tensor
    held: dict[str, str] = field(default_factory=dict)  # the same of buffers whose numbers the weights file holds
    fixed: list[str] = field(default_factory=list)  # "attribute.parameter" without a Keras counterpart
    #: attribute -> the mode it is called in whatever the model's is (`training=`), None: the model's
    modes: dict[str, bool | None] = field(default_factory=dict)
    stateful: bool = False  # whether a module of it, or of a nested model, keeps a state from call to call
    forwards: list[ForwardDraft] = field(default_factory=list)
    #: attribute of a nested model -> Keras layer name; "" for a block, of which Keras knows nothing
    paths: dict[str, str] = field(default_factory=dict)
    children: dict[str, ClassDraft] = field(default_factory=dict)  # attribute -> the class of that nested model alone
    #: attribute of a module -> the one it would have in a port that names all layers as Keras does
    plain_names: dict[str, str] = field(default_factory=dict)
    step: bool = False  # whether it is what a loop does at each step
    begins: str = ""  # of a block: the name of its first layer
    #: attribute of blocks that are called one after the other -> the attributes that they had on their own
    rows: dict[str, list[str]] = field(default_factory=dict)
    written_as: ClassDraft | None = None  # the class of the file that this one has become, with others
    renamed: dict[str, str] = field(default_factory=dict)  # attribute -> Keras name, where they differ

    @property
    def forward(self) -> ForwardDraft:
        """The forward that calling the module runs."""
        return self.forwards[0]

    @property
    def inputs(self) -> list[tuple[str, Value, Spec]]:
        """Of `forward`: parameter name, value, and what Keras declares."""
        return self.forward.inputs

    @property
    def outputs(self) -> Any:
        """Of `forward`: structure of Value, as Keras returns it."""
        return self.forward.outputs


@dataclass(slots=True)
class FileDraft:
    """The whole emitted file."""

    source: str  # the Keras file's name
    classes: list[ClassDraft]  # nested ones before those that use them; the last is the model
    helpers: list[str]
    placements: list[Placement]
    tables: Mapping[str, Table]  # numbers of buffers that no array of the file holds, by qualified name
    layers: list[EmittedCall]  # in order
    frozen: list[str]  # Keras paths of layers with trainable=False and weights
    notes: list[str]  # what differs in training, one sentence each
    meant_otherwise: list[str]  # what Keras itself would compute otherwise today, one sentence each
    always_random: list[str]  # modules, by qualified name, that are random in inference too
    constructors: list[str]  # of the modules of every class that was written, with their numbers
    drawing: list[str]  # nested models whose own forward is, for the mode that they are called in
    root: ClassDraft  # the model's class before classes were shared: with its own nested ones, and theirs
    layer_names: dict[str, str]  # modules that are not called as their layers are in Keras: that name -> their own
    names: frozenset[str]  # of the file's imports, helpers and classes, and what else a variable must not hide
    floats: str = "float32"  # what the port computes in
    policies: Mapping[str, str] = field(default_factory=dict)  # of layers that Keras computes in another, by Keras path
    folded: list[str] = field(default_factory=list)  # what became of repeated blocks, where that was asked for
