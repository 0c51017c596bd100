"""What a `call` does beside its result: losses, metrics, gradients, changed weights. Left out and told, or refused."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest import mock

import keras

from equivalence.errors import Refused


class BesideTheResult:
    """Stands in for Keras's own while `tracing` says so; `training`: the code runs in that mode."""

    def __init__(self, tracing: Callable[[], bool], training: bool) -> None:
        self.tracing, self.training = tracing, training
        self.said: list[str] = []  # a clause for each thing left out
        self.values: dict[int, Any] = {}  # by id() of a variable that was changed: the tensor that it is since then

    def put(self, stack: ExitStack) -> None:
        """Stands there until `stack` closes."""

        def put(owner: Any, name: str, value: Any) -> None:
            stack.enter_context(mock.patch.object(owner, name, value))

        put(keras.Layer, "add_loss", self.loss(keras.Layer.add_loss))
        for metric in [keras.Metric, *_below(keras.Metric)]:
            if "update_state" in vars(metric):
                put(metric, "update_state", self.measured(metric.update_state))
        for name in ("assign", "assign_add", "assign_sub"):
            put(keras.Variable, name, self.assigned(getattr(keras.Variable, name)))
        if keras.config.backend() == "tensorflow":
            gradients = importlib.import_module("tensorflow.python.ops.custom_gradient")
            put(gradients, "_eager_mode_decorator", self.derived(gradients._eager_mode_decorator))
        for name in ("numpy", "__array__", "__float__", "__int__", "__bool__"):
            if hasattr(keras.Variable, name):
                read = getattr(keras.Variable, name)
                put(keras.Variable, name, self.refusal(read, "its call reads the numbers of its weight"))

    def derived(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """In place of what runs a function under tf.custom_gradient: the function, without its gradient."""

        @functools.wraps(run)
        def called(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
            if not self.tracing():
                return run(function, args, kwargs)
            name = getattr(function, "__name__", "a function")
            self.said.append(f"gives {name!r:.80} a gradient of its own (the port has that of what it computes)")
            return function(*args, **kwargs)[0]

        return called

    def assigned(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """In place of what changes a variable: refused in inference; in training, what it is read as afterwards."""
        refused = self.refusal(method, "its call changes its weight")
        change = {"assign_add": keras.ops.add, "assign_sub": keras.ops.subtract}.get(method.__name__)

        @functools.wraps(method)
        def assign(variable: Any, value: Any) -> Any:
            if not (self.tracing() and self.training):
                return refused(variable, value)
            self.said.append(f"changes the weight {variable.path!r:.80} in training")
            new = keras.ops.convert_to_tensor(value) if change is None else change(variable, value)
            self.values[id(variable)] = keras.ops.cast(new, variable.dtype)
            return self.values[id(variable)]

        return assign

    def measured(self, update: Callable[..., Any]) -> Callable[..., Any]:
        """In place of Metric.update_state: what a metric counts has no part in the outputs."""

        @functools.wraps(update)
        def updated(metric: Any, *args: Any, **kwargs: Any) -> Any:
            if not self.tracing():
                return update(metric, *args, **kwargs)
            self.said.append(f"counts in the metric {metric.name!r:.80}")
            return None

        return updated

    def refusal(self, method: Callable[..., Any], what: str) -> Callable[..., Any]:
        """In place of a method that a `call` may not use."""

        @functools.wraps(method)
        def refused(variable: Any, *args: Any, **kwargs: Any) -> Any:
            if self.tracing():
                raise Refused(f"{what} {variable.name!r:.80}")
            return method(variable, *args, **kwargs)

        return refused

    def loss(self, add: Callable[..., Any]) -> Callable[..., Any]:
        """In place of Layer.add_loss: what is added has no part in the outputs."""

        def added(layer: Any, loss: Any) -> None:
            if self.tracing():
                self.said.append(f"adds a loss in {layer.name!r:.80}")
            else:
                add(layer, loss)

        return added


def _below(cls: Any) -> list[Any]:
    """Its subclasses, at any depth."""
    found: list[Any] = []
    for one in cls.__subclasses__():
        found += [one, *_below(one)]
    return found
