"""Keras, changed for as long as a live model is traced: the user's `call` runs on tensors without numbers.

What is the user's own runs with `on`: there, every operation on a tensor or a variable leaves a step, also one that
Keras would compute at once (`ops.arange(n)`, `self.w * 2`). Keras's own code runs as ever.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import product
from typing import Any
from unittest import mock

import keras
import numpy as np
from keras.src import backend, tree
from keras.src.backend.common import keras_tensor
from keras.src.ops import core as core_operations
from keras.src.ops.operation import Operation

from equivalence.keras_side.scoped_modes import scoped_modes
from equivalence.keras_side.tracing.beside_the_result import BesideTheResult
from equivalence.keras_side.tracing.called_tensors import (
    argument_names,
    check_mask,
    fresh,
    handed_out,
    take_over_masks,
    with_masks,
    with_mode_by_name,
    with_mode_of_run,
)
from equivalence.keras_side.tracing.cut_arrays import put_cuts
from equivalence.keras_side.tracing.inferred_shapes import as_keras_infers_it, number_of, outputs_of, stand_in
from equivalence.keras_side.tracing.kept_tensors import hand_on_kept_tensors
from equivalence.keras_side.tracing.known_numbers import Number, OneSize, plain
from equivalence.keras_side.tracing.known_sizes import with_known_sizes
from equivalence.keras_side.tracing.own_activations import own_activation, without_own_activation
from equivalence.keras_side.tracing.own_layers import is_own
from equivalence.keras_side.tracing.shared_variables import read_where_they_are
from equivalence.keras_side.tracing.tape import Position, Step, Trace
from equivalence.keras_side.tracing.tensorflow_functions import kind_of_variable, tensorflow_functions
from equivalence.keras_side.tracing.tensorflow_in_keras import in_keras, put_creators, with_plain_numbers
from equivalence.keras_side.tracing.tensorflow_shapes import Sizes, counted, put_indexed_sizes, put_shapes
from equivalence.keras_side.tracing.traced_flow import flow_of, shape_asked
from equivalence.keras_side.tracing.traced_loops import Body, LoopStep, looped_step
from equivalence.keras_side.tracing.wrapped_own import call_to_trace, runs_an_own

#: Functions that make tensors of nothing; Keras runs them at once, whatever they are given.
_CREATORS = ("zeros", "ones", "empty", "full", "eye", "identity", "tri", "arange", "linspace", "logspace")
_DRAWS = ("normal", "uniform", "truncated_normal", "randint")
_OPERATORS = (
    *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "floordiv", "rfloordiv", "mod", "rmod"),
    *("pow", "rpow", "matmul", "rmatmul", "and", "rand", "or", "ror", "xor", "rxor"),
    *("neg", "abs", "invert", "eq", "ne", "lt", "le", "gt", "ge", "getitem"),
)
KerasTensor = keras.KerasTensor
Variable = keras.Variable


class Tracer:
    """Runs `call` methods and keeps what they do."""

    def __init__(self, cuts: bool = False, training: bool = False, loops: bool = False, indexed: bool = False) -> None:
        """`cuts`: what is cut of tensors that have their numbers is a step too; `training`: it runs in that mode;
        `loops`: of a loop over a sequence one step is traced; `indexed`: a size of tf.shape's is indexed."""
        self.indexed = indexed
        self.looping = self.loop if loops else None
        self.on, self.cuts = False, cuts
        self.beside = BesideTheResult(lambda: self.on, training)
        self.building = False  # a layer makes its parts, models among them
        self.traces: list[Trace] = []
        self._begun: list[Step] = []  # calls of own layers that Keras has not yet handed on to their `call`

    @contextmanager
    def _switched(self, on: bool) -> Iterator[None]:
        before, self.on = self.on, on
        try:
            yield
        finally:
            self.on = before

    def trace(self, model: Any, *args: Any, **kwargs: Any) -> Trace:
        """What a model does when it is called with KerasTensors.

        Raises Refused where its code needs numbers, and whatever that code raises itself.
        """
        with scoped_modes(), _changed(self):
            outer = Trace(None, [], [], ((), {}))
            self.traces.append(outer)
            with self._switched(True):
                model(*args, **kwargs)
        made = outer.steps[-1].inside
        assert made is not None
        read_where_they_are(made)
        hand_on_kept_tensors(made)
        return made

    # -- what stands in for Keras's own ----------------------------------------------------------

    def build(self, build: Callable[..., Any], layer: Any, spec: Any) -> Any:
        """In place of Layer._maybe_build: a layer that nobody has called makes its parts as ever."""
        if layer.built:
            return None
        before, self.building = self.building, True
        try:
            with self._switched(False):
                return build(layer, spec)
        finally:
            self.building = before

    def layer_call(self, call: Callable[..., Any], layer: Any, args: Any, kwargs: Any) -> Any:
        """In place of Layer.__call__."""
        if not self.on:
            return call(layer, *args, **kwargs)
        with self._switched(True):
            args, kwargs = tree.map_structure(self.as_symbol, (args, kwargs))
        args, kwargs = with_mode_by_name(layer, args, kwargs)
        own = is_own(layer) or runs_an_own(layer)
        if own:
            check_mask(layer, kwargs)
            kwargs = with_mode_of_run(layer, kwargs, self.beside.training, self.traces[-1].layer)
        step = Step(layer, args, dict(kwargs))
        if not own:
            return self._stock_layer(call, step)
        self._begun.append(step)
        with self._switched(False):
            outputs = call(layer, *args, **kwargs)
        take_over_masks(step, outputs)
        steps = self.traces[-1].steps
        steps.remove(step)
        steps.append(step)  # behind what `compute_mask` did with its inputs
        return outputs

    def _stock_layer(self, call: Callable[..., Any], step: Step) -> Any:
        """A layer of Keras's is one step; what its user's own activation does are steps behind it."""
        layer, steps = step.operation, self.traces[-1].steps
        before, activation = len(steps), own_activation(layer)
        with self._switched(False), without_own_activation(layer):
            outputs = call(layer, *step.args, **step.kwargs)
            outputs = step.outputs = with_known_sizes(layer, step.args, step.kwargs, outputs)
        del steps[before:]  # what a layer of Keras's does itself, its entry says
        steps.append(step)
        if activation is None:
            return outputs
        with self._switched(True):
            activated = activation(outputs)
        if activated is not outputs and (mask := backend.get_keras_mask(outputs)) is not None:
            backend.set_keras_mask(activated, mask)
            steps[-1].hands_mask_on = True
        return activated

    def layer_inside(self, inside: Callable[..., Any], layer: Any, args: Any, kwargs: Any) -> Any:
        """In place of Layer.symbolic_call, which only infers shapes."""
        if not (self._begun and self._begun[-1].operation is layer):
            return inside(layer, *args, **kwargs)
        step = self._begun.pop()
        known: dict[int, Any] = {}
        held = (args, {key: value for key, value in kwargs.items() if key in step.kwargs})
        given = [leaf for leaf in tree.flatten(held) if isinstance(leaf, KerasTensor)]
        inputs = [fresh(tensor, known) for tensor in given]
        positions = iter(map(Position, range(len(given))))
        structure = tree.map_structure(lambda x: next(positions) if isinstance(x, KerasTensor) else x, held)
        trace = step.inside = Trace(layer, inputs, argument_names(layer, held), structure)
        own_args, own_kwargs = tree.map_structure(lambda x: fresh(x, known), (args, kwargs))
        self.traces.append(trace)
        try:
            with self._switched(True):
                trace.outputs = call_to_trace(layer, self.looping)(*own_args, **own_kwargs)
                trace.outputs = tree.map_structure(lambda x: self.as_symbol(x, every=True), trace.outputs)
        finally:
            self.traces.pop()
        back = {id(inner): outer for outer in with_masks(given) if (inner := known.get(id(outer))) is not None}
        step.outputs = tree.map_structure(lambda x: handed_out(x, back), trace.outputs)
        self.traces[-1].steps.append(step)
        return step.outputs

    def operation_call(self, call: Callable[..., Any], operation: Any, args: Any, kwargs: Any) -> Any:
        """In place of Operation.symbolic_call."""
        if self.building and not self.on:
            return call(operation, *args, **kwargs)
        if self.on and (flow := flow_of(operation, self.looping)) is not None:
            with self._switched(True):
                return flow(*args, **kwargs)
        if (answer := shape_asked(operation, args)) is not None:
            return answer
        if self.on:
            args, kwargs = tree.map_structure(self._as_known, (args, kwargs))
            if isinstance(self.traces[-1].layer, LoopStep):
                args, kwargs = tree.map_structure(
                    lambda x: self.as_symbol(x) if isinstance(x, Variable) else x, (args, kwargs)
                )
        args = tuple(x.as_tensor() if isinstance(x, Sizes) else x for x in as_keras_infers_it(operation, args))
        numbers = isinstance(operation, (core_operations.Cast, core_operations.ConvertToTensor))
        symbols = any(isinstance(x, (KerasTensor, Variable)) for x in tree.flatten((args, kwargs)))
        if not numbers and type(operation).__name__.lower() in _CREATORS:
            known, by_name = tree.map_structure(plain, (args, kwargs))
            if not any(isinstance(x, (KerasTensor, Variable)) for x in tree.flatten((known, by_name))):
                return operation.call(*known, **by_name)  # which makes the step
        with self._switched(False):
            if numbers or symbols:
                given, named = tree.map_structure(lambda x: stand_in(x, numbers), (args, kwargs))
                outputs = operation.compute_output_spec(*given, **named)
                outputs = with_known_sizes(operation, given, named, outputs)
            else:
                outputs = operation.call(*args, **kwargs)
            if (number := number_of(operation, args, kwargs, outputs)) is not None:
                outputs = number
            elif not numbers and not symbols:
                return outputs  # made of arrays: one itself
        self.traces[-1].steps.append(Step(operation, args, kwargs, outputs))
        return outputs

    def _as_known(self, value: Any) -> Any:
        return int(value) if isinstance(value, OneSize) else self.beside.values.get(id(value), value)

    def dropout(self, drop: Callable[..., Any]) -> Callable[..., Any]:
        """In place of the backend's function: a step."""

        @functools.wraps(drop)
        def dropped(inputs: Any, rate: Any, noise_shape: Any = None, seed: Any = None) -> Any:
            if not self.on:
                return drop(inputs, rate, noise_shape, seed)
            if noise_shape is not None:
                kept = keras.ops.cast(keras.random.uniform(noise_shape) >= rate, inputs.dtype)
                return inputs * kept / (1 - rate)
            output = KerasTensor(inputs.shape, inputs.dtype)
            settings = {"rate": plain(rate), "noise_shape": None}
            self.traces[-1].steps.append(Step(None, (inputs,), settings, output, function="keras.random.dropout"))
            return output

        return dropped

    def creator(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """In place of a function that makes a tensor: a step, where the user's code calls it."""

        @functools.wraps(function)
        def made(*args: Any, **kwargs: Any) -> Any:
            if not self.on:
                return function(*args, **kwargs)
            args, kwargs = tree.map_structure(plain, (args, kwargs))
            settings = inspect.signature(function).bind(*args, **kwargs)
            settings.apply_defaults()
            with self._switched(False):
                sample = keras.ops.convert_to_tensor(function(*args, **kwargs))
            output = KerasTensor(tuple(sample.shape), keras.backend.standardize_dtype(sample.dtype))
            output.counts = counted(name, settings.arguments)
            named = {key: value for key, value in settings.arguments.items() if key not in ("seed", "kwargs")}
            self.traces[-1].steps.append(Step(None, (), named, output, function=name))
            return output

        return made

    def tensorflow(self, name: str, args: Any, kwargs: Any, function: Any) -> Any:
        """In place of a function of TensorFlow's; without a name, whether the user's code is running."""
        if not name:
            return self.on
        if not self.on:
            return NotImplemented
        sized = any(isinstance(leaf, Number) for leaf in tree.flatten(kwargs))  # so is what an array becomes
        args = tree.map_structure(lambda x: self.as_symbol(x) if sized or _is_variable(x) else x, args)
        kwargs = tree.map_structure(lambda x: self.as_symbol(x) if _is_variable(x) else x, kwargs)
        kwargs = with_plain_numbers(kwargs)
        if (instead := in_keras(name, (args, kwargs))) is not None:
            return instead(*args, **kwargs)
        with self._switched(False):
            outputs = outputs_of(function, args, kwargs)
        self.traces[-1].steps.append(Step(None, args, kwargs, outputs, function=f"tf.{name}"))
        return outputs

    def operator(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """In place of an operator of a variable."""

        @functools.wraps(method)
        def applied(variable: Any, *others: Any) -> Any:
            if not self.on:
                return method(variable, *others)
            return getattr(self.as_symbol(variable), f"__{name}__")(*others)

        return applied

    def equal(self, tensor: Any, other: Any) -> Any:
        """In place of `==` between tensors: Keras leaves it to Python, to which no two are the same."""
        comparable = isinstance(other, (KerasTensor, Variable, int, float, np.generic, np.ndarray))
        if not self.on or not (comparable or backend.is_tensor(other)):
            return NotImplemented
        return keras.ops.equal(tensor, other)

    def asked(self, question: Callable[..., bool], answer: bool) -> Callable[..., bool]:
        """In place of a question of what kind of tensor it is: of what runs later, not of what stands in for it."""

        @functools.wraps(question)
        def answered(x: Any) -> bool:
            return answer if self.on and isinstance(x, KerasTensor) else question(x)

        return answered

    def value(self, read: Callable[..., Any]) -> Callable[..., Any]:
        """In place of Variable.value."""

        def of(variable: Any) -> Any:
            return self.as_symbol(variable) if self.on else read(variable)

        return of

    def as_symbol(self, value: Any, every: bool = False) -> Any:
        """A KerasTensor for a variable; with `every`, for the tensors that a `call` found ready made too.

        Without, the number of one that is known.
        """
        if isinstance(value, OneSize) or (not every and isinstance(value, Number)):
            return plain(value)
        if id(value) in self.beside.values:
            return self.beside.values[id(value)]
        array = backend.is_tensor(value) or (isinstance(value, np.ndarray) and value.ndim > 0)
        if not isinstance(value, Variable) and not (array and (every or self.on)):
            return value
        output = KerasTensor(tuple(value.shape), keras.backend.standardize_dtype(value.dtype))
        variable = _is_variable(value)  # which stays with the layer around a loop
        home = next(trace for trace in self.traces[::-1] if not (variable and isinstance(trace.layer, LoopStep)))
        home.steps.append(Step(core_operations.ConvertToTensor(), (value,), {}, output))
        return output

    def loop(
        self, body: Body, states: Sequence[Any], sequences: Sequence[Any], backwards: bool = False, cell: Any = None
    ) -> list[Any]:
        """A loop of which one step is traced: the last states, and what every step makes, side by side."""

        def run(trace: Trace, of: Callable[[], Any]) -> Any:
            self.traces.append(trace)
            try:
                with self._switched(True):
                    return [self.as_symbol(x, every=True) for x in of()]
            finally:
                self.traces.pop()

        step = looped_step(body, states, sequences, run, backwards, cell)
        self.traces[-1].steps.append(step)
        made: list[Any] = step.outputs
        return made


@contextmanager
def _changed(tracer: Tracer) -> Iterator[None]:
    """Keras with the tracer in it."""
    layer_call, inside = keras.Layer.__call__, keras.Layer.symbolic_call
    of_operation, build = Operation.symbolic_call, keras.Layer._maybe_build
    node = sys.modules["keras.src.layers.layer"].Node
    any_symbolic = keras_tensor.any_symbolic_tensors

    def are_symbolic(args: Any = None, kwargs: Any = None) -> bool:
        return tracer.on or any_symbolic(args, kwargs)

    with ExitStack() as stack:

        def put(owner: Any, name: str, value: Any) -> None:
            stack.enter_context(mock.patch.object(owner, name, value))

        put(keras.Layer, "__call__", lambda self, *a, **k: tracer.layer_call(layer_call, self, a, k))
        put(keras.Layer, "symbolic_call", lambda self, *a, **k: tracer.layer_inside(inside, self, a, k))
        put(Operation, "symbolic_call", lambda self, *a, **k: tracer.operation_call(of_operation, self, a, k))
        put(keras.Layer, "_maybe_build", lambda self, spec: tracer.build(build, self, spec))
        for module in [module for name, module in sys.modules.items() if name.startswith("keras.src")]:
            if getattr(module, "any_symbolic_tensors", None) is any_symbolic:
                put(module, "any_symbolic_tensors", are_symbolic)
        put(sys.modules["keras.src.layers.layer"], "Node", lambda **k: node(**k) if tracer.building else None)
        stack.enter_context(tensorflow_functions(tracer.tensorflow))
        for name in _CREATORS:
            put(backend.numpy, name, tracer.creator(f"keras.ops.{name}", getattr(backend.numpy, name)))
        for name in _DRAWS:
            put(backend.random, name, tracer.creator(f"keras.random.{name}", getattr(backend.random, name)))
        put(backend.random, "dropout", tracer.dropout(backend.random.dropout))
        for owner, name in product(dict.fromkeys((Variable, kind_of_variable())), _OPERATORS):
            if (method := getattr(owner, f"__{name}__", None)) is not None:
                put(owner, f"__{name}__", tracer.operator(name, method))
        put(KerasTensor, "__eq__", lambda self, other: tracer.equal(self, other))
        put(keras.ops, "is_tensor", tracer.asked(keras.ops.is_tensor, True))
        for owner in (keras.utils, keras.backend):
            put(owner, "is_keras_tensor", tracer.asked(owner.is_keras_tensor, False))
        put(Variable, "value", property(tracer.value(Variable.value.fget)))
        put_creators(stack, lambda: tracer.on, tracer.looping)
        put_shapes(stack, lambda: tracer.on)
        if tracer.indexed:
            put_indexed_sizes(stack)
        if tracer.cuts:
            put_cuts(stack, lambda: tracer.on, tracer.as_symbol)
        tracer.beside.put(stack)
        yield


def _is_variable(value: Any) -> bool:
    return isinstance(value, Variable) or (backend.is_tensor(value) and hasattr(value, "assign_add"))
