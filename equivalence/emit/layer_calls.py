"""One call of one layer: its entry writes the lines, the books are kept.

The books are what keeps wrong numbers out: every configuration key read or inert, every call argument read,
every stored array placed, every parameter given its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from equivalence import catalogue
from equivalence.emit.activating import activated, function_of
from equivalence.emit.again import Again
from equivalence.emit.array_constants import buffer_of, with_tensors
from equivalence.emit.bare_names import check_own
from equivalence.emit.class_scope import ClassScope
from equivalence.emit.draft import EmittedCall
from equivalence.emit.fixed_modes import depends_on_mode, fix_mode, mode_in, stated_mode, taken_mode
from equivalence.emit.general_keys import translated_keys
from equivalence.emit.handed_on import as_objects, inherit, previous_masks
from equivalence.emit.made_here import placed_with
from equivalence.emit.placing import place_arrays
from equivalence.emit.precision import cast_to, in_its_floats, state_floats
from equivalence.emit.storage import inner_layer
from equivalence.emit.unknown_class import unknown_class
from equivalence.emit.wrapped import class_of, settings
from equivalence.errors import Refused, printable
from equivalence.schema import RANDOM, Entry, Weight
from equivalence.translation.call_site import Site, Value
from equivalence.translation.configuration import Configuration
from equivalence.translation.graph import Constant, Graph, Layer
from equivalence.translation.order import KERAS, Order
from equivalence.translation.python_text import identifier
from equivalence.translation.structure import leaves_of, mapped
from equivalence.translation.tables import Table

#: What the first argument of a layer's call is named, where a call names it.
_FIRST = ("inputs", "sequences", "sequence", "x")

#: Writes the call of a nested model: its layer and graph, positional and keyword arguments; gives its outputs.
NestedCall = Callable[[Layer, Graph, list[Any], dict[str, Any]], list[Value]]


class Around(NamedTuple):
    """What is made of the module that holds the arrays of a layer inside another."""

    text: str  # of the call around its constructor, which {} stands for
    site: Site  # of the other layer
    weights: Sequence[Weight]  # placements of its own arrays in the module


class LayerCalls:
    """The calls of one class's layers."""

    def __init__(
        self, scope: ClassScope, path: str, nested: NestedCall | None = None, around: bool | None = None
    ) -> None:
        self.scope = scope
        self.nested = nested
        self.around = around  # the mode in which the class is always called
        self.emission = scope.emission
        self.path = path  # of its layers in Keras: "encoder/"
        self._inner_layers: dict[tuple[int, str], Layer] = {}
        self._insides: dict[tuple[int, str], Site] = {}  # read by the layer around them, not emitted on their own

    def where(self, layer: Layer) -> str:
        """A layer, for messages."""
        kind = ", ".join(filter(None, (printable(layer.cls.name, 60), printable(layer.line, 200))))
        return f"{self.emission.source}: layer {f'{self.path}{layer.name}'!r:.120} ({kind})"

    def site(self, layer: Layer, args: list[Any], kwargs: dict[str, Any], shared: bool, base: str = "") -> LayerSite:
        """What the entry of a layer sees of one call. Raises Refused where no entry translates it."""
        where, cls = self.where(layer), class_of(layer)
        entry = catalogue.find(cls)
        if entry is None:
            raise Refused(f"{where}: {unknown_class(cls)}")
        check_own(cls, entry, layer.config, self.emission.keras_version, where)
        if entry.kind == "layer":
            args, kwargs = in_its_floats(layer, (args, kwargs), self.scope, self.path)
        kwargs = dict(kwargs)
        mode = stated_mode(taken_mode(kwargs, where), entry, self.emission.old)
        mode = mode_in(self.around, mode, self.emission.old)
        config = cast_to(translated_keys(settings(layer, entry, kwargs), entry, where), self.emission.narrow)
        if entry.kind == "layer":
            args, kwargs = with_tensors(self.scope, layer, base or layer.alias or layer.name, where, args, kwargs)
        if not args:
            args = [kwargs.pop(name) for name in _FIRST if leaves_of(Value, kwargs.get(name))][:1]
        if entry.kind == "layer" and (entry.weights or entry.inner) and entry.whole_numbers in ("floats", "refused"):
            if entry.whole_numbers == "refused" and (dtype := _whole(args)):
                raise Refused(
                    f"{where}: is called on {dtype}, of which no case shows what Keras makes; cast it before."
                )
            args = mapped(self._as_floats, args)
            kwargs = {key: value if "mask" in key else mapped(self._as_floats, value) for key, value in kwargs.items()}
        if not entry.texts and any(v.dtype == "string" for v in leaves_of(Value, [args, kwargs])):
            raise Refused(f"{where}: is called on texts, of which torch has no tensors; have a StringLookup take them.")
        weights, naive = entry.weights, self.emission.naive
        if naive and self.emission.is_naive(entry):
            weights = naive[1].weights or weights
        return LayerSite(
            entry, Configuration(entry, config, where), layer, leaves_of(Value, args), args, kwargs, weights, shared,
            self.emission.exact_training, self.emission.keras_version, calls=self, scope=self.scope,
            base=base or layer.alias or layer.name, mode=mode,
        )  # fmt: skip

    def _in_keras_order(self, value: Any) -> Any:
        return self.scope.ordered(value, KERAS) if isinstance(value, Value) else value

    def _as_floats(self, value: Any) -> Any:
        """Whole numbers as Keras has them once they meet a layer's weights; the object is what it was."""
        if not isinstance(value, Value) or value.dtype.startswith("float"):
            return value
        return self.scope.new(f"{value}.to(torch.float32)", value.order, value.hint).as_object(value.object)

    def call(
        self, layer: Layer, args: list[Any], kwargs: dict[str, Any], shared: bool = False, base: str = "",
        around: Around | None = None,
    ) -> Any:  # fmt: skip
        """The outputs of a layer that has an entry."""
        if "mask" in kwargs:  # it may become that of the output, and those lie as in Keras
            kwargs = {**kwargs, "mask": mapped(self._in_keras_order, kwargs["mask"])}
        site = self.site(layer, args, kwargs, shared, base)
        site.around, entry = around, site.entry
        row = len(self.emission.layers)  # before those of layers inside it
        masks = previous_masks(site._args, site._kwargs)
        outputs = as_objects(site, site.emit())
        state_floats(layer, outputs)
        self.emission.layers.insert(row, EmittedCall(f"{self.path}{layer.name}", entry.keras, site.standing))
        if self.emission.format == ".h5" and isinstance(axes := layer.config.get("axis"), list) and len(axes) > 1:
            site.meant_otherwise(
                f"axis={axes!r:.80} is several axes, which Keras 3 takes for none when it reads an .h5"
            )
        if entry.training not in ("same", *RANDOM) and not site.exact_training and site.always is not False:
            site.note(entry.training)
        self._check_all_read(site)
        for value in leaves_of(Value, outputs):
            value.activated = catalogue.is_activation(entry)
        if entry.mask == "inherit":
            inherit(leaves_of(Value, outputs), masks)
        if not layer.trainable and layer.stored and f"{self.path}{layer.name}" not in self.emission.frozen:
            self.emission.frozen.append(f"{self.path}{layer.name}")
        return outputs

    def _check_all_read(self, site: Site) -> None:
        site.config.check_all_read()
        if len(site._args) > 1 and not site.read_args:
            site.refuse(f"it is called with {len(site._args)} positional arguments, of which one is translated")
        for key, value in site._kwargs.items():
            if value is None:
                continue
            if key == "mask" and site.entry.mask != "own":
                continue  # the mask travels on, or stops; the output does not depend on it
            site.refuse(f"it is called with {key}={value!r:.60}, which this translation does not know")
        for (owner, _), inside in self._insides.items():
            if owner == id(site.layer):
                self._check_all_read(inside)

    def inner_layer(self, site: Site, key: str, changes: Mapping[str, Any]) -> Layer:
        """The layer kept inside the site's layer, under its name, always the same object."""
        known = (id(site.layer), key)
        if known not in self._inner_layers:
            self._inner_layers[known] = inner_layer(site.layer, site.entry, key, site.config.where)
        made = self._inner_layers[known]
        if key not in site.layer.inside:  # a Layer of its own keeps its name
            made.config, made.name = {**made.config, **changes}, site.layer.name
            made.alias = site.layer.alias
        return made

    def inside(self, site: Site, key: str, changes: Mapping[str, Any]) -> Site:
        """See Site.inside; what its reader leaves unread is an error, unless the layer is emitted itself."""
        found = self.site(self.inner_layer(site, key, changes), [], {}, site.shared)
        self._insides[id(site.layer), key] = found
        return found

    def inner(
        self, site: Site, key: str, inputs: Sequence[Value], suffix: str, changes: Mapping[str, Any],
        keywords: Mapping[str, Any], around: Around | None = None,
    ) -> Any:  # fmt: skip
        """See Site.inner."""
        made = self.inner_layer(site, key, changes)
        self._insides.pop((id(site.layer), key), None)
        name = made.alias or made.name
        base = f"{name}_{suffix}" if suffix else name
        mode = {} if site.mode is None else {"training": site.mode}
        if made.graph is not None:
            assert self.nested is not None
            return self.nested(made, made.graph, [*inputs], {**keywords, **mode})
        return self.call(made, [*inputs], {**keywords, **mode}, site.shared, base, around)


@dataclass(eq=False, slots=True, kw_only=True)
class LayerSite(Site):
    """A Site whose lines go into a class of the emitted file."""

    calls: LayerCalls
    scope: ClassScope
    base: str  # the name that its modules and variables start from
    around: Around | None = None
    written: int = 0  # expressions of its own
    helped: bool = False  # whether it wrote a helper

    @property
    def standing(self) -> str:
        """How near its translation is to one call of torch's own, as `EmittedCall` says."""
        if self.entry.approximate:
            return "approximate"
        return "composed" if self.helped or self.written > 1 else "exact"

    def emit(self) -> Any:
        """What the entry's emit function returns, or its naive form."""
        naive = self.scope.emission.naive
        form = naive[1].naive if naive and self._swapping else None
        return (form or self.entry.emit)(self)

    @property
    def _swapping(self) -> bool:
        return self.scope.emission.is_naive(self.entry)

    @property
    def _path(self) -> str:
        return f"{self.calls.path}{self.layer.name}"

    @property
    def always(self) -> bool | None:
        return self.calls.around if self.mode is None else self.mode

    @property
    def general(self) -> bool:
        return self._path in self.scope.emission.general

    def _generalise(self) -> NoReturn:
        """Starts over with the layer in its most general form. Raises Refused where it is in that already."""
        if self.general:
            self.refuse("it is shared between calls that need different modules")
        raise Again(general=self.scope.emission.general | {self._path})

    def _text(self, expr: str) -> str:
        if self.mode is not None and "self.training" in expr:
            if self.mode:
                self.refuse("it is called with training=True, where its dropout is not a module")
            expr = expr.replace("self.training", "False")
        if self.always and "self.training" in expr:
            self.scope.emission.drawing.append(self.scope.prefix.rstrip("."))
        return self.scope.emission.swap(expr) if self._swapping else expr

    # -- values --------------------------------------------------------------------------------

    def new(self, expr: str, order: Order, hint: str = "", dtype: str | None = None) -> Value:
        self.written += 1
        if not leaves_of(Value, [self._args, self._kwargs]) and (tensor := self.scope.first_tensor()):
            expr = placed_with(expr, tensor)
        return self.scope.new(self._text(expr), order, hint or self.base, dtype)

    def many(self, expr: str, orders: Sequence[Order], hint: str = "") -> list[Value]:
        self.written += 1
        whole = self.scope.opaque(self._text(expr), hint or self.base)
        return [self.scope.new(f"{whole}[{i}]", order, f"{whole.hint}_{i}") for i, order in enumerate(orders)]

    def parts(self, expr: str, picks: Mapping[str, str], hint: str = "") -> list[Value]:
        self.written += 1
        whole = self.scope.opaque(self._text(expr), hint or self.base)
        return [self.scope.new(f"{whole}{pick}", KERAS, f"{whole.hint}_{name}") for name, pick in picks.items()]

    def take(self, value: Value, order: Order = KERAS) -> Value:
        return self.scope.ordered(value, order)

    def take_masks_off(self, values: Sequence[Value]) -> None:
        if any(value.mask is not None for value in values):
            self.scope.emission.go_by_keras_order()
            for value in values:
                value.mask = None

    # -- modules -------------------------------------------------------------------------------

    def module(
        self,
        ctor: str,
        suffix: str = "",
        weights: Sequence[Weight] | None = None,
        sizes: Mapping[str, int] | None = None,
        inside: Sequence[tuple[Site, Sequence[Weight]]] = (),
        tables: Mapping[str, Table] | None = None,
    ) -> str:
        ctor, key, rules = self._text(ctor), (id(self.layer), suffix), self.weights if weights is None else weights
        if self.around and rules:
            ctor, inside = self.around.text.format(ctor), [*inside, (self.around.site, self.around.weights)]
        if key in self.scope.attributes:
            known = self.scope.attributes[key][0]
            if self.scope.draft.modules[known] != ctor:
                self._generalise()
            self._fix_mode(known, ctor)
            return f"self.{known}"
        name = f"{self.base}_{suffix}" if suffix else self.base
        attribute = self.scope.attribute(name)
        if self.layer.alias:
            self.scope.draft.plain_names[attribute] = identifier(
                self.layer.name + name.removeprefix(self.layer.alias), ()
            )
        shapes = self.scope.module(attribute, ctor)
        for name, table in (tables or {}).items():
            if shapes.pop(name) != (len(table.values),):
                self.refuse(f"its table {name} has {len(table.values)} numbers, and not the shape of its buffer")
            self.scope.emission.tables[f"{self.scope.prefix}{attribute}.{name}"] = table
        if rules or inside:
            place = f"{self.calls.path}{self.base}"
            if not place_arrays(self.scope, self, attribute, shapes, [(self, rules), *inside], sizes or {}, place):
                self._generalise()  # two modules would hold the weights, and be trained apart
        elif shapes:
            self.refuse(f"its parameters {sorted(shapes)} have no weights in the entry {self.entry.keras}")
        self.scope.allocate(attribute)
        self.scope.attributes[key] = (attribute, self.layer)
        self._fix_mode(attribute, ctor)
        return f"self.{attribute}"

    def _fix_mode(self, attribute: str, ctor: str) -> None:
        emission = self.scope.emission
        if depends_on_mode(ctor, emission.names.helpers):
            fix_mode(self.scope.draft, attribute, self.mode, self.config.where)
            if self.always and self.entry.training in ("same", *RANDOM):
                emission.always_random.append(f"{self.scope.prefix}{attribute}")

    def constant(self, value: Constant, suffix: str = "constant") -> str:
        return buffer_of(self.scope, self.layer, value, f"{self.base}_{suffix}", self.config.where)

    def helper(self, source: str) -> str:
        self.helped = True
        return self.scope.helper(source)

    # -- activations ---------------------------------------------------------------------------

    def activate(self, value: Value, argument: str = "activation") -> Value:
        return activated(self, value, self.config.value(argument))

    def activation_function(
        self, argument: str = "activation", shape: tuple[int | None, ...] = (None, 3), order: Order = KERAS
    ) -> str:
        return function_of(self, self.config.value(argument), shape, order)

    def called(self, layer: Layer, value: Value) -> Value:
        result: Value = self.calls.call(layer, [value], {}, base=f"{self.base}_activation")
        return result

    def emitted(self, entry: Entry, config: Configuration, layer: Layer, value: Value) -> Value:
        result: Value = LayerSite(
            entry, config, layer, [value], [value], {}, (), keras_version=self.keras_version, calls=self.calls,
            scope=self.scope, base=self.base,
        ).emit()  # fmt: skip
        return result

    # -- the rest ------------------------------------------------------------------------------

    def note(self, text: str) -> None:
        notes = self.scope.emission.notes
        note = f"In training, {self.entry.name}: {text}"  # no layer name: this stands in the file's docstring
        if note not in notes:
            notes.append(note)

    def meant_otherwise(self, text: str) -> None:
        self.scope.emission.meant_otherwise.append(f"{self.config.where}: {text}")

    def inside(self, key: str, changes: Mapping[str, Any] | None = None) -> Site:
        self.config.value(key.partition("/")[0])
        return self.calls.inside(self, key, changes or {})

    def inner(
        self,
        key: str,
        inputs: Sequence[Value],
        suffix: str = "",
        changes: Mapping[str, Any] | None = None,
        keywords: Mapping[str, Any] | None = None,
        around: tuple[str, Sequence[Weight]] | None = None,
    ) -> Any:
        self.config.value(key.partition("/")[0])
        made = Around(around[0], self, around[1]) if around else None
        return self.calls.inner(self, key, inputs, suffix, changes or {}, keywords or {}, made)


def _whole(args: Sequence[Any]) -> str:
    """The dtype of the first tensor that holds no floats; "" where there is none."""
    return next((value.dtype for value in leaves_of(Value, args) if not value.dtype.startswith("float")), "")
