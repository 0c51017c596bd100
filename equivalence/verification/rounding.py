"""How far float32 results may be from the float64 truth of the same float32 values.

A linear operation is held to the textbook bound on its rounding, 8 x 2^-24 x (|W| |x|), element by element;
anything else to what Keras itself manages on the same values: 16 times its largest error, plus 4 units
in the last place of the largest true value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equivalence.verification.compare import distance, json_number, largest

UNIT = 2.0**-24  # half the spacing of float32 at 1: the relative error of one rounding
LINEAR_ROUNDINGS = 8
TIMES_KERAS = 16
UNITS_IN_LAST_PLACE = 4
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Float32Errors:
    """Both frameworks' largest errors against the float64 truth: absolute, and relative to max|truth|."""

    name: str
    max_abs: float
    max_rel: float
    keras_max_abs: float
    keras_max_rel: float
    message: str = ""  # why the error is too large; empty where it is within the bound

    @property
    def within(self) -> bool:
        return not self.message

    def to_json(self) -> dict[str, Any]:
        numbers = ("max_abs", "max_rel", "keras_max_abs", "keras_max_rel")
        return {
            "name": self.name,
            "within": self.within,
            **{number: json_number(getattr(self, number)) for number in numbers},
        }


def float32_errors(
    actual32: Any, keras32: Any, truth64: Any, *, bound: Any = None, stated: float = 0.0, name: str = "output"
) -> Float32Errors:
    """Errors of two float32 arrays against the float64 array of the same shape.

    `bound`: |W| |x| of a linear operation, an array of that same shape; without it the bound follows Keras's
    error. `stated`: by how much the two differ in float64 already, relative to the largest number. An element that
    Keras's float32 makes infinite or NaN must be the very same in `actual32`.
    Raises ValueError where a shape differs or a dtype is not the one named.
    """
    arrays = {
        "actual32": np.asarray(actual32),
        "keras32": np.asarray(keras32),
        "truth64": np.asarray(truth64),
    }
    actual, keras, truth = arrays.values()
    for label, array in arrays.items():
        if array.shape != truth.shape or array.dtype != (np.float64 if label == "truth64" else np.float32):
            raise ValueError(f"{name}: {label} is {array.dtype} of shape {array.shape}; truth64 has {truth.shape}")
    overflow = ~np.isfinite(keras)
    astray = (overflow | ~np.isfinite(actual)) & ~((actual == keras) | (np.isnan(actual) & np.isnan(keras)))
    ours = distance(actual, truth, overflow | astray)
    theirs = distance(keras, truth, overflow)
    scale = largest(truth)
    allowed = _allowed(theirs, scale, bound, truth.shape, name) + stated * scale
    return Float32Errors(
        name,
        _max(ours),
        _max(ours) / scale if scale else _max(ours),
        _max(theirs),
        _max(theirs) / scale if scale else _max(theirs),
        _too_large(ours, allowed, astray, name),
    )


def _allowed(
    theirs: NDArray[np.float64], scale: float, bound: Any, shape: tuple[int, ...], name: str
) -> NDArray[np.float64]:
    if bound is None:
        last_place = float(np.spacing(np.float32(min(scale, LARGEST / 2))))
        return np.full(shape, TIMES_KERAS * _max(theirs) + UNITS_IN_LAST_PLACE * last_place)
    array = np.asarray(bound, np.float64)
    if array.shape != shape:
        raise ValueError(f"{name}: the bound has shape {array.shape}; truth64 has {shape}")
    return LINEAR_ROUNDINGS * UNIT * array


def _too_large(ours: NDArray[np.float64], allowed: NDArray[np.float64], astray: NDArray[np.bool_], name: str) -> str:
    if astray.any():
        count = f"{int(astray.sum())} of {ours.size}"
        return f"{name}: {count} elements are infinite or NaN where Keras's are not, or the reverse"
    beyond = ours > allowed
    if not beyond.any():
        return ""
    flat = int(np.argmax(ours - allowed))
    place = [int(index) for index in np.unravel_index(flat, ours.shape)]
    return (
        f"{name}: {int(beyond.sum())} of {ours.size} elements have a larger float32 error than allowed; "
        f"the worst at {place} is {ours.flat[flat]:.3g} off where {allowed.flat[flat]:.3g} is allowed"
    )


def _max(array: NDArray[np.float64]) -> float:
    return float(np.max(array, initial=0.0))
