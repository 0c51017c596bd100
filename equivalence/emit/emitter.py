"""Graph to classes: walks the calls in order, lets each entry write its lines, keeps the books.

The books are what keeps wrong numbers out: every configuration key read or inert, every call
argument read, every stored array placed, every parameter given its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from equivalence import catalogue
from equivalence.emit.draft import ClassDraft, FileDraft, Oracle, Placement
from equivalence.emit.layout import input_orders
from equivalence.emit.scope import Scope
from equivalence.emit.storage import inner_layer
from equivalence.emit.wrapped import class_of, settings
from equivalence.errors import EquivalenceError, Refused
from equivalence.schema import Difference, Entry
from equivalence.translation.call_site import Site, Value
from equivalence.translation.configuration import Configuration
from equivalence.translation.graph import Call, ClassName, Graph, Layer, ModelFile, Ref
from equivalence.translation.order import KERAS, Flat
from equivalence.translation.python_text import class_name, identifier

#: Configuration keys that the emitter itself accounts for, on every layer.
_GENERAL = frozenset({"name", "trainable", "dtype", "batch_input_shape", "batch_shape", "input_shape", "input_dtype"})
_TOKEN = re.compile(r"_v\d+_")


@dataclass(slots=True)
class Emission:
    """Everything that lives as long as one emitted file."""

    oracle: Oracle
    source: str
    keras_version: str = ""
    exact_training: bool = False
    naive: tuple[Entry, Difference] | None = None  # emit this entry by its naive form
    progress: Callable[[str], None] | None = None
    helpers: dict[str, str] = field(default_factory=dict)
    classes: list[ClassDraft] = field(default_factory=list)
    placements: list[Placement] = field(default_factory=list)
    layers: list[tuple[str, str]] = field(default_factory=list)
    frozen: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    meant_otherwise: list[str] = field(default_factory=list)
    used: set[int] = field(default_factory=set)  # id() of Stored arrays that were placed
    swapped: set[str] = field(default_factory=set)  # pieces of the naive form that occurred
    tokens: int = 0

    def swap(self, text: str) -> str:
        """`text` with the pieces of the naive form exchanged; each `{x}` in a piece stands for any one value.

        In the new piece the first `{x}` is the first of the old one, and so on; further ones are the last.
        """
        assert self.naive is not None
        for old, new in self.naive[1].swap:
            pattern = re.compile(re.escape(old).replace(r"\{x\}", f"({_TOKEN.pattern})"))
            for match in reversed(list(pattern.finditer(text))):
                first, *pieces = new.split("{x}")
                values = [*match.groups(), *(match.groups()[-1:] * len(pieces))]
                made = first + "".join(value + piece for value, piece in zip(values, pieces, strict=False))
                text = text[: match.start()] + made + text[match.end() :]
                self.swapped.add(old)
        return text


def emit(model: ModelFile, oracle: Oracle, name: str, **options: Any) -> FileDraft:
    """The emitted file of a model, `name` being its class's name; `options` are `Emission`'s.

    Raises Refused, naming file, layer, argument and value, for whatever no entry translates.
    """
    emission = Emission(oracle, model.source, model.keras_version, **options)
    GraphEmitter(model.graph, emission, name, "", "").run()
    if emission.naive and (missing := [old for old, _ in emission.naive[1].swap if old not in emission.swapped]):
        raise ValueError(f"the naive form of {emission.naive[1].id} exchanges {missing}, which is never emitted")
    return FileDraft(
        model.source,
        emission.classes,
        list(emission.helpers.values()),
        emission.placements,
        emission.layers,
        emission.frozen,
        emission.notes,
        emission.meant_otherwise,
    )


class GraphEmitter:
    """One class of the file from one graph; nested models recurse."""

    def __init__(self, graph: Graph, emission: Emission, name: str, prefix: str, path: str) -> None:
        self.graph = graph
        self.emission = emission
        self.prefix = prefix  # of its parameters in the state_dict: "encoder."
        self.path = path  # of its layers in Keras: "encoder/"
        self.draft = ClassDraft(class_name(name, [draft.name for draft in emission.classes]), [])
        self.scope = Scope(self.draft, emission, prefix)
        self.table: dict[Ref, Value] = {}
        self.inner_layers: dict[tuple[int, str], Layer] = {}
        self.insides: dict[tuple[int, str], Site] = {}  # read by the layer around them, not emitted on their own
        self.calls_of: dict[int, int] = {}
        for call in graph.calls:
            self.calls_of[id(call.layer)] = self.calls_of.get(id(call.layer), 0) + 1

    def run(self) -> ClassDraft:
        """Emits every call; the finished class stands in `emission.classes`."""
        orders = input_orders(self.graph)
        taken: set[str] = set()
        for ref, spec in self.graph.specs.items():
            parameter = "x" if spec.name == "x" else identifier(spec.name, taken)
            taken.add(parameter)
            try:
                value = self.scope.input(spec.shape, spec.dtype, orders[ref], parameter)
            except (RuntimeError, TypeError, ValueError) as error:
                raise Refused(
                    f"{self.emission.source}: input {f'{self.path}{spec.name}'!r:.120} of shape {spec.shape!r:.80} and "
                    f"dtype {spec.dtype!r:.40} cannot be made ({_first_line(error)})."
                ) from error
            self.draft.inputs.append((parameter, value, spec))
            self.table[ref] = value
        for call in self.graph.calls:
            if self.emission.progress:
                self.emission.progress(f"{self.path}{call.layer.name}")
            self.register(call, self.call(call))
        self.draft.outputs = self.resolve(self.graph.outputs, flat_to_keras=True)
        if _hollow(self.draft.outputs):
            raise Refused(f"{self.emission.source}: model {f'{self.path}{self.graph.name}'!r:.120} returns no tensor.")
        self.emission.classes.append(self.draft)
        self.check_all_placed()
        return self.draft

    def resolve(self, structure: Any, flat_to_keras: bool = False) -> Any:
        """A structure of the graph with each Ref replaced by its Value."""
        if isinstance(structure, Ref):
            if structure not in self.table:
                raise Refused(f"{self.emission.source}: tensor {tuple(structure)} is used but no layer gives it.")
            value = self.table[structure]
            return self.scope.ordered(value, KERAS) if flat_to_keras and isinstance(value.order, Flat) else value
        if isinstance(structure, (list, tuple)):
            return [self.resolve(item, flat_to_keras) for item in structure]
        if isinstance(structure, dict):
            return {key: self.resolve(item, flat_to_keras) for key, item in structure.items()}
        return structure

    def register(self, call: Call, outputs: Any) -> None:
        flat = list(_values(outputs))
        for index, value in enumerate(flat):
            self.table[Ref(call.layer.name, call.node, index)] = value
            if call.layer.graph is None:
                value.taps.append((call.layer.name, call.node, index))

    def where(self, layer: Layer) -> str:
        cls = ascii(layer.cls.name[:60])[1:-1]
        return f"{self.emission.source}: layer {f'{self.path}{layer.name}'!r:.120} ({cls})"

    # -- one call ------------------------------------------------------------------------------

    def call(self, call: Call) -> Any:
        """The outputs of one call. Raises Refused for whatever a crafted configuration breaks on the way."""
        args, kwargs = self.resolve(call.args), self.resolve(call.kwargs)
        try:
            if call.layer.graph is not None:
                return self.nested(call, self.given(call, args, kwargs))
            return self.layer_call(call.layer, args, kwargs, shared=self.calls_of[id(call.layer)] > 1)
        except EquivalenceError:
            raise
        except Exception as error:
            raise Refused(
                f"{self.where(call.layer)}: cannot be written with this configuration ({_first_line(error)})."
            ) from error

    def site(self, layer: Layer, args: list[Any], kwargs: dict[str, Any], shared: bool) -> Site:
        """What the entry of a layer sees of one call. Raises Refused where no entry translates it."""
        where = self.where(layer)
        entry = catalogue.find(class_of(layer))
        if entry is None:
            raise Refused(f"{where}: {_unknown(class_of(layer))}")
        kwargs = dict(kwargs)
        config = _translated_keys(settings(layer, entry, kwargs), where)
        weights, naive = entry.weights, self.emission.naive
        if naive and naive[0] is entry:
            weights = naive[1].weights or weights
        return Site(
            entry, Configuration(entry, config, where), layer, list(_values(args)), args,
            kwargs, self.scope, weights, shared, self.emission.exact_training, self.emission.keras_version,
        )  # fmt: skip

    def layer_call(
        self, layer: Layer, args: list[Any], kwargs: dict[str, Any], shared: bool = False, base: str = ""
    ) -> Any:
        """The outputs of a layer that has an entry."""
        site = self.site(layer, args, kwargs, shared)
        entry, naive = site.entry, self.emission.naive
        emit = (naive[1].naive if naive and naive[0] is entry else None) or entry.emit
        self.emission.layers.append((f"{self.path}{layer.name}", entry.keras))
        with self.scope.writing(self, layer, entry, base, swapping=bool(naive and naive[0] is entry)):
            outputs = emit(site)
        if entry.training not in ("same", "random") and not site.exact_training:
            self.scope.note(site, entry.training)
        self.check_all_read(site)
        for (owner, _), inside in self.insides.items():
            if owner == id(layer):
                self.check_all_read(inside)
        if entry.mask != "own":
            inherited = next((v.mask for v in site.inputs if v.mask is not None), None)
            for value in _values(outputs):
                if not any(value is given for given in site.inputs):
                    value.mask = inherited if entry.mask == "inherit" else None
        if not layer.trainable and layer.stored and f"{self.path}{layer.name}" not in self.emission.frozen:
            self.emission.frozen.append(f"{self.path}{layer.name}")
        return outputs

    def check_all_read(self, site: Site) -> None:
        for key, value in site.config.unread():
            site.config.refuse(key, value, "is a setting that this translation does not know")
        if len(site._args) > 1 and not site.read_args:
            site.refuse(f"it is called with {len(site._args)} positional arguments, of which one is translated")
        for key, value in site._kwargs.items():
            if value is None or (key == "training" and value is False):
                continue
            if key == "mask" and site.entry.mask != "own":
                continue  # the mask travels on, or stops; the output does not depend on it
            site.refuse(f"it is called with {key}={value!r:.60}, which this translation does not know")

    def inner_layer(self, site: Site, key: str, changes: Mapping[str, Any]) -> Layer:
        """The layer kept inside the site's layer, under its name, always the same object."""
        known = (id(site.layer), key)
        if known not in self.inner_layers:
            self.inner_layers[known] = inner_layer(site.layer, site.entry, key, site.config.where)
        made = self.inner_layers[known]
        made.config, made.name = {**made.config, **changes}, site.layer.name
        return made

    def inside(self, site: Site, key: str, changes: Mapping[str, Any]) -> Site:
        """See Site.inside; what its reader leaves unread is an error, unless the layer is emitted itself."""
        made = self.inner_layer(site, key, changes)
        found = self.site(made, [], {}, site.shared)
        self.insides[id(site.layer), key] = found
        return found

    def inner(
        self, site: Site, key: str, inputs: Sequence[Value], suffix: str, changes: Mapping[str, Any],
        keywords: Mapping[str, Any],
    ) -> Any:  # fmt: skip
        """The outputs of a layer kept inside another (see Site.inner)."""
        made = self.inner_layer(site, key, changes)
        self.insides.pop((id(site.layer), key), None)
        base = f"{made.name}_{suffix}" if suffix else made.name
        return self.layer_call(made, [*inputs], dict(keywords), site.shared, base)

    def given(self, call: Call, args: list[Any], kwargs: dict[str, Any]) -> list[Value]:
        """The tensors a nested model is called with, in the order of its inputs; those of a dict by name."""
        where, graph = self.where(call.layer), call.layer.graph
        assert graph is not None
        keywords = {f"argument {i}": value for i, value in enumerate(args) if i} | kwargs
        for key, value in keywords.items():
            nothing = value is None or (key == "training" and value is False) or (key == "mask" and not _values(value))
            if not nothing:
                raise Refused(f"{where}: is called with {key}={value!r:.60}, which a nested model is not given here.")
        given = _values(args)
        if args and isinstance(args[0], dict):
            names = list(graph.inputs if isinstance(graph.inputs, dict) else [s.name for s in graph.specs.values()])
            if missing := [name for name in names if name not in args[0]]:
                raise Refused(f"{where}: is called without its input {missing[0]!r:.80}.")
            given = [args[0][name] for name in names]
        if any(value.mask is not None for value in given):
            raise Refused(
                f"{where}: a mask reaches this nested model, which is not translated; call its layers one by one."
            )
        return given

    def nested(self, call: Call, inputs: list[Value]) -> Any:
        """The outputs of a nested model: a class of its own, written at its first call."""
        layer, graph = call.layer, call.layer.graph
        assert graph is not None
        known = self.scope.nested.get(id(layer))
        if known is None:
            attribute = self.scope.attribute(layer.name)
            child = GraphEmitter(
                graph, self.emission, layer.name, f"{self.prefix}{attribute}.", f"{self.path}{layer.name}/"
            ).run()
            self.draft.paths[attribute] = layer.name
            self.scope.declare_nested(attribute, child)
            known = self.scope.nested[id(layer)] = (attribute, child)
        attribute, child = known
        if len(inputs) != len(child.inputs):
            raise Refused(
                f"{self.where(layer)}: is called with {len(inputs)} tensors where it takes {len(child.inputs)}."
            )
        if any(value.mask is not None for value in _values(child.outputs)):
            raise Refused(
                f"{self.where(layer)}: a mask leaves this nested model, which is not translated; call its layers "
                "one by one."
            )
        given = [self.scope.ordered(v, inner.order) for v, (_, inner, _) in zip(inputs, child.inputs, strict=True)]
        expr = f"self.{attribute}({', '.join(map(str, given))})"
        returned = list(_values(child.outputs))
        if isinstance(child.outputs, Value):
            return self.scope.new(expr, child.outputs.order, layer.name, child.outputs.dtype)
        keys = list(child.outputs) if isinstance(child.outputs, dict) else range(len(returned))
        whole = self.scope.opaque(expr, layer.name)
        return [
            self.scope.new(f"{whole}[{key!r}]", value.order, f"{layer.name}_{i}", value.dtype)
            for i, (key, value) in enumerate(zip(keys, returned, strict=True))
        ]

    # -- the books -----------------------------------------------------------------------------

    def check_all_placed(self) -> None:
        called = {id(call.layer) for call in self.graph.calls}
        for layer in self.graph.layers:
            if layer.graph is not None or id(layer) not in called:
                continue
            for group in layer.stored.values():
                for array in group:
                    if id(array) not in self.emission.used:
                        raise Refused(f"{self.where(layer)}: its array {array.path!r:.120} has no place in the port.")


def _values(structure: Any) -> list[Value]:
    if isinstance(structure, Value):
        return [structure]
    if isinstance(structure, (list, tuple)):
        return [value for item in structure for value in _values(item)]
    if isinstance(structure, dict):
        return [value for item in structure.values() for value in _values(item)]
    return []


def _hollow(structure: Any) -> bool:
    """Whether a structure, or a part of it, holds no tensor."""
    if isinstance(structure, Value):
        return False
    parts = list(structure.values()) if isinstance(structure, dict) else structure
    return not isinstance(parts, list) or not parts or any(_hollow(part) for part in parts)


def _translated_keys(config: Mapping[str, Any], where: str) -> dict[str, Any]:
    policy = config.get("dtype")
    if isinstance(policy, dict):
        policy = policy.get("config", {}).get("name") if isinstance(policy.get("config"), dict) else None
    if policy not in (None, "float32", "float64", "int32", "int64", "bool"):
        raise Refused(f"{where}: dtype={policy!r:.60} is not translated; save the model in float32.")
    return {key: value for key, value in config.items() if key not in _GENERAL}


def _unknown(cls: ClassName) -> str:
    if cls.name == "Lambda":
        return (
            "a Lambda holds Python code, which is never run; replace it by keras.ops or a layer of its own, "
            "or register an entry for it (CONTRIBUTING.md)."
        )
    full = ".".join(filter(None, (cls.module, cls.name)))
    also = f", registered as {cls.registered!r:.80}" if cls.registered else ""
    return (
        f"no entry translates its class {full!r:.120}{also}; equivalence.catalogue.register adds one (CONTRIBUTING.md)."
    )


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200]
