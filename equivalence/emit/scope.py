"""The inside of one class while it is written: modules, values, shapes. What a Site talks to."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from equivalence import catalogue
from equivalence.emit.class_text import inlined, render_class
from equivalence.emit.draft import ClassDraft, Placement
from equivalence.emit.guard import check_expression, check_source
from equivalence.emit.storage import arrays
from equivalence.errors import Refused
from equivalence.schema import Entry, Weight
from equivalence.translation.call_site import Site, Value
from equivalence.translation.configuration import Configuration
from equivalence.translation.graph import ClassName, Constant, Layer, Stored
from equivalence.translation.order import KERAS, Order, convert, normal, to_keras_shape
from equivalence.translation.python_text import identifier, literal

if TYPE_CHECKING:
    from equivalence.emit.emitter import Emission, GraphEmitter


class Scope:
    """Implements `equivalence.translation.call_site.Emission` for one class."""

    def __init__(self, draft: ClassDraft, emission: Emission, prefix: str) -> None:
        self.draft = draft
        self.emission = emission
        self.prefix = prefix
        self.nested: dict[int, tuple[str, ClassDraft]] = {}
        self._samples: dict[str, Any] = {}
        self._modules: dict[str, Any] = {}
        self._attributes: dict[tuple[int, str], tuple[str, Layer]] = {}  # by id(); the layer is kept alive
        self._writing: tuple[GraphEmitter, Layer, Entry, str, bool] | None = None

    @contextmanager
    def writing(self, emitter: GraphEmitter, layer: Layer, entry: Entry, base: str, swapping: bool) -> Iterator[None]:
        """For the time of one emit: whose lines these are, and whether a naive form exchanges pieces."""
        before, self._writing = self._writing, (emitter, layer, entry, base or layer.name, swapping)
        try:
            yield
        finally:
            self._writing = before

    # -- values --------------------------------------------------------------------------------

    def _token(self) -> str:
        self.emission.tokens += 1
        return f"_v{self.emission.tokens}_"

    def input(self, shape: tuple[int | None, ...], dtype: str, order: Order, name: str) -> Value:
        """A parameter of the forward, declared by Keras with `shape`, lying in `order`."""
        value = Value(self._token(), "", normal(order, len(shape)), (None, *shape[1:]), dtype, hint=name)
        self._samples[value.token] = self.emission.oracle.sample(shape, dtype, value.order)
        return value

    def _evaluate(self, expr: str) -> tuple[str, ast.expr, Any]:
        if self._writing and self._writing[4]:
            expr = self.emission.swap(expr)
        tree = ast.parse(expr, mode="eval")
        self._check(tree)
        return expr, tree.body, self.emission.oracle.run(tree, self._samples, self._modules)

    def _check(self, tree: ast.Expression) -> None:
        check_expression(tree, self._known())

    def _known(self) -> set[str]:
        """Names that the emitted file defines."""
        return {*self.emission.helpers, *(draft.name for draft in self.emission.classes)}

    def _keep(self, value: Value, tree: ast.expr, sample: Any) -> Value:
        self.draft.values.append(value)
        self.draft.trees[value.token] = tree
        self._samples[value.token] = sample
        return value

    def new(self, expr: str, order: Order, hint: str, dtype: str | None) -> Value:
        expr, tree, sample = self._evaluate(expr)
        shape, found = self.emission.oracle.shape(sample)
        order = normal(order, len(shape))
        keras = shape if isinstance(order, tuple) else to_keras_shape(order, shape)
        value = Value(self._token(), expr, order, keras, dtype or found, hint=self._hint(hint))
        return self._keep(value, tree, sample)

    def opaque(self, expr: str, hint: str) -> Value:
        """A value that is no single tensor (a tuple, a dictionary); only its members are used."""
        expr, tree, sample = self._evaluate(expr)
        return self._keep(Value(self._token(), expr, KERAS, (), hint=self._hint(hint)), tree, sample)

    def many(self, expr: str, orders: Sequence[Order], hint: str) -> list[Value]:
        whole = self.opaque(expr, hint)
        return [self.new(f"{whole}[{i}]", order, f"{whole.hint}_{i}", None) for i, order in enumerate(orders)]

    def parts(self, expr: str, picks: Mapping[str, str], hint: str) -> list[Value]:
        whole = self.opaque(expr, hint)
        return [self.new(f"{whole}{pick}", KERAS, f"{whole.hint}_{name}", None) for name, pick in picks.items()]

    def _hint(self, hint: str) -> str:
        return hint or (self._writing[3] if self._writing else "y")

    def ordered(self, value: Value, order: Order) -> Value:
        order = normal(order, value.rank)
        if order == value.order:
            return value
        if order not in value.orders:
            moved = self.new(convert(str(value), value.order, order, value.rank), order, value.hint, value.dtype)
            moved.mask = value.mask
            moved.orders[value.order] = value  # so that going there and back writes nothing
            value.orders[order] = moved
        return value.orders[order]

    # -- modules -------------------------------------------------------------------------------

    def attribute(self, name: str) -> str:
        """A free attribute name for a layer name; a changed one is kept in the table of names."""
        taken = {
            *self.draft.modules,
            *self.draft.buffers,
            *(parameter for parameter, _, _ in self.draft.inputs),
        }
        made = identifier(name, taken)
        if made != name:
            self.draft.renamed[made] = name
        return made

    def module(
        self, site: Site, ctor: str, suffix: str, weights: Sequence[Weight], sizes: Mapping[str, int],
        inside: Sequence[tuple[Site, Sequence[Weight]]] = (),
    ) -> str:  # fmt: skip
        assert self._writing is not None
        _, _, entry, base, swapping = self._writing
        if swapping:
            ctor = self.emission.swap(ctor)
        key = (id(site.layer), suffix)
        if key in self._attributes:
            known = self._attributes[key][0]
            if self.draft.modules[known] != ctor:
                site.refuse("it is shared between calls that need different modules")
            return f"self.{known}"
        attribute = self.attribute(f"{base}_{suffix}" if suffix else base)
        self._check(ast.parse(ctor, mode="eval"))
        built, shapes = self.emission.oracle.build(ctor)
        self.draft.modules[attribute] = ctor
        placed = [
            (rule, stored.get((rule.keras, rule.at)) if rule.keras else None)
            for owner, rules in [(site, weights), *inside]
            for stored in [arrays(owner.layer, owner.entry, owner.config.where)]
            for rule in rules
        ]
        if placed:
            self._place(site, attribute, shapes, placed, sizes)
        elif shapes:
            site.refuse(f"its parameters {sorted(shapes)} have no weights in the entry {entry.keras}")
        self._modules[attribute] = self.emission.oracle.allocate(built)
        self._attributes[key] = (attribute, site.layer)
        return f"self.{attribute}"

    def _place(
        self, site: Site, attribute: str, shapes: dict[str, tuple[int, ...]],
        placed: Sequence[tuple[Weight, Stored | None]], sizes: Mapping[str, int],
    ) -> None:  # fmt: skip
        assert self._writing is not None
        path = f"{self._writing[0].path}{self._writing[3]}"
        left = {name: shape for name, shape in shapes.items() if not name.endswith("num_batches_tracked")}
        for rule, array in placed:
            if rule.torch not in left:
                continue  # conditional: this module has no such parameter (bias=False)
            if array is None and rule.otherwise is None:
                site.refuse(f"{rule.torch} has no counterpart among its weights; {rule.keras} is missing")
            name = f"{attribute}.{rule.torch}" if rule.torch else attribute
            shape = left.pop(rule.torch)
            if array is None:
                self.draft.fixed.append(name)
            else:
                _check_size(site, rule, array, shape)
                self.emission.used.add(id(array))
            self.emission.placements.append(Placement(f"{self.prefix}{name}", shape, rule, array, dict(sizes), path))
        if left:
            site.refuse(f"no weight is placed in {', '.join(sorted(left))}")

    def constant(self, site: Site, value: Constant, suffix: str) -> str:
        assert self._writing is not None
        text = _array_literal(value.value, site)
        attribute = self.attribute(f"{self._writing[3]}_{suffix}")
        ctor = f"torch.tensor({text}, dtype=torch.{value.dtype})"
        tree = ast.parse(ctor, mode="eval")
        self._check(tree)
        self.draft.buffers[attribute] = ctor
        self._modules[attribute] = self.emission.oracle.evaluate(tree)
        return f"self.{attribute}"

    def declare_nested(self, attribute: str, child: ClassDraft) -> None:
        """Makes a nested model's class known to the oracle and a module of this class."""
        self.emission.oracle.define(check_source(render_class(child), self._known()))
        built, _ = self.emission.oracle.build(f"{child.name}()")
        self.draft.modules[attribute] = f"{child.name}()"
        self._modules[attribute] = self.emission.oracle.allocate(built)

    # -- the rest of what a Site asks ----------------------------------------------------------

    def helper(self, source: str) -> str:
        source = source.strip("\n")
        name = source.split("(", 1)[0].split(":", 1)[0].split()[-1]
        if self.emission.helpers.setdefault(name, source) != source:
            raise ValueError(f"two helpers are called {name}")
        if len([text for text in self.emission.helpers.values() if text == source]) == 1:
            self.emission.oracle.define(check_source(source, self._known()))
        return name

    def activate(self, site: Site, value: Value, serialised: Any) -> Value:
        assert self._writing is not None
        emitter, layer, _, base, _ = self._writing
        if serialised is None:
            return value
        if isinstance(serialised, dict):
            name = serialised.get("config") if serialised.get("class_name") == "function" else None
            if name is None and isinstance(serialised.get("config"), dict):
                made = Layer(layer.name, _class(serialised), serialised["config"])
                return emitter.layer_call(made, [value], {}, base=f"{base}_activation")
            serialised = name
        entry = next((e for e in catalogue.activations() if serialised in (e.name, *e.stored)), None)
        if entry is None:
            site.refuse(f"no entry translates its activation {serialised!r:.80}")
        made = Layer(layer.name, ClassName("keras.activations", entry.name, ""), {})
        config = Configuration(entry, {}, f"{site.config.where}: activation {entry.name}")
        inside = Site(entry, config, made, [value], [value], {}, self, (), keras_version=site.keras_version)
        naive = self.emission.naive
        swapping = bool(naive and naive[0] is entry)
        emit = naive[1].naive if naive and swapping and naive[1].naive else entry.emit
        with self.writing(emitter, layer, entry, base, swapping):
            return emit(inside)

    def function(self, site: Site, serialised: Any) -> str:
        probe = self.input((None, 3), "float32", KERAS, "x")
        values, modules = len(self.draft.values), len(self.draft.modules)
        made = self.activate(site, probe, serialised)
        if made is probe:
            return "nn.Identity()"
        if len(self.draft.modules) > modules:
            site.refuse(f"its activation {serialised!r:.80} has modules of its own, which no step of it can hold")
        written: dict[str, ast.expr] = {probe.token: ast.Name("x", ast.Load())}
        for value in self.draft.values[values:]:
            written[value.token] = inlined(self.draft.trees[value.token], written)
        del self.draft.values[values:]
        text = ast.unparse(written[made.token])
        if text.endswith("(x)") and text.removesuffix("(x)").replace(".", "").isidentifier():
            return text.removesuffix("(x)")
        taken = [name for name, source in self.emission.helpers.items() if not source.endswith(f"return {text}")]
        name = identifier(serialised if isinstance(serialised, str) else "activation", taken)
        return self.helper(f"def {name}(x: Tensor) -> Tensor:\n    return {text}")

    def note(self, site: Site, text: str) -> None:
        note = f"In training, {site.entry.name}: {text}"  # no layer name: this stands in the file's docstring
        if note not in self.emission.notes:
            self.emission.notes.append(note)

    def meant_otherwise(self, site: Site, text: str) -> None:
        self.emission.meant_otherwise.append(f"{site.config.where}: {text}")

    def inside(self, site: Site, key: str, changes: Mapping[str, Any]) -> Site:
        assert self._writing is not None
        site.config.value(key)
        return self._writing[0].inside(site, key, changes)

    def inner(
        self, site: Site, key: str, inputs: Sequence[Value], suffix: str, changes: Mapping[str, Any],
        keywords: Mapping[str, Any],
    ) -> Any:  # fmt: skip
        assert self._writing is not None
        site.config.value(key)
        return self._writing[0].inner(site, key, inputs, suffix, changes, keywords)


def _check_size(site: Site, rule: Weight, array: Stored, shape: tuple[int, ...]) -> None:
    """Refuses, before anything is allocated or read, an array that cannot be what the configuration says."""
    used = array.shape if rule.pick is None else array.shape[1:]
    if math.prod(used) != math.prod(shape):
        site.refuse(
            f"its weight {rule.keras} has shape {array.shape}, which cannot become "
            f"{rule.torch or 'the parameter'} of shape {shape}"
        )


def _class(serialised: Mapping[str, Any]) -> ClassName:
    return ClassName(
        str(serialised.get("module") or ""),
        str(serialised.get("class_name")),
        str(serialised.get("registered_name") or ""),
    )


def _array_literal(value: Any, site: Site) -> str:
    try:
        return literal(value if not isinstance(value, list) else _tuples(value))
    except (ValueError, RecursionError) as error:
        raise Refused(f"{site.config.where}: its array constant holds {value!r:.60}, which is no number.") from error


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
