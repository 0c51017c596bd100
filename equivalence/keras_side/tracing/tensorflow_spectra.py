"""TensorFlow's transforms, in Keras's operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from equivalence.errors import Refused
from equivalence.keras_side.tracing.complex_tensors import Complex, of_parts, parts_of


def _cast(x: Any, dtype: Any) -> Any:
    kind = keras.backend.standardize_dtype(dtype)
    if isinstance(x, Complex):
        return x if "complex" in kind else ops.cast(x.parts[0], kind)
    if "complex" in kind:
        real = ops.cast(x, "float64" if kind == "complex128" else "float32")
        return Complex(real, ops.zeros_like(real))
    return ops.cast(x, kind)


def _transform(operation: Callable[..., Any]) -> Callable[..., Any]:
    def transformed(input: Any) -> Complex:
        real, imag = parts_of(input)
        return Complex(*operation((real, ops.zeros_like(real) if imag is None else imag)))

    return transformed


_rolled = of_parts(lambda input, shift, axis: ops.roll(input, shift, axis=axis))


def _shifted(inverse: bool) -> Callable[..., Any]:
    """The halves exchanged, along all axes or those that are stated; of an odd size the first has one more."""

    def shifted(x: Any, axes: Any = None) -> Any:
        listed = range(len(x.shape)) if axes is None else axes if isinstance(axes, (list, tuple)) else [axes]
        for axis in listed:
            size = ops.shape(x)[axis]
            x = _rolled(x, shift=(size + 1) // 2 if inverse else size // 2, axis=axis)
        return x

    return shifted


def _along_columns(transform: Callable[..., Any]) -> Callable[..., Any]:
    """A transform of the last axis but one."""

    def turned(parts: tuple[Any, Any]) -> tuple[Any, Any]:
        real, imag = transform(tuple(ops.swapaxes(part, -1, -2) for part in parts))
        return ops.swapaxes(real, -1, -2), ops.swapaxes(imag, -1, -2)

    return turned


def _inverse(parts: tuple[Any, Any]) -> tuple[Any, Any]:
    """The inverse transform of the last axis: that of the conjugate, conjugated, by how many there are."""
    real, imag = ops.fft((parts[0], 0 - parts[1]))
    count = ops.cast(ops.shape(real)[-1], real.dtype)
    return real / count, 0 - imag / count


def _rfft2(input_tensor: Any, fft_length: Any = None) -> Complex:
    rows, columns = (None, None) if fft_length is None else fft_length
    _whole(rows, ops.shape(input_tensor)[-2])
    return Complex(*_along_columns(ops.fft)(ops.rfft(input_tensor, fft_length=columns)))


def _irfft2(input_tensor: Any, fft_length: Any = None) -> Any:
    rows, columns = (None, None) if fft_length is None else fft_length
    _whole(rows, ops.shape(input_tensor.parts[0])[-2])
    return ops.irfft(_along_columns(_inverse)(input_tensor.parts), fft_length=columns)


def _whole(length: Any, size: Any) -> None:
    if length is not None and int(length) != size:
        raise Refused(f"a transform of {int(length)} of {size} rows is not known; cut or pad the tensor before it")


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
    "dtypes.complex": lambda real, imag: Complex(real, imag),
    "math.abs": ops.abs,
    "math.conj": lambda x: x,
    "math.real": lambda input: input,
    "signal.fft": _transform(ops.fft),
    "signal.fft2d": _transform(ops.fft2),
    "signal.fftshift": _shifted(inverse=False),
    "signal.ifft": _transform(_inverse),
    "signal.ifft2d": _transform(ops.ifft2),
    "signal.ifftshift": _shifted(inverse=True),
    "signal.irfft": _irfft,
    "signal.irfft2d": _irfft2,
    "signal.rfft": _rfft,
    "signal.rfft2d": _rfft2,
    "signal.stft": _stft,
}
