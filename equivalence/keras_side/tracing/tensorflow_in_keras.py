"""Functions of TensorFlow that no entry translates, as a `call` that uses them is traced: in Keras's operations."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import ExitStack
from math import prod
from typing import Any
from unittest import mock

import keras
from keras import ops

from equivalence.errors import Refused
from equivalence.keras_side.tracing.known_numbers import Number


def put_creators(stack: ExitStack, tracing: Callable[[], bool]) -> None:
    """Has those that make tensors of numbers make them by Keras's, while `tracing` says so; until `stack` closes."""
    if keras.config.backend() != "tensorflow":
        return
    tensorflow = importlib.import_module("tensorflow")

    def instead(function: Callable[..., Any], replacement: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, name: Any = None, **kwargs: Any) -> Any:
            return (replacement if tracing() else function)(*args, **kwargs)

        return called

    creators: dict[str, Callable[..., Any]] = {
        "range": _range, "zeros": _zeros, "ones": _ones, "eye": _eye, "TensorArray": _Written
    }  # fmt: skip
    for name, replacement in creators.items():
        stack.enter_context(mock.patch.object(tensorflow, name, instead(getattr(tensorflow, name), replacement)))


class _Written:
    """A tf.TensorArray: what is written into it, place by place."""

    def __init__(self, dtype: Any, size: Any = 0, **settings: Any) -> None:
        self.dtype, self._size, self._values = dtype, int(size), dict[int, Any]()

    def write(self, index: Any, value: Any, name: Any = None) -> _Written:
        self._values[int(index)] = value
        return self

    def read(self, index: Any, name: Any = None) -> Any:
        return self._values[int(index)]

    def stack(self, name: Any = None) -> Any:
        places = max(self._size, *(index + 1 for index in self._values), 0)
        if len(self._values) != places:
            raise Refused(f"a tf.TensorArray of {places} is stacked of which {len(self._values)} are written")
        return ops.stack([self._values[index] for index in range(places)])


def _band_part(input: Any, num_lower: Any, num_upper: Any) -> Any:
    rows, columns = ops.shape(input)[-2:]
    below = ops.expand_dims(ops.arange(rows), 1) - ops.expand_dims(ops.arange(columns), 0)
    kept = [below <= num_lower] if not _is(num_lower, -1) else []
    kept += [0 - below <= num_upper] if not _is(num_upper, -1) else []
    for keep in kept:
        input = ops.where(keep, input, ops.zeros_like(input))
    return input


def _is(number: Any, value: int) -> bool:
    return isinstance(number, (int, Number)) and int(number) == value


def _gather(params: Any, indices: Any, validate_indices: Any = None, axis: Any = None, batch_dims: int = 0) -> Any:
    axis = batch_dims if axis is None else int(axis)
    if batch_dims == 0:
        return ops.take(params, indices, axis=axis)
    if batch_dims == axis == len(params.shape) - 1 == len(indices.shape) - 1:
        return ops.take_along_axis(params, indices, axis=axis)
    raise Refused(f"tf.gather with batch_dims={batch_dims} is known for the last axis alone; use ops.take_along_axis")


def _gather_nd(params: Any, indices: Any, batch_dims: int = 0) -> Any:
    if batch_dims:
        raise Refused("tf.gather_nd is known without batch_dims alone; use ops.take_along_axis")
    shape, depth = ops.shape(params), indices.shape[-1]
    place: Any = 0
    for axis in range(depth):
        place = place * shape[axis] + indices[..., axis]
    return ops.take(ops.reshape(params, (prod(shape[:depth]), *shape[depth:])), place, axis=0)


def _split(value: Any, num_or_size_splits: Any, axis: int = 0, num: Any = None) -> Any:
    if isinstance(num_or_size_splits, int):
        return ops.split(value, num_or_size_splits, axis)
    ends = [sum(num_or_size_splits[: i + 1]) for i in range(len(num_or_size_splits) - 1)]
    return ops.split(value, ends, axis)


def _range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None) -> Any:
    return ops.arange(*((0, start) if limit is None else (start, limit)), delta, dtype=dtype)


def _zeros(shape: Any, dtype: Any = "float32") -> Any:
    return ops.zeros(shape, dtype)


def _ones(shape: Any, dtype: Any = "float32") -> Any:
    return ops.ones(shape, dtype)


def _eye(num_rows: Any, num_columns: Any = None, batch_shape: Any = None, dtype: Any = "float32") -> Any:
    if batch_shape is not None:
        raise Refused("tf.eye is known without batch_shape alone")
    return ops.eye(num_rows, num_columns, dtype=dtype)


#: By their names; of their arguments the first comes as a positional one, the others by name.
IN_KERAS: dict[str, Callable[..., Any]] = {
    "clip_by_value": lambda t, clip_value_min, clip_value_max: ops.clip(t, clip_value_min, clip_value_max),
    "einsum": lambda equation, inputs: ops.einsum(equation, *inputs),
    "gather": _gather,
    "gather_nd": _gather_nd,
    "identity": lambda input: input,
    "linalg.band_part": _band_part,
    "nn.gelu": lambda features, approximate=False: ops.gelu(features, approximate),
    "nn.leaky_relu": lambda features, alpha=0.2: ops.leaky_relu(features, alpha),
    "ones_like": lambda input, dtype=None: ops.ones_like(input, dtype=dtype),
    "rank": lambda input: len(input.shape),
    "shape": lambda input, out_type=None: ops.shape(input),
    "slice": lambda input_, begin, size: ops.slice(input_, begin, size),
    "split": _split,
    "zeros_like": lambda input, dtype=None: ops.zeros_like(input, dtype=dtype),
}
