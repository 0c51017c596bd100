"""The inside of one class while it is written: its modules and buffers, and the values of the forward at hand."""

from __future__ import annotations

import ast
from typing import Any

from equivalence.emit.class_text import KEEPS_STATE, render_class
from equivalence.emit.draft import ClassDraft, ForwardDraft
from equivalence.emit.emission import Emission
from equivalence.emit.guard import check_expression, check_source
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Layer
from equivalence.translation.order import KERAS, Order, convert, normal, to_keras_shape
from equivalence.translation.python_text import identifier
from equivalence.translation.tables import Table


class ClassScope:
    """What is known of the class that `draft` becomes; expressions are run as they come, to learn their shapes."""

    def __init__(self, draft: ClassDraft, emission: Emission, prefix: str) -> None:
        self.draft = draft
        self.emission = emission
        self.prefix = prefix  # of its parameters in the state_dict: "encoder."
        self.forward = ForwardDraft("forward")
        self._samples: dict[str, Any] = {}
        self._modules: dict[str, Any] = {}
        self._nested: dict[str, int] = {}  # attribute -> how many forwards its class had when it was declared
        #: by id() of a layer and a suffix; the layer is kept alive
        self.attributes: dict[tuple[int, str], tuple[str, Layer]] = {}

    def begin(self, base: str = "forward") -> ForwardDraft:
        """Starts a forward of the class: the first, or a further one over the same modules."""
        name, count = base, 1
        while any(name == known.name for known in self.draft.forwards) or name in self.draft.modules:
            count += 1
            name = f"{base}_{count}"
        self.forward = ForwardDraft(name)
        self.draft.forwards.append(self.forward)
        return self.forward

    # -- values --------------------------------------------------------------------------------

    def _token(self) -> str:
        self.emission.tokens += 1
        return f"_v{self.emission.tokens}_"

    def input(self, shape: tuple[int | None, ...], dtype: str, order: Order, name: str) -> Value:
        """A parameter of the forward, declared by Keras with `shape`, lying in `order`."""
        order = KERAS if dtype == "string" else order  # texts come as nested lists
        value = Value(self._token(), "", normal(order, len(shape)), (None, *shape[1:]), dtype, hint=name)
        self._samples[value.token] = self.emission.oracle.sample(shape, dtype, value.order, self.emission.scale)
        return value

    def input_as(self, given: Value, caller: ClassScope, name: str) -> Value:
        """A parameter of the forward of a traced `call`, as its caller has it."""
        value = Value(self._token(), "", given.order, given.shape, given.dtype, hint=name)
        self._samples[value.token] = caller._samples[given.token]
        return value

    def first_tensor(self) -> str:
        """The first input of the forward that is a tensor; "" where there is none."""
        return next((str(value) for _, value, _ in self.forward.inputs if value.dtype != "string"), "")

    def size(self, value: Value, axis: int) -> int:
        """The size of a Keras axis in the first of the stand-ins."""
        return int(self._samples[value.token][0].shape[value.dim(axis)])

    def input_mask(self, of: Value, shape: tuple[int | None, ...], name: str) -> Value:
        """A mask, of Keras's `shape`, that comes with the tensor `of` and is made elsewhere."""
        sizes = (
            f"{of}.shape[{of.dim(axis)}]" if size is None and axis < of.rank else str(1 if size is None else size)
            for axis, size in enumerate(shape)
        )
        tree = ast.parse(f"torch.ones(({', '.join(sizes)},), dtype=torch.bool)", mode="eval")
        value = Value(self._token(), "", KERAS, shape, "bool", hint=name)
        self._samples[value.token] = self.emission.oracle.run(tree, self._samples, {})
        return value

    def stand_in(self, shape: tuple[int | None, ...], dtype: str, hint: str) -> Value:
        """A tensor of a Keras shape in place of one that nothing makes."""
        sizes = ", ".join("1" if size is None else str(size) for size in (0, *shape[1:]))
        tree = ast.parse(f"torch.zeros(({sizes},))", mode="eval").body
        value = Value(self._token(), ast.unparse(tree), KERAS, (None, *shape[1:]), dtype, hint=hint)
        return self._kept(value, tree, self.emission.oracle.sample(shape, dtype, KERAS, self.emission.scale))

    def new(self, expr: str, order: Order, hint: str, dtype: str | None = None) -> Value:
        """A tensor of the forward; its shape is found by running the expression."""
        tree, sample = self._evaluated(expr)
        shape, found = self.emission.oracle.shape(sample)
        order = normal(order, len(shape))
        keras = shape if isinstance(order, tuple) else to_keras_shape(order, shape)
        return self._kept(Value(self._token(), expr, order, keras, dtype or found, hint=hint), tree, sample)

    def opaque(self, expr: str, hint: str) -> Value:
        """A value that is no single tensor (a tuple, a dictionary); only its members are used."""
        tree, sample = self._evaluated(expr)
        parts = self.emission.oracle.parts(sample)
        return self._kept(Value(self._token(), expr, KERAS, (), hint=hint, parts=parts), tree, sample)

    def ordered(self, value: Value, order: Order) -> Value:
        """The value as it lies in another order: the same object of Keras."""
        order = normal(order, value.rank)
        if order == value.order:
            return value
        if order not in value.orders:
            moved = self.new(convert(str(value), value.order, order, value.rank), order, value.hint, value.dtype)
            moved.orders[value.order] = value  # so that going there and back writes nothing
            value.orders[order] = moved
        return value.orders[order].as_object(value.object)

    def _evaluated(self, expr: str) -> tuple[ast.expr, Any]:
        tree = ast.parse(expr, mode="eval")
        check_expression(tree, self.emission.names.defined)
        return tree.body, self.emission.oracle.run(tree, self._samples, self._modules)

    def _kept(self, value: Value, tree: ast.expr, sample: Any) -> Value:
        self.forward.values.append(value)
        self.forward.trees[value.token] = tree
        self._samples[value.token] = sample
        return value

    # -- modules -------------------------------------------------------------------------------

    def attribute(self, name: str) -> str:
        """A free attribute name for a layer name; a changed one is kept in the table of names."""
        methods = (forward.name for forward in self.draft.forwards)
        made = identifier(name, {*self.draft.modules, *self.draft.buffers, *self.draft.held, *methods})
        if made != name:
            self.draft.renamed[made] = name
        return made

    def module(self, attribute: str, ctor: str) -> dict[str, tuple[int, ...]]:
        """Declares a submodule; returns the shapes of its parameters and buffers. `allocate` makes it fit to run."""
        check_expression(ast.parse(ctor, mode="eval"), self.emission.names.defined)
        self._modules[attribute], shapes = self.emission.oracle.build(ctor)
        self.draft.modules[attribute] = ctor
        self.draft.stateful |= ctor.startswith(KEEPS_STATE)
        return shapes

    def allocate(self, attribute: str) -> None:
        """Gives a declared submodule memory, once its shapes are known to be the file's."""
        self._modules[attribute] = self.emission.oracle.allocate(self._modules[attribute])

    def buffer(self, attribute: str, text: str, numbers: Table | None = None) -> None:
        """Declares a constant tensor; one of the text's shape alone, where the weights file holds its `numbers`."""
        tree = ast.parse(text, mode="eval")
        check_expression(tree, self.emission.names.defined)
        if numbers:
            self.draft.held[attribute] = text
            self.emission.tables[f"{self.prefix}{attribute}"] = numbers
        else:
            self.draft.buffers[attribute] = text
        self._modules[attribute] = self.emission.oracle.evaluate(tree)

    def nested(self, attribute: str, child: ClassDraft) -> None:
        """Makes a nested model's class, or what it has become, known to the oracle and a module of this class."""
        if self._nested.get(attribute) == len(child.forwards):
            return
        self._nested[attribute] = len(child.forwards)
        self.draft.stateful |= child.stateful
        self.draft.children[attribute] = child
        text = render_class(child, taken=self.emission.names.globals)
        self.emission.oracle.define(check_source(text, self.emission.names.defined))
        self.module(attribute, f"{child.name}()")
        self.allocate(attribute)

    def helper(self, source: str) -> str:
        """See Site.helper."""
        source = source.strip("\n")
        name = source.split("(", 1)[0].split(":", 1)[0].split()[-1]
        if self.emission.names.helper(name, source):
            self.emission.oracle.define(check_source(source, self.emission.names.defined))
        return name
