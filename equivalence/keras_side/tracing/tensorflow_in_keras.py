"""Functions of TensorFlow that no entry translates, as a `call` that uses them is traced: in Keras's operations."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest import mock

import keras
import numpy as np
from keras import ops
from keras.src import backend, tree

from equivalence.errors import Refused
from equivalence.keras_side.tracing.complex_tensors import known_of_complex
from equivalence.keras_side.tracing.known_numbers import Number, plain
from equivalence.keras_side.tracing.tensorflow_arrays import ARRAYS
from equivalence.keras_side.tracing.tensorflow_draws import drawn_by_tensorflow
from equivalence.keras_side.tracing.tensorflow_flow import flows_of_tensorflow
from equivalence.keras_side.tracing.tensorflow_images import IMAGES
from equivalence.keras_side.tracing.tensorflow_networks import NETWORKS
from equivalence.keras_side.tracing.tensorflow_shapes import Sizes, shape_of
from equivalence.keras_side.tracing.tensorflow_spectra import SPECTRA
from equivalence.keras_side.tracing.traced_loops import Looping

#: By their names; of their arguments the first comes as a positional one, the others by name.
IN_KERAS: dict[str, Callable[..., Any]] = {
    **ARRAYS,
    **IMAGES,
    **NETWORKS,
    **SPECTRA,
    "shape": lambda input, out_type=None: shape_of(input),
}

#: These take complex tensors and real ones, or make complex ones.
_OF_EITHER = SPECTRA.keys() - {"math.abs", "math.conj", "math.real"}


def in_keras(name: str, arguments: Any) -> Callable[..., Any] | None:
    """What does what a function of TensorFlow's does with these arguments; None where an entry says it.

    Raises Refused where it is given complex tensors, and is not known of those.
    """
    of_complex = None if name in _OF_EITHER else known_of_complex(name, arguments)
    return of_complex or IN_KERAS.get(name)


#: Arguments that are numbers, which code may have in a tensor of its own: `tf.tile(x, tf.constant([1, 2]))`.
_NUMBERS = (
    *("shape", "multiples", "perm", "axis", "axes", "size", "begin", "paddings", "num_or_size_splits", "depth", "dims"),
    *("repeats", "target_height", "target_width", "offset_height", "offset_width", "num_segments", "k", "output_shape"),
    *("maxlen", "num_lower", "num_upper", "shift", "num"),
)


def with_plain_numbers(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a function of TensorFlow's, of which those that are numbers are Python's."""

    def number(value: Any) -> Any:
        known = backend.is_tensor(value) and not isinstance(value, keras.KerasTensor)
        return _whole(np.asarray(value).tolist() if known else plain(value))

    return {key: tree.map_structure(number, value) if key in _NUMBERS else value for key, value in kwargs.items()}


def _whole(value: Any) -> Any:
    """`tf.math.ceil` of a size is a float; as a size it counts all the same."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def put_creators(stack: ExitStack, tracing: Callable[[], bool], looping: Looping | None = None) -> None:
    """Has those that make tensors of numbers make them by Keras's, while `tracing` says so; until `stack` closes."""
    if keras.config.backend() != "tensorflow":
        return
    tensorflow = importlib.import_module("tensorflow")

    def instead(function: Callable[..., Any], replacement: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, name: Any = None, **kwargs: Any) -> Any:
            return (replacement if tracing() else function)(*args, **kwargs)

        return called

    creators: list[tuple[Any, str, Callable[..., Any]]] = [
        (tensorflow, "range", _range), (tensorflow, "zeros", _zeros), (tensorflow, "ones", _ones),
        (tensorflow, "eye", _eye), (tensorflow.linalg, "eye", _eye), (tensorflow, "fill", _fill),
        (tensorflow, "linspace", _linspace), (tensorflow, "TensorArray", _Written),
        (tensorflow, "print", lambda *args, **kwargs: None),
        # TensorFlow asks nobody about these
        *((tensorflow.signal, name, SPECTRA[f"signal.{name}"]) for name in ("rfft", "irfft", "rfft2d", "irfft2d")),
        (tensorflow.image, "image_gradients", IMAGES["image.image_gradients"]),
        *drawn_by_tensorflow(tensorflow, vars(keras.random)),
        *flows_of_tensorflow(tensorflow, looping),
    ]  # fmt: skip
    for owner, name, replacement in creators:
        stack.enter_context(mock.patch.object(owner, name, instead(getattr(owner, name), replacement)))
    cast = tensorflow.cast

    def number_cast(x: Any, dtype: Any, name: Any = None) -> Any:
        """A size that is made a number of floats: known as one, not computed at once."""
        if isinstance(x, Sizes):
            return Sizes(number_cast(size, dtype) for size in x)
        number = isinstance(x, (bool, int, float, Number)) and tracing()
        return ops.cast(x, dtype) if number else cast(x, dtype, name)

    stack.enter_context(mock.patch.object(tensorflow, "cast", number_cast))


class _Written:
    """A tf.TensorArray: what is written into it, place by place."""

    def __init__(self, dtype: Any, size: Any = 0, **settings: Any) -> None:
        self.dtype, self._size, self._values = dtype, int(size), dict[int, Any]()

    def write(self, index: Any, value: Any, name: Any = None) -> _Written:
        self._values[int(index)] = value
        return self

    def read(self, index: Any, name: Any = None) -> Any:
        return self._values[int(index)]

    def unstack(self, value: Any, name: Any = None) -> _Written:
        self._values = dict(enumerate(ops.unstack(value)))
        return self

    def size(self, name: Any = None) -> int:
        return max(self._size, *(index + 1 for index in self._values), 0)

    def stack(self, name: Any = None) -> Any:
        places = self.size()
        if len(self._values) != places:
            raise Refused(f"a tf.TensorArray of {places} is stacked of which {len(self._values)} are written")
        return ops.stack([self._values[index] for index in range(places)])


def _range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None) -> Any:
    start, limit = (0, start) if limit is None else (start, limit)
    bounds = [plain(bound) for bound in (start, limit, delta)]
    if dtype is None and any(isinstance(bound, float) for bound in bounds):
        dtype = keras.config.floatx()
    start, limit, delta = map(_whole, bounds)
    if isinstance(start, int) and start == 0 and isinstance(delta, int) and delta == 1:
        return ops.arange(limit, dtype=dtype)
    return ops.arange(start, limit, delta, dtype=dtype)


def _zeros(shape: Any, dtype: Any = "float32") -> Any:
    return ops.zeros(_sizes(shape), dtype)


def _ones(shape: Any, dtype: Any = "float32") -> Any:
    return ops.ones(_sizes(shape), dtype)


def _fill(dims: Any, value: Any) -> Any:
    if isinstance(value, (bool, int, float)):
        return ops.full(_sizes(dims), value, dtype=None if isinstance(value, float) else type(value).__name__)
    return ops.broadcast_to(value, _sizes(dims))


def _eye(num_rows: Any, num_columns: Any = None, batch_shape: Any = None, dtype: Any = "float32") -> Any:
    made = ops.eye(num_rows, num_columns, dtype=dtype)
    return made if batch_shape is None else ops.broadcast_to(made, (*_sizes(batch_shape), *made.shape))


def _linspace(start: Any, stop: Any, num: Any, axis: int = 0) -> Any:
    return ops.linspace(start, stop, int(num), axis=axis)


def _sizes(shape: Any) -> Any:
    """A shape, which code may have in a tensor of its own, as whole numbers of Python's."""
    if backend.is_tensor(shape) and not isinstance(shape, keras.KerasTensor):
        shape = np.asarray(shape).tolist()
    return (shape,) if isinstance(shape, (int, Number)) else tuple(int(size) for size in shape)
