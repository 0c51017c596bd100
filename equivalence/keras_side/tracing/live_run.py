"""A live model run where it is, on its own backend: what every layer in it returned, in float64 where it can."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import keras
import numpy as np
from keras.src import backend, tree

from equivalence.keras_side.keras_gradients import no_gradients
from equivalence.keras_side.rebuild import float_dtype
from equivalence.keras_side.recording import Recorder
from equivalence.keras_side.scoped_modes import scoped_modes
from equivalence.keras_side.stilled import still
from equivalence.keras_side.tracing.exact_kernels import put_exact_kernels
from equivalence.keras_side.tracing.own_activations import own_activation, without_own_activation
from equivalence.keras_side.tracing.tensorflow_draws import drawn_by_tensorflow
from equivalence.keras_side.tracing.tensorflow_functions import decorated_run_as_python
from equivalence.translation.graph import Graph
from equivalence.weights import fixed_draws

#: What makes tensors of a dtype that is stated: the user's code may say "float32" where it means the model's.
_STATED = ("zeros", "ones", "empty", "full", "eye", "identity", "tri", "arange", "linspace", "logspace")
_FLOATS = ("float16", "bfloat16", "float32")


def run_live(
    model: Any,
    graph: Graph,
    live: dict[int, Any],
    called_on: tuple[Any, ...],
    inputs: Sequence[np.ndarray],
    dtype: str,
    folder: Path,
) -> tuple[list[dict[str, Any]], Any]:
    """Run a live model on inputs in the order of its graph's, computing in `dtype`; the model is as before afterwards.

    Every output of every layer goes to `folder`. Returns the calls, as `recording.run_model` does, and the structure
    of the outputs, as arrays. `live`: Keras's layers by id() of the graph's.
    """
    given = tree.pack_sequence_as(called_on, [x.astype(dtype) if x.dtype.kind == "f" else x for x in inputs])
    recorder = Recorder(folder)
    with (
        float_dtype(dtype),
        _computing_in(model, dtype),
        no_gradients(),
        scoped_modes(),
        _calls_put_back(model),
        ExitStack() as stack,
    ):
        stack.enter_context(decorated_run_as_python())
        still(model)
        _draw_fixed_numbers(stack)
        _listen(recorder, graph, live)
        outputs = model(*tree.map_structure(lambda x: None if x is None else keras.ops.convert_to_tensor(x), given))
    return recorder.calls, _unnamed(tree.map_structure(keras.ops.convert_to_numpy, outputs))


def _unnamed(structure: Any) -> Any:
    """The same structure with tuples for tuples whose places have names: a graph has no classes of the user's."""
    if isinstance(structure, dict):
        return {key: _unnamed(value) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        made = [_unnamed(value) for value in structure]
        return made if isinstance(structure, list) else tuple(made)
    return structure


def _draw_fixed_numbers(stack: ExitStack) -> None:
    """What the code of own layers draws is as `torch_side.fixed_random` has it."""

    def made(numbers: Any, dtype: Any) -> Any:
        return keras.ops.convert_to_tensor(numbers, dtype=dtype or keras.config.floatx())

    def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
        return made(mean + stddev * fixed_draws.normal(shape), dtype)

    def truncated(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
        return made(mean + stddev * fixed_draws.truncated_normal(shape), dtype)

    def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
        return made(minval + (maxval - minval) * fixed_draws.uniform(shape), dtype)

    def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Any:
        return made(np.floor(minval + (maxval - minval) * fixed_draws.uniform(shape)), dtype)

    def dropout(inputs: Any, rate: Any, noise_shape: Any = None, seed: Any = None) -> Any:
        shape = tuple(inputs.shape) if noise_shape is None else tuple(noise_shape)
        return inputs * made(fixed_draws.uniform(shape) >= rate, inputs.dtype) / (1 - rate)

    replaced: dict[str, Callable[..., Any]] = {
        "normal": normal, "truncated_normal": truncated, "uniform": uniform, "randint": randint, "dropout": dropout
    }  # fmt: skip
    places = [(backend.random, name, function) for name, function in replaced.items()]
    if keras.config.backend() == "tensorflow":
        tensorflow = importlib.import_module("tensorflow")
        places += drawn_by_tensorflow(tensorflow, replaced)
    for owner, name, function in places:
        stack.enter_context(mock.patch.object(owner, name, function))


def versions() -> dict[str, str]:
    """Of what runs here."""
    name = keras.config.backend()
    known = {"keras": keras.__version__, "numpy": np.__version__, "python": sys.version.split()[0]}
    return {**known, name: importlib.import_module(name).__version__}


def _listen(recorder: Recorder, graph: Graph, live: dict[int, Any]) -> None:
    for layer in graph.layers:
        held = live.get(id(layer))
        if held is None or ("call" in vars(held) and getattr(held.call, "listening", False)):
            continue  # an operation, or a layer that was found already
        if layer.graph is not None:
            for inside in (layer.graph, *layer.variants):
                _listen(recorder, inside, live)
            wrap = recorder.entering(held, layer.name)
        else:
            wrap = _with_activation_behind(held, partial(recorder.recording, held, layer.name))
        wrap.listening = True  # type: ignore[attr-defined]
        held.call = wrap


def _with_activation_behind(layer: Any, recording: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
    """A recorded `call` of a layer of Keras's, before an activation of somebody's own: that is steps of the graph."""
    activation = own_activation(layer)
    if activation is None:
        return recording()
    call = layer.call

    def plain(*args: Any, **kwargs: Any) -> Any:
        with without_own_activation(layer):
            return call(*args, **kwargs)

    layer.call = plain
    recorded = recording()
    return lambda *args, **kwargs: activation(recorded(*args, **kwargs))


@contextmanager
def _calls_put_back(model: Any) -> Iterator[None]:
    before = [(layer, vars(layer).get("call")) for layer in model._flatten_layers()]
    try:
        yield
    finally:
        for layer, call in before:
            vars(layer).pop("call", None)
            if call is not None:
                layer.call = call


@contextmanager
def _computing_in(model: Any, dtype: str) -> Iterator[None]:
    """The model with its variables, and what its layers compute, in `dtype`."""
    layers = list(model._flatten_layers())
    policies = [(layer, layer._dtype_policy) for layer in layers]
    regularizers = [(layer, layer.activity_regularizer) for layer in layers]
    variables = [v for v in _variables(layers) if keras.backend.is_float_dtype(v.dtype)]
    values = [(variable, variable._value, variable._dtype) for variable in variables]
    norms = [layer for layer in layers if isinstance(layer, keras.layers.Normalization) and layer.built]
    statistics = [(norm, norm.mean, norm.variance) for norm in norms]
    try:
        for layer, policy in policies:
            if getattr(policy, "compute_dtype", "") in (*_FLOATS, "float64"):
                layer._dtype_policy = keras.DTypePolicy(dtype)
        for layer, _ in regularizers:
            layer.activity_regularizer = None  # adds to a loss that nobody asks for
        for variable, value, _ in values:
            numbers = keras.ops.convert_to_numpy(value).astype(dtype)
            variable._value = keras.Variable(numbers, dtype=dtype)._value
            variable._dtype = dtype
        for norm in norms:
            _make_statistics(norm)
        with _stated(dtype) if dtype == "float64" else nullcontext():
            yield
    finally:
        for layer, policy in policies:
            layer._dtype_policy = policy
        for layer, regularizer in regularizers:
            layer.activity_regularizer = regularizer
        for variable, value, old in values:
            variable._value, variable._dtype = value, old
        for norm, mean, variance in statistics:
            norm.mean, norm.variance = mean, variance


def _make_statistics(norm: Any) -> None:
    """What a Normalization computes with, once more in its dtype: it is made of numbers or of weights when it is
    built."""
    if norm.input_mean is None:
        norm.finalize_state()
    else:
        norm.build_from_config(norm.get_build_config())


def _variables(layers: Sequence[Any]) -> list[Any]:
    found = {id(v): v for layer in layers for v in [*layer._trainable_variables, *layer._non_trainable_variables]}
    return list(found.values())


def _are_floats(x: Any) -> bool:
    """Whether it is a float of Python's, or a list of them."""
    return isinstance(x, float) or (isinstance(x, (list, tuple)) and any(isinstance(n, float) for n in x))


@contextmanager
def _stated(dtype: str) -> Iterator[None]:
    """What is cast to a float dtype, or made of one, is of `dtype`.

    And a number of Python's that is cast to it keeps all its digits: TensorFlow makes it float32 on the way, the square
    root in gelu and in attention among them.
    """

    def lifted(function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)

        def called(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            if str(bound.arguments.get("dtype")) in (*_FLOATS, dtype):
                bound.arguments["dtype"] = dtype
                if isinstance(bound.arguments.get("x"), float):
                    return numbers(bound.arguments["x"], dtype=dtype)
            elif isinstance(array := bound.arguments.get("x"), np.ndarray) and str(array.dtype) in _FLOATS:
                return numbers(array, dtype=dtype)
            elif function is numbers and bound.arguments.get("dtype") is None and _are_floats(bound.arguments["x"]):
                x = bound.arguments["x"]  # a list becomes an array, and that is float32
                return numbers(x if isinstance(x, float) else np.asarray(x, "float32"), dtype=dtype)
            return function(*bound.args, **bound.kwargs)

        return called

    def exact(cast: Callable[..., Any]) -> Callable[..., Any]:
        def called(x: Any, dtype: Any, name: Any = None) -> Any:
            return numbers(x, dtype=dtype) if isinstance(x, float) else cast(x, dtype, name)

        return called

    numbers = backend.core.convert_to_tensor
    modules = [module for name, module in sys.modules.items() if name.startswith("keras.src.backend")]
    places = [
        (module, name)
        for name in ("cast", "convert_to_tensor")
        for module in modules
        if getattr(module, name, None) is getattr(backend.core, name)
    ]
    places += [(backend.numpy, name) for name in _STATED]
    with ExitStack() as stack:
        for owner, name in places:
            stack.enter_context(mock.patch.object(owner, name, lifted(getattr(owner, name))))
        if keras.config.backend() == "tensorflow":
            math_ops = importlib.import_module("tensorflow.python.ops.math_ops")
            stack.enter_context(mock.patch.object(math_ops, "cast", exact(math_ops.cast)))
        put_exact_kernels(stack)
        yield
