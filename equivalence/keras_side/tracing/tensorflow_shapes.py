"""What TensorFlow's tensors know of their shapes, for those that stand in for them while a `call` is traced."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any
from unittest import mock

import keras
import numpy as np

from equivalence.keras_side.tracing.known_numbers import OneSize


class Sizes(tuple[Any, ...]):
    """What tf.shape gives: whole numbers with which it is computed one by one, as with a tensor's."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Sizes(found) if isinstance(index, slice) else found

    def _each(self, other: Any, compute: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, keras.KerasTensor):
            return compute(self.as_tensor(), other)
        numbers = other if isinstance(other, Sizes) else np.asarray(other).tolist()
        if isinstance(numbers, float) and any(isinstance(size, int) for size in self):
            return NotImplemented  # as TensorFlow does
        others = [numbers] * len(self) if isinstance(numbers, (int, float)) else numbers
        return Sizes(compute(one, another) for one, another in zip(self, others, strict=True))

    def __add__(self, other: Any) -> Any:
        return self._each(other, lambda one, another: one + another)

    def __sub__(self, other: Any) -> Any:
        return self._each(other, lambda one, another: one - another)

    def __rsub__(self, other: Any) -> Any:
        return self._each(other, lambda one, another: another - one)

    def __mul__(self, other: Any) -> Any:
        return self._each(other, lambda one, another: one * another)

    def __floordiv__(self, other: Any) -> Any:
        return self._each(other, lambda one, another: one // another)

    def __truediv__(self, other: Any) -> Any:
        return self._each(other, lambda one, another: one / another)

    def __rtruediv__(self, other: Any) -> Any:
        return self._each(other, lambda one, another: another / one)

    __radd__, __rmul__ = __add__, __mul__

    def as_tensor(self) -> Any:
        """Its numbers in a tensor, which is computed of the sizes where the port runs."""
        return keras.ops.stack([keras.ops.convert_to_tensor(size) for size in self])


class StaticShape(tuple[Any, ...]):
    """A shape that answers what a tf.TensorShape does."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return StaticShape(found) if isinstance(index, slice) else found

    def __add__(self, other: Iterable[Any]) -> StaticShape:
        return StaticShape((*self, *other))

    def __radd__(self, other: Iterable[Any]) -> StaticShape:
        return StaticShape((*other, *self))

    @property
    def rank(self) -> int:
        return len(self)

    ndims = rank

    def as_list(self) -> list[Any]:
        return list(self)

    def num_elements(self) -> int:
        return int(np.prod(self))

    def is_fully_defined(self) -> bool:
        return None not in self

    def with_rank(self, rank: int) -> StaticShape:
        return self


_indexed = False  # whether the code that is traced takes an element of one size


def put_indexed_sizes(stack: ExitStack) -> None:
    """Has sizes be such that `size[..., tf.newaxis]` works, until `stack` closes; TensorFlow itself takes those for
    lists."""
    stack.enter_context(mock.patch.object(sys.modules[__name__], "_indexed", True))


def shape_of(tensor: Any) -> Sizes:
    """What tf.shape gives of a tensor."""
    return Sizes(OneSize(size) if _indexed and isinstance(size, int) else size for size in keras.ops.shape(tensor))


def counted(function: str, settings: Mapping[str, Any]) -> range | None:
    """The numbers of `for step in tf.range(5)`, as Python's; None for what makes anything else."""
    bounds = [settings.get(name) for name in ("start", "stop", "step")]
    if not function.endswith(".arange") or not all(isinstance(n, int) or n is None for n in bounds):
        return None
    start, stop, step = bounds
    return range(start or 0) if stop is None else range(start or 0, stop, step or 1)


def put_shapes(stack: ExitStack, tracing: Callable[[], bool]) -> None:
    """While `tracing` says so, tensors without numbers answer what TensorFlow's do; until `stack` closes."""
    tensor = keras.KerasTensor
    shape, rows = tensor.shape.fget, tensor.__iter__
    #: NumPy's numbers leave an operation with a tensor to the tensor
    stack.enter_context(mock.patch.object(tensor, "__array_ufunc__", None, create=True))

    def iterated(self: Any) -> Iterator[Any]:
        if tracing() and getattr(self, "counts", None) is not None:
            return iter(self.counts)
        if not tracing() or not self.shape or self.shape[0] is None:
            return rows(self)
        return (self[index] for index in range(self.shape[0]))

    stack.enter_context(mock.patch.object(tensor, "__iter__", iterated))
    if keras.config.backend() != "tensorflow":
        return
    stack.enter_context(
        mock.patch.object(
            tensor, "shape", property(lambda self: StaticShape(shape(self)) if tracing() else shape(self))
        )
    )
    stack.enter_context(mock.patch.object(tensor, "get_shape", lambda self: StaticShape(shape(self)), create=True))
    stack.enter_context(mock.patch.object(tensor, "set_shape", lambda self, shape: None, create=True))
