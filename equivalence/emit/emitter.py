"""Graph to classes: walks the calls in order; nested models become classes of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from equivalence.emit.again import Again
from equivalence.emit.class_scope import ClassScope
from equivalence.emit.draft import ClassDraft, FileDraft, ForwardDraft, Oracle
from equivalence.emit.emission import LARGER, Emission
from equivalence.emit.fixed_modes import fix_mode, mode_in, taken_mode
from equivalence.emit.given_tensors import given_tensors
from equivalence.emit.given_values import Given, given_of, hollow
from equivalence.emit.handed_on import as_objects_of
from equivalence.emit.held_values import check_equal_sizes, held_value, size_value
from equivalence.emit.instances import lone_blocks
from equivalence.emit.layer_calls import LayerCalls
from equivalence.emit.layout import input_orders, order_alone, wished_orders
from equivalence.emit.loops import elements_of, looped
from equivalence.emit.precision import narrow_floats
from equivalence.emit.running_order import running_order
from equivalence.emit.same_forward import same_forward
from equivalence.emit.training_branch import as_outside, joined
from equivalence.errors import EquivalenceError, Refused, first_line
from equivalence.translation.call_site import Value
from equivalence.translation.dtype_policies import is_float, ported
from equivalence.translation.graph import Call, Graph, Held, Layer, Loop, MaskOf, ModelFile, Ref, SizeOf
from equivalence.translation.order import KERAS, Flat
from equivalence.translation.structure import leaves_of, mapped, paths


def emit(model: ModelFile, oracle: Oracle, name: str, *, given: Given | None = None, **options: Any) -> FileDraft:
    """The emitted file of a model, `name` being its class's name; `options` are `Emission`'s.

    With `given`, the model's forward takes masks with its inputs, and returns those of its outputs.
    Raises Refused, naming file, layer, argument and value, for whatever no entry translates.
    """
    while True:
        try:
            emission = written_by(GraphEmitter, model, oracle, name, given, **options)
        except Refused as refusal:
            if not options.pop("fold", False):
                raise
            return replace(emit(model, oracle, name, given=given, **options), folded=[f"Not folded: {refusal}"])
        if emission.naive and (missing := [old for old, _ in emission.naive[1].swap if old not in emission.swapped]):
            raise ValueError(f"the naive form of {emission.naive[1].id} exchanges {missing}, which is never emitted")
        made = emission.file()
        if not (alone := lone_blocks(made.root)):
            return made
        options["apart"] = emission.apart | alone  # what is made once alone needs no class


def written_by(
    emitter: type[GraphEmitter],
    model: ModelFile,
    oracle: Oracle,
    name: str,
    given: Given | None = None,
    **options: Any,
) -> Emission:
    """What a kind of emitter makes of a model, begun again for as long as it learns something on the way."""
    options["narrow"] = narrow_floats(model.graph)
    while True:
        emission = Emission(oracle, model.source, model.keras_version, model.format, **options)
        try:
            emitter(model.graph, emission, name, "", "").forward(given)
            emission.check_masks_wanted()
        except Again as again:
            options |= again.options
        else:
            return emission


class GraphEmitter:
    """One class of the file from one graph; nested models recurse."""

    def __init__(
        self, graph: Graph, emission: Emission, name: str, prefix: str, path: str, around: bool | None = None
    ) -> None:
        self.graph = graph
        self.around = around  # the mode that it is called in, whatever that of the whole model is
        self.emission = emission
        self.path = path  # of its layers in Keras: "encoder/"
        base = graph.own or (graph.name if graph.block else name)
        self.draft = ClassDraft(emission.names.class_name(base), base, graph.own, graph.settings)
        self.draft.step = graph.step
        self.draft.begins = graph.first_layer if graph.block else ""
        self.scope = ClassScope(self.draft, emission, prefix)
        self.layers = LayerCalls(self.scope, path, self._nested_call, around)
        self._table: dict[Ref, Value] = {}
        self._nested: dict[int, tuple[str, GraphEmitter]] = {}  # by id() of a layer: its attribute and its class
        self._written: dict[tuple[int, Given], ForwardDraft] = {}  # by id() of the graph
        self._calls_of: dict[int, int] = {}
        self._graphs: list[Graph] = []
        self._take(graph)

    def _take(self, graph: Graph) -> None:
        """What the class does from here on: an own layer may do another thing in another call."""
        emission = self.emission
        self.graph = graph = emission.as_written(graph)
        in_order = graph.traced or graph.ordered or not emission.in_keras_order
        self._calls = graph.calls if in_order else running_order(graph)
        if any(graph is known for known in self._graphs):
            return
        self._graphs.append(graph)
        for call in graph.calls:
            self._calls_of[id(call.layer)] = self._calls_of.get(id(call.layer), 0) + 1
        models = [model for call in graph.calls for model, _ in call.layer.models()]
        if len(set(models)) < len(models) and not graph.traced:
            emission.go_by_keras_order()  # verification tells the calls of a nested model apart by their order

    def forward(
        self,
        given: Given | None = None,
        caller: Sequence[tuple[Value, ClassScope]] = (),
        graph: Graph | None = None,
    ) -> ForwardDraft:
        """The forward that what is `given` (left out: no masks) needs; written at the first time.

        `caller`: the tensors that a traced `call` is given, and where they are known. `graph`: what it does, where that
        is not what the class was made for.
        """
        given = given or tuple((None, position) for position in range(len(self.graph.specs)))
        if graph is not None:
            self._take(graph)
        key = id(self.graph), given
        if key not in self._written:
            made = self._write(given, caller)
            if self.graph.in_training is not None:
                self._write_in_training(made, given, caller)
            known = [draft for (_, masks), draft in self._written.items() if masks == given]
            same = next((draft for draft in known if same_forward(draft, made)), made)
            if same is not made:
                self.draft.forwards.remove(made)
                self.emission.received = [held for held in self.emission.received if held[1] is not made]
            self._written[key] = same
        return self._written[key]

    def _write_in_training(self, made: ForwardDraft, given: Given, caller: Sequence[tuple[Value, ClassScope]]) -> None:
        """The forward that what is `made` hands on to in training."""
        graph, listed = self.graph, len(self.emission.layers)
        assert graph.in_training is not None
        self._take(graph.in_training)
        joined(made, self._write(given, caller, made), f"{self.emission.source}: {self.path}{graph.name}")
        self._take(graph)
        del self.emission.layers[listed:]  # nobody compares what runs there

    def _write(
        self, given: Given, caller: Sequence[tuple[Value, ClassScope]], outside: ForwardDraft | None = None
    ) -> ForwardDraft:
        """A forward; with `outside`, the one that takes its place in training."""
        draft, self._table = self.scope.begin("forward_in_training" if outside else "forward"), {}
        self._declare_inputs(draft, given, caller, outside)
        check_equal_sizes(self.scope, self.graph, self._table)
        for call in self._calls:
            if self.emission.progress:
                self.emission.progress(f"{self.path}{call.layer.name}")
            self._register(call, self._call(call))
        outputs = self._resolved(self.graph.outputs, flat_to_keras=True)
        if self.graph.step:
            outputs = mapped(lambda value: self.scope.ordered(value, KERAS), outputs)
        if self.emission.alone:
            outputs = mapped(lambda value: self.scope.ordered(value, order_alone(self.graph, value)), outputs)
        draft.outputs = (
            outputs[0] if isinstance(outputs, list) and len(outputs) == 1 and not self.graph.traced else outputs
        )
        if hollow(draft.outputs):
            raise Refused(f"{self.emission.source}: model {f'{self.path}{self.graph.name}'!r:.120} returns no tensor.")
        if any(value.dtype == "string" for value in leaves_of(Value, draft.outputs)):
            raise Refused(f"{self.emission.source}: the model returns texts, of which torch has no tensors.")
        if outside is not None:
            draft.outputs = as_outside(outside, draft.outputs, self.scope)
        if self.path or draft.mask_of:
            self._keep_masks(draft, outside or draft)
        if self.draft not in self.emission.classes:
            self.emission.classes.append(self.draft)
        self._check_all_placed()
        return draft

    def _keep_masks(self, draft: ForwardDraft, outside: ForwardDraft) -> None:
        """Returns masks that are made inside; takes no mask that nothing depends on."""
        for which, value in enumerate(leaves_of(Value, draft.outputs)):
            mask, key = value.mask, (self.draft.name, outside.name, which)
            if mask is None or mask.token in draft.mask_of or key in self.emission.unwanted_masks:
                continue
            if mask not in draft.returned_masks:
                draft.returned_masks.append(mask)
        if draft is outside and self.graph.in_training is None:
            needed = draft.needed()
            draft.masks = [(name, mask) for name, mask in draft.masks if mask.token in needed]

    def _declare_inputs(
        self,
        draft: ForwardDraft,
        given: Given,
        caller: Sequence[tuple[Value, ClassScope]],
        outside: ForwardDraft | None,
    ) -> None:
        orders, taken = input_orders(self.graph, images_first=self.emission.alone), set[str]()
        if outside is not None:
            orders = {ref: value.order for ref, (_, value, _) in zip(orders, outside.inputs, strict=True)}
        for position, ((ref, spec), (_, same)) in enumerate(zip(self.graph.specs.items(), given, strict=True)):
            parameter = self.emission.names.parameter(spec.name, taken)
            taken.add(parameter)
            try:
                if caller:
                    value = self.scope.input_as(*caller[position], parameter)
                else:
                    value = self.scope.input(spec.shape, ported(spec.dtype), orders[ref], parameter)
            except (RuntimeError, TypeError, ValueError) as error:
                raise Refused(
                    f"{self.emission.source}: input {f'{self.path}{spec.name}'!r:.120} of shape {spec.shape!r:.80} and "
                    f"dtype {spec.dtype!r:.40} cannot be made ({first_line(error)})."
                ) from error
            value.floats = spec.dtype if is_float(spec.dtype) else value.floats
            self.emission.wide |= spec.dtype == "float64"
            if same < len(draft.inputs):
                value = value.as_object(draft.inputs[same][1].object)
            draft.inputs.append((parameter, value, spec))
            self._table[ref] = value
        for position, ((parameter, value, _), (shape, same)) in enumerate(zip(draft.inputs, given, strict=True)):
            if shape is not None and same == position:
                name = self.emission.names.parameter("mask" if len(given) == 1 else f"{parameter}_mask", taken)
                taken.add(name)
                value.mask = self.scope.input_mask(value, shape, name)
                draft.masks.append((name, value.mask))
                draft.mask_of[value.mask.token] = position

    def _resolved(self, structure: Any, flat_to_keras: bool = False) -> Any:
        """A structure of the graph with each Ref replaced by its Value."""

        def value_of(leaf: Any) -> Any:
            if isinstance(leaf, Held):
                return held_value(self.scope, leaf, f"{self.emission.source}: {self.path}{self.graph.name}")
            if isinstance(leaf, SizeOf):
                return size_value(self.scope, leaf, [self._table[ref] for ref, _ in leaf.axes])
            if isinstance(leaf, MaskOf):
                return self._mask_of(leaf)
            if isinstance(leaf, slice):
                return slice(*map(value_of, (leaf.start, leaf.stop, leaf.step)))
            if not isinstance(leaf, Ref):
                return leaf
            if leaf not in self._table:
                raise Refused(f"{self.emission.source}: tensor {tuple(leaf)} is used but no layer gives it.")
            value = self._table[leaf]
            return self.scope.ordered(value, KERAS) if flat_to_keras and isinstance(value.order, Flat) else value

        return mapped(value_of, structure)

    def _mask_of(self, leaf: MaskOf) -> Value:
        mask = self._table[leaf.ref].mask
        if mask is None:
            raise Refused(
                f"{self.emission.source}: {self.path}{leaf.ref.layer}: its mask is asked for, and the port has none."
            )
        return mask

    def _register(self, call: Call, outputs: Any) -> None:
        made = leaves_of(Value, outputs)
        for value, mask in zip(made, call.masks, strict=False):
            if not (isinstance(mask, str) and mask == "inside"):
                value.mask = self._resolved(mask)
        for index, value in enumerate(made):
            self._table[Ref(call.layer.name, call.node, index)] = value
            if call.layer.graph is None and call.layer.name not in self.graph.unkept:
                value.taps.append((call.layer.name, call.node, index))

    def _call(self, call: Call) -> Any:
        """The outputs of one call. Raises Refused for whatever a crafted configuration breaks on the way."""
        args, kwargs = self._resolved(call.args), self._resolved(call.kwargs)
        layer = call.layer
        if leaves_of(SizeOf, layer.config):
            layer = replace(layer, config=self._resolved(layer.config))
        try:
            if call.inside is not None:
                return self._nested_call(call.layer, call.inside, args, kwargs)
            return self.layers.call(layer, args, kwargs, shared=self._calls_of[id(call.layer)] > 1)
        except (EquivalenceError, Again):
            raise
        except Exception as error:
            larger, where = LARGER.get(self.emission.scale), self.layers.where(call.layer)
            open_sizes = not self.graph.traced and any(None in spec.shape[1:] for spec in self.graph.specs.values())
            if larger is not None and open_sizes:  # those of a traced model are such that its code runs
                raise Again(scale=larger) from error
            because = "does not run with what stands for the unknown sizes of the inputs: declare them"
            if not open_sizes:
                because = "cannot be written with this configuration"
            raise Refused(f"{where}: {because} ({first_line(error)}).") from error

    def _nested_call(self, layer: Layer, graph: Graph, args: list[Any], kwargs: dict[str, Any]) -> list[Value]:
        """The outputs of a nested model, whose class is written at its first call."""
        kwargs, where = dict(kwargs), self.layers.where(layer)
        mode = None if graph.traced else mode_in(self.around, taken_mode(kwargs, where), self.emission.old)
        given = given_tensors(self.scope, graph, args, kwargs, where)
        attribute, child = self._child(layer, graph, mode)
        if layer.loop is not None:
            return self._loop_call(layer, graph, layer.loop, given)
        fix_mode(self.draft, attribute, mode, where)
        orders = (wished_orders if graph.block else input_orders)(graph).values() if graph.traced else ()
        ready = [(self.scope.ordered(v, order or v.order), self.scope) for v, order in zip(given, orders, strict=False)]
        forward = child.forward(given_of(given), ready, graph)
        self.scope.nested(attribute, child.draft)
        if child.draft.stateful and self._calls_of.get(id(layer), 1) > 1:
            raise Refused(f"{where}: is called more than once with stateful layers in it; give each call its own.")
        masks = {token: given[position].mask for token, position in forward.mask_of.items()}
        passed = [self.scope.ordered(v, inner.order) for v, (_, inner, _) in zip(given, forward.inputs, strict=True)]
        passed += [mask for _, held in forward.masks if (mask := masks[held.token]) is not None]
        method = "" if forward.name == "forward" else f".{forward.name}"
        expr = f"self.{attribute}{method}({', '.join(map(str, passed))})"
        outputs = self._received(layer, child, forward, expr, masks)
        return as_objects_of(given, forward, outputs)

    def _loop_call(self, layer: Layer, graph: Graph, loop: Loop, given: list[Value]) -> list[Value]:
        """The last states, and what all steps give, of a graph that is one step."""
        attribute, child = self._child(layer, graph, None)
        held = [self.scope.ordered(value, KERAS) for value in given]
        shown = elements_of(self.scope, loop, held)
        forward = child.forward(None, [(value, self.scope) for value in shown], graph)
        self.scope.nested(attribute, child.draft)
        method = "" if forward.name == "forward" else f".{forward.name}"
        return looped(self.scope, loop, f"self.{attribute}{method}", held, forward, layer.alias or layer.name)

    def _child(self, layer: Layer, graph: Graph, mode: bool | None) -> tuple[str, GraphEmitter]:
        known = self._nested.get(id(layer))
        if known is None:
            attribute = self.scope.attribute(layer.alias or layer.name)
            self.draft.paths[attribute] = "" if graph.block else layer.name
            prefix = f"{self.scope.prefix}{attribute}."
            path = self.path if graph.block else f"{self.path}{layer.name}/"
            around = self.around if mode is None else mode
            child = type(self)(graph, self.emission, layer.name, prefix, path, around)
            known = self._nested[id(layer)] = attribute, child
        return known

    def _received(
        self, layer: Layer, child: GraphEmitter, forward: ForwardDraft, expr: str, masks: dict[str, Value | None]
    ) -> list[Value]:
        """The tensors that a nested model returns, with their masks, as this class holds them."""
        inner = leaves_of(Value, forward.outputs)
        name = layer.alias or layer.name
        if isinstance(forward.returned, Value):
            made = [self.scope.new(expr, inner[0].order, name, inner[0].dtype)]
        else:
            whole = self.scope.opaque(expr, name)
            front = "[0]" if forward.returned_masks else ""
            texts = [f"{whole}{front}{index}" for index in paths(forward.outputs)]
            names = [name] if len(texts) == 1 else [f"{name}_{i}" for i in range(len(texts))]
            made = [
                self.scope.new(text, value.order, hint, value.dtype)
                for text, value, hint in zip(texts, inner, names, strict=True)
            ]
            for index, mask in enumerate(forward.returned_masks):
                masks[mask.token] = self.scope.new(f"{whole}[{index + 1}]", KERAS, f"{name}_mask", "bool")
        for which, (value, held) in enumerate(zip(made, inner, strict=True)):
            value.floats = held.floats
            if held.mask is None:
                continue
            if held.mask.token not in masks:  # nobody uses it; that there is one must still be known
                masks[held.mask.token] = self.scope.input_mask(value, held.mask.shape, "mask")
            value.mask = received = masks[held.mask.token]
            if held.mask in forward.returned_masks and received is not None:
                self.emission.received.append(((child.draft.name, forward.name, which), self.scope.forward, received))
        return made

    # -- the books -----------------------------------------------------------------------------

    def _check_all_placed(self) -> None:
        called = {id(call.layer) for call in self.graph.calls}
        for layer in self.graph.layers:
            if layer.graph is not None or id(layer) not in called:
                continue
            for group in layer.stored.values():
                for array in group:
                    if id(array) not in self.emission.placed:
                        raise Refused(
                            f"{self.layers.where(layer)}: its array {array.path!r:.120} has no place in the port."
                        )
