"""Traces of one model at several sizes, and in training, to its graph.

What is the same in all of them is a constant, a whole number that goes with the sizes is one of them, and a `training`
that goes with the model's is none: the layers ask the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras.src import backend, tree

from equivalence.errors import Refused
from equivalence.formats.document import Document
from equivalence.formats.model import build_layer
from equivalence.keras_side.tracing.alike_steps import (
    as_in_a_file,
    changes_nothing,
    kinds_of,
    no_tensor,
    numbers_among,
    same_graph,
    same_results,
    same_steps,
    tensors_alone,
)
from equivalence.keras_side.tracing.branch_modes import AS_THE_MODEL, Modes, modes_beside
from equivalence.keras_side.tracing.cut_arrays import ArrayCut
from equivalence.keras_side.tracing.folded_numbers import folded
from equivalence.keras_side.tracing.free_sizes import Axes, Unsolved, solved
from equivalence.keras_side.tracing.known_numbers import OneSize
from equivalence.keras_side.tracing.layer_settings import settings_of
from equivalence.keras_side.tracing.live_weights import arrays_of, assets_of, stored_variable
from equivalence.keras_side.tracing.needed_steps import needed_steps
from equivalence.keras_side.tracing.own_activations import without_own_activation
from equivalence.keras_side.tracing.own_layers import (
    class_of_layer,
    held_names,
    numbers_kept,
    place_of,
    variable_names,
)
from equivalence.keras_side.tracing.tape import Position, Step, Trace
from equivalence.keras_side.tracing.traced_loops import LoopStep, Unrolled, own_name, unobserved
from equivalence.keras_side.tracing.users_lines import line_of_call
from equivalence.keras_side.tracing.wrapped_own import runs_an_own
from equivalence.translation.graph import Call, ClassName, Graph, Held, Layer, Loop, MaskOf, Ref, Spec, Stored
from equivalence.translation.held_layers import snake_case

KerasTensor = keras.KerasTensor
_PLAIN = (bool, int, float, str, type(None), type(...))


class Reading:
    """What the graphs of one model share: every layer and every array once."""

    def __init__(self, source: str, outermost: str) -> None:
        self.source, self.outermost = source, outermost
        self.document = Document(source, keras.__version__)
        self.layers: dict[int, Layer] = {}  # by id() of Keras's layer
        self.live: dict[int, Any] = {}  # by id() of ours, Keras's: what a recorder listens to
        self.arrays: dict[int, Stored] = {}  # by id() of Keras's variable
        self.held: dict[int, Held] = {}  # by id() of a variable or array
        self._kept: list[Any] = []  # so that no id() is used twice
        self.notes: list[str] = []

    def graph(
        self, name: str, traces: Sequence[Trace], training: Sequence[Trace], modes: Modes = AS_THE_MODEL
    ) -> Graph:
        """The graph of one layer's `call`. `traces`: at different sizes; `training`: at the same ones, in training."""
        return _GraphReading(self, name, traces, training, modes).graph()

    def held_array(self, value: Any, path: str, trainable: bool) -> Held:
        """A variable or another array that stands in an argument."""
        if id(value) not in self.held:
            self._kept.append(value)
            variable = isinstance(value, keras.Variable)
            stored = self.arrays.get(id(value)) if variable else None
            stored = stored or stored_variable(value, path)
            if variable:
                self.arrays[id(value)] = stored
            self.held[id(value)] = Held(stored, variable, trainable)
        return self.held[id(value)]

    def stock_layer(self, layer: Any, name: str, where: str) -> Layer:
        """A layer that an entry translates, or an operation."""
        if id(layer) in self.layers:
            return self.layers[id(layer)]
        cls = class_of_layer(layer)
        item = {"module": cls.module, "class_name": cls.name, "registered_name": cls.registered or None}
        with without_own_activation(layer):
            config = settings_of(layer, f"{where}/{name}")
        made = build_layer({**item, "config": config}, self.document)
        made.name, made.trainable = name, bool(getattr(layer, "trainable", True))
        if isinstance(layer, keras.Layer):
            for path, arrays in arrays_of(layer, f"{where}/{name}"):
                made.stored[path] = [array for array, _ in arrays]
                for array, variable in arrays:
                    self.arrays.setdefault(id(variable), array)
                    self._kept.append(variable)
            made.assets = assets_of(layer)
        self.layers[id(layer)] = made
        self.live[id(made)] = layer
        self._kept.append(layer)
        return made


class _GraphReading:
    """One graph."""

    def __init__(
        self, reading: Reading, name: str, traces: Sequence[Trace], training: Sequence[Trace], modes: Modes
    ) -> None:
        self.reading, self.name, self.modes = reading, name, modes
        self.owner = traces[0].layer
        line = line_of_call(self.owner)
        self.where = f"{type(self.owner).__name__} {name!r:.80}{f' ({line})' if line else ''}"
        self.steps = [needed_steps(trace) for trace in traces]
        self.traces = [*traces]
        self.sizes = len(traces)  # how many of them stand at other sizes
        self._check_alike()
        self.in_training: Sequence[Trace] = ()  # where those are other steps
        trained = [needed_steps(trace) for trace in training]
        if all(same_steps(*both) for both in zip(self.steps, trained, strict=False)):
            self.traces += training
            self.steps += trained
        elif len(trained) == self.sizes and same_results(traces, training):
            self.in_training = training
            self.modes = modes_beside(self.steps[0], trained[0])
        else:
            reading.notes.append(f"{self.where}: its call does other things in training; the port does as in inference")
        self.refs: list[dict[int, Any]] = [{} for _ in self.traces]  # by id() of a tensor: Ref, or a folded number
        self.masks: list[dict[int, Ref]] = [{} for _ in self.traces]  # by id() of a mask: the tensor that carries it
        self.axes: Axes = {}
        self.names = held_names(self.owner, outermost=name == reading.outermost)
        self.variables = variable_names(self.owner)
        self.taken: set[str] = set(self.names.values())
        self.made: dict[str, Layer] = {}
        self.calls: list[Call] = []
        self.counted: dict[int, int] = {}
        self.unkept: set[str] = set()
        self.returned_numbers: dict[int, dict[int, Any]] = {}  # by id() of a step: which of its outputs are numbers

    def _check_alike(self) -> None:
        kinds = [kinds_of(steps) for steps in self.steps]
        for other in kinds[1:]:
            if other != kinds[0] and runs_an_own(self.owner):
                raise Unrolled(
                    f"{self.where} steps a cell of its own, as often as its input is long: give that a length"
                )
            if other != kinds[0]:
                raise Unrolled(f"{self.where}: its call does other things at other sizes of its inputs")

    def graph(self) -> Graph:
        specs, refs = self._inputs()
        for steps in zip(*self.steps, strict=True):
            self._step(steps)
        outputs = self._converted([trace.outputs for trace in self.traces], "its result")
        if self.name == self.reading.outermost and (given := no_tensor(outputs)):
            raise Refused(f"{self.where}: its call returns no tensor, or has {given} among what it returns")
        own = own_name(self.owner)
        args, kwargs = tree.map_structure(
            lambda leaf: refs[leaf.index] if isinstance(leaf, Position) else leaf,
            self.traces[0].structure,
        )
        first = args[0] if args else next(iter(kwargs.values()), None)
        cls = class_of_layer(self.owner) if own else ClassName("keras", "Functional", "")
        in_training = None
        if self.in_training:
            in_training = self.reading.graph(self.name, self.in_training, (), self.modes._replace(training=True))
        loop = isinstance(self.owner, LoopStep)
        if loop:
            own = own if own == "LoopStep" else f"{own}Step"
            self.unkept.update(self.made)
        made = Graph(
            self.name, cls, list(self.made.values()), self.calls, specs, first, outputs,
            traced=True, own=own, unkept=self.unkept, settings=numbers_kept(self.owner) if own else {},
            place=place_of(type(self.owner)) if own and not loop else "", in_training=in_training, step=loop,
        )  # fmt: skip
        if loop:
            unobserved(made)
        return made

    def _inputs(self) -> tuple[dict[Ref, Spec], list[Ref]]:
        specs: dict[Ref, Spec] = {}
        refs = []
        for position, name in enumerate(self.traces[0].names):
            unique = self._unique(name)
            ref = Ref(unique, 0, 0)
            tensors = [trace.inputs[position] for trace in self.traces]
            shapes = [tuple(tensor.shape) for tensor in tensors[: self.sizes]]
            shape = tuple(sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*shapes, strict=True))
            specs[ref] = Spec(unique, shape, tensors[0].dtype)
            refs.append(ref)
            self._register(tensors, ref)
        return specs, refs

    def _register(self, tensors: Sequence[Any], ref: Ref) -> None:
        for known, masks, tensor in zip(self.refs, self.masks, tensors, strict=True):
            known.setdefault(id(tensor), ref)
            if (mask := backend.get_keras_mask(tensor)) is not None:
                masks.setdefault(id(mask), ref)
        for axis, sizes in enumerate(zip(*(tensor.shape for tensor in tensors[: self.sizes]), strict=True)):
            self.axes[ref, axis] = sizes

    def _unique(self, name: str) -> str:
        unique, count = name, 1
        while unique in self.taken:
            count += 1
            unique = f"{name}_{count}"
        self.taken.add(unique)
        return unique

    # -- one step --------------------------------------------------------------------------------

    def _step(self, steps: Sequence[Step]) -> None:
        if all(changes_nothing(step) for step in steps):
            ref = self._converted([step.args[0] for step in steps], "a tensor")
            for known, step in zip(self.refs, steps, strict=True):
                known[id(step.outputs)] = ref
            return
        if (numbers := folded(steps, self.refs)) is not None:
            for known, step in zip(self.refs, steps, strict=True):
                known[id(step.outputs)] = numbers
                known[id(numbers)] = step.outputs  # keeps the tensor's id() its own
            return
        layer, variant = self._layer(steps)
        layer.line = layer.line or steps[0].line
        node = self.counted.get(id(layer), 0)
        self.counted[id(layer)] = node + 1
        self.made.setdefault(layer.name, layer)
        if self.made[layer.name] is not layer:
            raise Refused(f"{self.where}: two of its layers are called {layer.name!r:.80}")
        what = f"the call of {layer.name}"
        kwargs = {}
        args = [self._converted(given, what) for given in zip(*(step.args for step in steps), strict=True)]
        if not steps[0].function or steps[0].function.startswith("tf."):
            for key in steps[0].kwargs:
                given = [step.kwargs.get(key) for step in steps]
                if key != "training":
                    kwargs[key] = self._converted(given, f"{key} of {what}")
        if (mode := self.modes.of(steps)) is not None:
            kwargs["training"] = mode
        call = Call(layer, node, args, kwargs, graph=variant)
        self.calls.append(call)
        flat = [[x for x in tree.flatten(step.outputs) if isinstance(x, KerasTensor)] for step in steps]
        numbers = self.returned_numbers.pop(id(steps[0]), {})
        for index, tensors in enumerate(zip(*flat, strict=True)):
            if index in numbers:
                for known, tensor in zip(self.refs, tensors, strict=True):
                    known[id(tensor)] = numbers[index]
            else:
                self._register_output(steps[0], call, index, tensors)

    def _register_output(self, step: Step, call: Call, index: int, tensors: Sequence[Any]) -> None:
        ref = Ref(call.layer.name, call.node, len(call.masks) if step.inside is not None else index)
        if step.inside is not None or step.hands_mask_on:
            mask = backend.get_keras_mask(tensors[0])
            if step.inside is not None and step.masked_inside[index]:
                call.masks.append("inside")
            elif mask is None:
                call.masks.append(None)
            else:
                call.masks.append(self._tensor(0, mask, "its mask"))
        self._register(tensors, ref)

    def _layer(self, steps: Sequence[Step]) -> tuple[Layer, Graph | None]:
        """The layer, and what it does in this call if that is not what it does in others."""
        step = steps[0]
        if step.function:
            module, _, name = step.function.rpartition(".")
            unique = self._unique(name)
            self.unkept.add(unique)
            if module.partition(".")[0] == "tf":  # as files of Keras 2 have it
                return Layer(unique, ClassName("", "TFOpLambda", ""), {"function": step.function[3:]}), None
            config = {
                key: self._converted([one.kwargs[key] for one in steps], f"{key} of {name}") for key in step.kwargs
            }
            return Layer(unique, ClassName(module, name, ""), as_in_a_file(config)), None
        operation = step.operation
        if not isinstance(operation, keras.Layer):
            name = self._unique(snake_case(type(operation).__name__))
            self.unkept.add(name)
            made = Layer(name, class_of_layer(operation), {})
            settings = [settings_of(one.operation, f"{self.where}: {name}") for one in steps]
            settings = [{key: value for key, value in one.items() if key != "name"} for one in settings]
            made.config = as_in_a_file(
                {k: self._converted([one[k] for one in settings], f"{k} of {name}") for k in settings[0]}
            )
            return made, None
        name = self.names.get(id(operation)) or self._unique(operation.name)
        if id(operation) not in self.names:
            self.unkept.add(name)  # the call makes it anew each time
        if step.inside is None:
            return self.reading.stock_layer(operation, name, self.name), None
        return self._own_layer(operation, name, steps)

    def _own_layer(self, operation: Any, name: str, steps: Sequence[Step]) -> tuple[Layer, Graph | None]:
        insides = [step.inside for step in steps if step.inside is not None]
        graph = self.reading.graph(name, insides[: self.sizes], insides[self.sizes :], self.modes.inside())
        self.returned_numbers[id(steps[0])] = numbers_among(insides[0].outputs, graph.outputs)
        graph.outputs = tensors_alone(graph.outputs)
        known = self.reading.layers.get(id(operation))
        if known is None:
            known = Layer(name, graph.cls, {}, graph, trainable=operation.trainable)
            if isinstance(operation, LoopStep):
                known.loop = Loop(operation.states, operation.sequences, operation.backwards)
            self.reading.layers[id(operation)] = known
            self.reading.live[id(known)] = operation
            return known, None
        assert known.graph is not None
        if (same := next((one for one in (known.graph, *known.variants) if same_graph(one, graph)), None)) is None:
            known.variants.append(graph)
            same = graph
        return known, None if same is known.graph else same

    # -- arguments -------------------------------------------------------------------------------

    def _converted(self, structures: Sequence[Any], what: str) -> Any:
        """A structure of arguments, of which every trace has its own."""
        first = structures[0]
        if isinstance(first, dict):
            return {key: self._converted([one[key] for one in structures], what) for key in first}
        if isinstance(first, (list, tuple)):
            if len({len(one) for one in structures}) > 1:
                raise Refused(f"{self.where}: {what} is a list whose length changes with the sizes of the inputs")
            parts = [self._converted(parts, what) for parts in zip(*structures, strict=True)]
            return parts if isinstance(first, list) else tuple(parts)
        if type(first).__name__ == "TensorShape":
            return self._converted([tuple(one) for one in structures], what)
        if isinstance(first, slice):
            bounds = [[one.start, one.stop, one.step] for one in structures]
            return slice(*(self._converted(part, what) for part in zip(*bounds, strict=True)))
        return self._leaf(structures, what)

    def _leaf(self, leaves: Sequence[Any], what: str) -> Any:
        first = leaves[0]
        if isinstance(first, KerasTensor):
            tensors = [self._tensor(which, leaf, what) for which, leaf in enumerate(leaves)]
            if any(tensor != tensors[0] for tensor in tensors[1:]):
                raise Refused(f"{self.where}: {what} is another tensor at other sizes of the inputs")
            return tensors[0]
        if isinstance(first, keras.Variable):
            return self._variable(first)
        if isinstance(first, (np.generic, OneSize)):
            return self._leaf([x.item() if isinstance(x, np.generic) else int(x) for x in leaves], what)
        if backend.is_tensor(first) or isinstance(first, np.ndarray):
            return self._array(leaves, what)
        if isinstance(first, keras.DTypePolicy):
            return first.compute_dtype
        if not isinstance(first, _PLAIN):
            dtype = getattr(first, "name", None)
            if isinstance(first, np.dtype) or type(first).__name__ == "DType":
                return str(dtype)
            if callable(first):
                raise Refused(
                    f"{self.where}: {what} is given a function; write what it does in operations on all at once"
                )
            raise Refused(f"{self.where}: {what} has an argument of type {type(first).__name__}, which is no tensor")
        if all(leaf == first and type(leaf) is type(first) for leaf in leaves):
            return first
        sizes = tuple(leaves[: self.sizes])
        if all(isinstance(leaf, int) for leaf in leaves) and (found := solved(sizes, self.axes)) is not None:
            return found
        raise Unsolved(
            f"{self.where}: {what} is {', '.join(map(repr, sizes))} at different sizes of the inputs, of which no rule "
            "was found; write it with ops.shape(x)[axis] and whole numbers, and what is drawn with keras.random"
        )

    def _tensor(self, which: int, tensor: Any, what: str) -> Any:
        if id(tensor) in self.refs[which]:
            return self.refs[which][id(tensor)]
        if id(tensor) in self.masks[which]:
            return MaskOf(self.masks[which][id(tensor)])
        raise Refused(
            f"{self.where}: {what} takes a tensor that was made elsewhere and kept; "
            "hand it on as an argument of the call"
        )

    def _variable(self, variable: Any) -> Held:
        name = self.variables.get(id(variable), variable.name)
        trainable = bool(variable.trainable)
        return self.reading.held_array(variable, f"{self.name}/{name}", trainable)

    def _array(self, leaves: Sequence[Any], what: str) -> Any:
        arrays = [keras.ops.convert_to_numpy(leaf) for leaf in leaves]
        if all(array.ndim == 0 and array.dtype.kind in "iu" for array in arrays):
            return self._leaf([array.item() for array in arrays], what)  # ops.prod of a shape
        if any(array.shape != arrays[0].shape or not np.array_equal(array, arrays[0]) for array in arrays[1:]):
            raise ArrayCut(
                f"{self.where}: {what} takes an array that changes with the sizes of the inputs; "
                "have ops.convert_to_tensor make it a tensor in the call, before it is cut"
            )
        if arrays[0].ndim == 0:
            return arrays[0].item()
        name = self.variables.get(id(leaves[0]), "constant")
        return self.reading.held_array(leaves[0], f"{self.name}/{name}", trainable=False)
