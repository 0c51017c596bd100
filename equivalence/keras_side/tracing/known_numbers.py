"""Numbers that a `call` computes with Keras's operations: tensors while it is traced, that have their number."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras.src import tree
from keras.src.ops import core

from equivalence.keras_side.rebuild import float_dtype


class Number(keras.KerasTensor):
    """A tensor of no axes whose number follows from numbers alone; the user's code may ask for it."""

    def __init__(self, dtype: Any, number: Any) -> None:
        super().__init__((), dtype)
        self.number = number

    def __float__(self) -> float:
        return float(self.number)

    def __int__(self) -> int:
        return int(self.number)

    __index__ = __int__

    def __bool__(self) -> bool:
        return bool(self.number)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self.number, dtype or self.dtype)

    def __tf_tensor__(self, dtype: Any = None, name: Any = None) -> Any:
        return importlib.import_module("tensorflow").constant(self.number, dtype or self.dtype)

    def item(self) -> Any:
        """As a tensor that is run has it."""
        return self.number

    def numpy(self) -> Any:
        """As a tensor that is run has it."""
        return np.asarray(self)


class OneSize(int):
    """A size of tf.shape's, a tensor of no axes there: one may be put before it, and its number taken out."""

    def __getitem__(self, index: Any) -> Any:
        return int(self) if index in ((), ...) else (int(self),)

    def numpy(self) -> int:
        """As a tensor that is run has it."""
        return int(self)


def plain(value: Any) -> Any:
    """A number as Python has it; anything else as it is."""
    if isinstance(value, OneSize):
        return int(value)
    return value.number if isinstance(value, Number) else value


def computed(operation: Any, args: Any, kwargs: Any, floats: bool, given: Sequence[Any] | None = None) -> Any:
    """What an operation makes of numbers, with all the digits of float64; None where it is given anything else.

    `given`: the numbers that stand for the leaves of its arguments; left out, these themselves.
    """
    numbers = [plain(leaf) for leaf in tree.flatten((args, kwargs))] if given is None else list(given)
    if any(not isinstance(number, (bool, int, float, np.generic, type(None))) for number in numbers):
        return None
    if isinstance(operation, (core.Cast, core.ConvertToTensor)):
        return float(numbers[0]) if floats else int(numbers[0])
    exact = [np.float64(number) if type(number) is float else number for number in numbers]
    args, kwargs = tree.pack_sequence_as((args, kwargs), exact)
    with float_dtype("float64"):
        result = keras.ops.convert_to_numpy(operation.call(*args, **kwargs))
    return None if result.shape else float(result) if floats else result.item()
