"""Complex tensors of TensorFlow's, as their real and imaginary parts, and what is linear in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops
from keras.src import backend, tree

from equivalence.errors import Refused


class Complex(keras.KerasTensor):
    """A complex tensor, which PyTorch gets as two."""

    def __init__(self, real: Any, imag: Any) -> None:
        super().__init__(real.shape, "complex64")
        self.parts = (real, imag)

    def __add__(self, other: Any) -> Complex:
        real, imag = parts_of(other)
        return Complex(self.parts[0] + real, self.parts[1] if imag is None else self.parts[1] + imag)

    def __sub__(self, other: Any) -> Complex:
        return self + (0 - other if not isinstance(other, Complex) else other * -1)

    def __mul__(self, other: Any) -> Complex:
        (a, b), (c, d) = self.parts, parts_of(other)
        return Complex(a * c, b * c) if d is None else Complex(a * c - b * d, a * d + b * c)

    def __rsub__(self, other: Any) -> Complex:
        return self * -1 + other

    def __neg__(self) -> Complex:
        return self * -1

    def __truediv__(self, other: Any) -> Complex:
        if isinstance(other, Complex):
            return self * conjugate(other) / (ops.square(other.parts[0]) + ops.square(other.parts[1]))
        return Complex(self.parts[0] / other, self.parts[1] / other)

    __radd__, __rmul__ = __add__, __mul__

    def __getitem__(self, key: Any) -> Complex:
        return Complex(self.parts[0][key], self.parts[1][key])


def parts_of(value: Any) -> tuple[Any, Any]:
    """The real and the imaginary part, which is None of what has none."""
    if isinstance(value, Complex):
        return value.parts
    if isinstance(value, complex):
        return value.real, value.imag
    if backend.is_tensor(value) and "complex" in keras.backend.standardize_dtype(value.dtype):
        numbers = np.asarray(value)
        return ops.convert_to_tensor(numbers.real), ops.convert_to_tensor(numbers.imag)
    return value, None


def conjugate(x: Any) -> Any:
    return Complex(x.parts[0], 0 - x.parts[1]) if isinstance(x, Complex) else x


def of_parts(function: Callable[..., Any]) -> Callable[..., Any]:
    """Of each part, where it is linear and real; of a real tensor as ever."""

    def applied(input: Any, **settings: Any) -> Any:
        if isinstance(input, Complex):
            return Complex(*(function(part, **settings) for part in input.parts))
        return function(input, **settings)

    return applied


def bilinear(operation: Callable[..., Any]) -> Callable[..., Any]:
    """What is linear in both of two complex tensors: a product of four real ones."""

    def applied(one: Any, other: Any) -> Any:
        (a, b), (c, d) = parts_of(one), parts_of(other)
        if b is None and d is None:
            return operation(a, c)
        real = operation(a, c) if b is None or d is None else operation(a, c) - operation(b, d)
        kept = [operation(x, y) for x, y in ((a, d), (b, c)) if x is not None and y is not None]
        return Complex(real, kept[0] if len(kept) == 1 else kept[0] + kept[1])

    return applied


def joined(values: Any, axis: Any = 0, operation: Callable[..., Any] = ops.concatenate) -> Any:
    if not any(isinstance(value, Complex) for value in values):
        return operation(values, axis=axis)
    pairs = [parts_of(value) for value in values]
    imaginary = [ops.zeros_like(real) if imag is None else imag for real, imag in pairs]
    return Complex(operation([real for real, _ in pairs], axis=axis), operation(imaginary, axis=axis))


def known_of_complex(name: str, arguments: Any) -> Callable[..., Any] | None:
    """What does as a function of TensorFlow's does with complex tensors; None where it is given none of them.

    Raises Refused where it is given one, and is not known.
    """
    if not any(isinstance(leaf, Complex) for leaf in tree.flatten(arguments)):
        return None
    if name not in OF_COMPLEX:
        raise Refused(f"tf.{name} of a complex tensor is not known; take it apart with tf.math.real and tf.math.imag")
    return OF_COMPLEX[name]


#: By their names; of their arguments the first comes as a positional one, the others by name.
OF_COMPLEX: dict[str, Callable[..., Any]] = {
    "concat": joined,
    "einsum": lambda equation, inputs: bilinear(lambda x, y: ops.einsum(equation, x, y))(*inputs),
    "expand_dims": of_parts(lambda input, axis: ops.expand_dims(input, axis)),
    "linalg.matmul": lambda a, b: bilinear(ops.matmul)(a, b),
    "math.abs": lambda x: ops.sqrt(ops.square(x.parts[0]) + ops.square(x.parts[1])),
    "math.add": lambda x, y: x + y if isinstance(x, Complex) else y + x,
    "math.angle": lambda input: ops.arctan2(input.parts[1], input.parts[0]),
    "math.conj": conjugate,
    "math.imag": lambda input: input.parts[1],
    "math.multiply": lambda x, y: x * y if isinstance(x, Complex) else y * x,
    "math.negative": lambda x: x * -1,
    "math.real": lambda input: input.parts[0],
    "math.reduce_mean": of_parts(
        lambda input, axis=None, keepdims=False: ops.mean(input, axis=axis, keepdims=bool(keepdims))
    ),
    "math.reduce_sum": of_parts(
        lambda input, axis=None, keepdims=False: ops.sum(input, axis=axis, keepdims=bool(keepdims))
    ),
    "math.subtract": lambda x, y: x - y if isinstance(x, Complex) else y * -1 + x,
    "pad": of_parts(lambda input, paddings: ops.pad(input, paddings)),
    "reshape": of_parts(lambda input, shape: ops.reshape(input, tuple(shape))),
    "roll": of_parts(lambda input, shift, axis: ops.roll(input, shift, axis=axis)),
    "squeeze": of_parts(lambda input, axis=None: ops.squeeze(input, axis)),
    "stack": lambda values, axis=0: joined(values, axis, ops.stack),
    "tile": of_parts(lambda input, multiples: ops.tile(input, tuple(multiples))),
    "transpose": of_parts(lambda input, perm=None: ops.transpose(input, perm)),
}
