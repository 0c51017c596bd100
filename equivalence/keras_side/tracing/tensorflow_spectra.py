"""Complex tensors of TensorFlow's, as their real and imaginary parts; transforms of them in Keras's operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from equivalence.errors import Refused


class Complex(keras.KerasTensor):
    """A complex tensor, which PyTorch gets as two."""

    def __init__(self, real: Any, imag: Any) -> None:
        super().__init__(real.shape, "complex64")
        self.parts = (real, imag)

    def __add__(self, other: Any) -> Complex:
        real, imag = _parts(other)
        return Complex(self.parts[0] + real, self.parts[1] if imag is None else self.parts[1] + imag)

    def __sub__(self, other: Any) -> Complex:
        return self + (0 - other if not isinstance(other, Complex) else other * -1)

    def __mul__(self, other: Any) -> Complex:
        (a, b), (c, d) = self.parts, _parts(other)
        return Complex(a * c, b * c) if d is None else Complex(a * c - b * d, a * d + b * c)

    __radd__, __rmul__ = __add__, __mul__

    def __getitem__(self, key: Any) -> Complex:
        return Complex(self.parts[0][key], self.parts[1][key])


def _parts(value: Any) -> tuple[Any, Any]:
    return value.parts if isinstance(value, Complex) else (value, None)


def _cast(x: Any, dtype: Any) -> Any:
    kind = keras.backend.standardize_dtype(dtype)
    if isinstance(x, Complex):
        return x if "complex" in kind else ops.cast(x.parts[0], kind)
    if "complex" in kind:
        real = ops.cast(x, "float64" if kind == "complex128" else "float32")
        return Complex(real, ops.zeros_like(real))
    return ops.cast(x, kind)


def _both(function: Callable[..., Any]) -> Callable[..., Any]:
    """Of each part, where it is linear and real; of a real tensor as ever."""

    def applied(input: Any, **settings: Any) -> Any:
        if isinstance(input, Complex):
            return Complex(*(function(part, **settings) for part in input.parts))
        return function(input, **settings)

    return applied


def _transform(operation: Callable[..., Any]) -> Callable[..., Any]:
    def transformed(input: Any) -> Complex:
        real, imag = _parts(input)
        return Complex(*operation((real, ops.zeros_like(real) if imag is None else imag)))

    return transformed


def _abs(x: Any) -> Any:
    return ops.sqrt(ops.square(x.parts[0]) + ops.square(x.parts[1])) if isinstance(x, Complex) else ops.abs(x)


def _rfft(input_tensor: Any, fft_length: Any = None) -> Complex:
    return Complex(*ops.rfft(input_tensor, fft_length=_length(fft_length)))


def _irfft(input_tensor: Any, fft_length: Any = None) -> Any:
    return ops.irfft(input_tensor.parts, fft_length=_length(fft_length))


def _length(fft_length: Any) -> Any:
    return int(fft_length[0]) if isinstance(fft_length, (list, tuple)) else fft_length


def _stft(
    signals: Any,
    frame_length: int,
    frame_step: int,
    fft_length: Any = None,
    window_fn: Any = "hann",
    pad_end: Any = False,
) -> Complex:
    needed = 1 << (int(frame_length) - 1).bit_length() if fft_length is None else int(fft_length)
    if needed != frame_length or window_fn != "hann" or pad_end:
        raise Refused("tf.signal.stft is known with fft_length = frame_length, its own window and no pad_end alone")
    return Complex(*ops.stft(signals, frame_length, frame_step, needed, window="hann", center=False))


#: By their names; of their arguments the first comes as a positional one, the others by name.
SPECTRA: dict[str, Callable[..., Any]] = {
    "cast": _cast,
    "complex": lambda real, imag: Complex(real, imag),
    "expand_dims": _both(lambda input, axis: ops.expand_dims(input, axis)),
    "math.abs": _abs,
    "math.angle": lambda input: ops.arctan2(input.parts[1], input.parts[0]),
    "math.imag": lambda input: input.parts[1],
    "math.multiply": lambda x, y: (
        x * y if isinstance(x, Complex) else y * x if isinstance(y, Complex) else ops.multiply(x, y)
    ),
    "math.real": lambda input: _parts(input)[0],
    "reshape": _both(lambda tensor, shape: ops.reshape(tensor, tuple(shape))),
    "signal.fft": _transform(ops.fft),
    "signal.fft2d": _transform(ops.fft2),
    "signal.ifft2d": _transform(ops.ifft2),
    "signal.irfft": _irfft,
    "signal.rfft": _rfft,
    "signal.stft": _stft,
    "transpose": _both(lambda a, perm=None: ops.transpose(a, perm)),
}
