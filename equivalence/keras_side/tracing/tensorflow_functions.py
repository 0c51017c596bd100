"""Functions of TensorFlow's that own layers call on tensors, as older code does: steps, as Keras 2's files have them.

TensorFlow asks its dispatchers where a function was given what is no tensor of its own; on another backend there is
nothing to ask.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import keras
from keras.src import backend, tree

from equivalence.keras_side.tracing.known_numbers import Number

_dispatcher: Any = None  # registered once: TensorFlow has no way to take one out


@contextmanager
def tensorflow_functions(handle: Callable[[str, tuple[Any, ...], dict[str, Any], Any], Any]) -> Iterator[None]:
    """While this lasts, `handle(name, args, kwargs, function)` answers a function that is called on what is traced.

    `name`: what Keras 2 wrote into files, "math.reduce_mean". The first argument comes as a positional one, the others
    by name. What `handle` answers with NotImplemented fails as ever.
    """
    if keras.config.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    global _dispatcher
    if _dispatcher is None:
        _dispatcher = _registered(tf)
    _dispatcher.answer = handle

    def no_tensor(variable: Any, *args: Any, **kwargs: Any) -> Any:
        if handle("", (), {}, None) is True:  # the user's code is running
            raise TypeError("a variable that is traced")
        return as_tensor(variable, *args, **kwargs)

    def no_dense(variable: Any, *args: Any, **kwargs: Any) -> Any:
        if handle("", (), {}, None) is True:
            raise TypeError("a variable that is traced")
        return as_dense(variable, *args, **kwargs)

    def no_number(number: Any, dtype: Any = None, name: Any = None) -> Any:
        if handle("", (), {}, None) is True:
            raise TypeError("a number that is traced")
        return of_number(number, dtype, name)

    as_tensor, of_number = backend.Variable.__tf_tensor__, Number.__tf_tensor__
    resource = kind_of_variable()
    as_dense = resource._dense_var_to_tensor
    try:
        with (
            decorated_run_as_python(),
            mock.patch.object(backend.Variable, "__tf_tensor__", no_tensor),
            mock.patch.object(resource, "_dense_var_to_tensor", no_dense),
            mock.patch.object(Number, "__tf_tensor__", no_number),
        ):
            yield
    finally:
        _dispatcher.answer = None


def kind_of_variable() -> Any:
    """The class of a `tf.Variable`; of Keras's own where TensorFlow is not the backend."""
    if keras.config.backend() != "tensorflow":
        return backend.Variable
    return type(importlib.import_module("tensorflow").Variable(0.0))


@contextmanager
def decorated_run_as_python() -> Iterator[None]:
    """While this lasts, what is decorated with tf.function runs as the Python that it is."""
    if keras.config.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def _registered(tf: Any) -> Any:
    from tensorflow.python.util.tf_export import get_canonical_name_for_symbol

    class Dispatcher(tf.__internal__.dispatch.GlobalOpDispatcher):
        answer: Any = None

        def handle(self, op: Any, args: Any, kwargs: Any) -> Any:
            traced = (keras.KerasTensor, backend.Variable, tf.Variable)
            leaves = tree.flatten([_open(args), _open(kwargs)])
            if self.answer is None or not any(isinstance(leaf, traced) for leaf in leaves):
                return self.NOT_SUPPORTED
            name = get_canonical_name_for_symbol(op, add_prefix_to_v1_names=True)
            signature = inspect.signature(op)
            bound = signature.bind(*args, **kwargs).arguments
            stated = {key: value for key, value in bound.items() if value is not signature.parameters[key].default}
            named = {key: value for key, value in stated.items() if key != "name"}
            first = next(iter(named))
            if not name:  # what a function calls itself; the function is asked for next
                return self.NOT_SUPPORTED
            made = self.answer(name.removeprefix("compat.v1."), (named.pop(first),), named, op)
            return self.NOT_SUPPORTED if made is NotImplemented else made

    made = Dispatcher()
    made.register()
    return made


def _open(structure: Any) -> Any:
    return [structure.start, structure.stop, structure.step] if isinstance(structure, slice) else structure
