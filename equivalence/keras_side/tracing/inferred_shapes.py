"""What shapes are inferred from, while a call is traced, and what comes of it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras.src import backend, tree
from keras.src.ops import core as core_operations
from keras.src.ops.numpy import GetItem

from equivalence.keras_side.tracing.known_numbers import Number, computed

KerasTensor = keras.KerasTensor
Variable = keras.Variable


def as_keras_infers_it(operation: Any, args: Any) -> Any:
    """Arguments as the rules of shapes know them: no key but a tuple's, no list but an array."""
    args = tuple(x.item() if isinstance(x, np.floating) else x for x in args)  # as a tensor of TensorFlow's takes it
    if isinstance(operation, GetItem) and len(args) == 2 and not isinstance(args[1], (tuple, list)):
        return (args[0], (args[1],))
    listed = isinstance(operation, core_operations.ConvertToTensor) and args and isinstance(args[0], (list, tuple))
    if listed and not any(isinstance(x, (KerasTensor, Variable)) for x in tree.flatten(args[0])):
        array = np.asarray(args[0])
        kinds = {"f": keras.config.floatx(), "i": "int32", "u": "int32"}
        return (array.astype(kinds.get(array.dtype.kind, array.dtype)), *args[1:])
    return args


def number_of(operation: Any, args: Any, kwargs: Any, output: Any) -> Number | None:
    """A tensor of no axes that is made of numbers alone, with its number."""
    if not hasattr(output, "dtype") or tuple(getattr(output, "shape", (None,))) != ():
        return None
    dtype = keras.backend.standardize_dtype(output.dtype)
    number = computed(operation, args, kwargs, "float" in dtype)
    return None if number is None else Number(dtype, number)


def stand_in(value: Any, numbers: bool) -> Any:
    """What shapes are inferred from: a KerasTensor for a variable, and for a number that becomes a tensor."""
    if isinstance(value, Variable):
        return KerasTensor(value.shape, value.dtype)
    if numbers and (backend.is_tensor(value) or isinstance(value, np.ndarray)):
        return KerasTensor(tuple(value.shape), keras.backend.standardize_dtype(value.dtype))
    if numbers and isinstance(value, (bool, int, float, np.generic)):
        return KerasTensor(
            (), keras.backend.standardize_dtype(type(value) if isinstance(value, (bool, int, float)) else value.dtype)
        )
    return value


def outputs_of(function: Any, args: Any, kwargs: Any) -> Any:
    """What a function of the backend's gives, as KerasTensors: by its rules, or by a run on zeros where those leave
    sizes open."""
    dense, by_name = tree.map_structure(_dense, (args, kwargs))
    found = backend.compute_output_spec(function, *dense, **by_name)
    if not any(None in x.shape for x in tree.flatten(found) if isinstance(x, KerasTensor)):
        return found
    given, named = tree.map_structure(_zeros, (args, kwargs))
    return tree.map_structure(_symbol_of, function(*given, **named))


def _dense(value: Any) -> Any:
    """Keras's rules call a product with a number sparse."""
    return KerasTensor(value.shape, value.dtype) if isinstance(value, KerasTensor) else value


def _zeros(value: Any) -> Any:
    return keras.ops.zeros(value.shape, value.dtype) if isinstance(value, KerasTensor) else value


def _symbol_of(tensor: Any) -> Any:
    return KerasTensor(tuple(tensor.shape), keras.backend.standardize_dtype(tensor.dtype))
