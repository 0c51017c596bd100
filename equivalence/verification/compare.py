"""Nested outputs held against each other: structure, then shape, dtype, and only then values.

Nothing is broadcast and nothing is zipped short: whatever does not line up is a mismatch of its own.
The rule for float32, which needs a third, float64 result, is in `equivalence.verification.rounding`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: What counts as equal in float64, where rounding is about 1e-15 and a difference in meaning far more.
EQUAL = 1e-10

_KINDS = {"b": "bool", "i": "integer", "u": "integer", "f": "float", "c": "complex"}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why one tensor, or one branch of the structure, is not what was expected."""

    what: str  # the first that differs: "structure", "shape", "dtype", "nan", "infinite", "value"
    message: str  # one sentence, with the place in the outputs


@dataclass(frozen=True, slots=True)
class Tensor:
    """One compared leaf: `max_rel` is max|actual - expected| / max|expected|; inf where nothing lines up."""

    name: str
    max_abs: float
    max_rel: float
    mismatch: Mismatch | None = None

    def to_json(self) -> dict[str, Any]:
        why = self.mismatch
        return {
            "name": self.name,
            "max_abs": json_number(self.max_abs),
            "max_rel": json_number(self.max_rel),
            "mismatch": {"what": why.what, "message": why.message} if why else None,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """All leaves of one nested output, in order; `allowed` is the bound on `max_rel`."""

    allowed: float
    tensors: tuple[Tensor, ...]

    @property
    def equal(self) -> bool:
        return not self.mismatches

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        return tuple(tensor.mismatch for tensor in self.tensors if tensor.mismatch)

    @property
    def max_abs(self) -> float:
        return max((tensor.max_abs for tensor in self.tensors), default=0.0)

    @property
    def max_rel(self) -> float:
        return max((tensor.max_rel for tensor in self.tensors), default=0.0)

    @property
    def message(self) -> str:
        """Every mismatch, one a line; empty where all is equal."""
        return "\n".join(mismatch.message for mismatch in self.mismatches)

    def to_json(self) -> dict[str, Any]:
        return {
            "equal": self.equal,
            "allowed": self.allowed,
            "max_abs": json_number(self.max_abs),
            "max_rel": json_number(self.max_rel),
            "tensors": [tensor.to_json() for tensor in self.tensors],
        }


def json_number(number: float) -> float | str:
    """A number as JSON can hold it: "inf", "-inf" and "nan" are written as text."""
    return float(number) if math.isfinite(number) else str(float(number))


def compare(
    actual: Any, expected: Any, *, max_rel: float = EQUAL, name: str = "output", equal_nan: bool = False
) -> Comparison:
    """Hold nested outputs (mappings, lists, tuples, arrays, numbers, None) against what was expected.

    A list and a tuple are the same structure; a tensor and a list of one tensor are not. Floats are equal
    where max|actual - expected| is at most `max_rel` x max|expected|, tensor by tensor; integers and booleans
    only exactly. Infinities must stand in the same places with the same sign. A NaN is a mismatch
    wherever it stands, unless `equal_nan` accepts those that stand in the same places of both.
    """
    return Comparison(max_rel, tuple(_walk(actual, expected, max_rel, name, equal_nan)))


def _walk(actual: Any, expected: Any, max_rel: float, name: str, equal_nan: bool) -> Iterator[Tensor]:
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key in [*expected, *(key for key in actual if key not in expected)]:
            inner = f"{name}[{key!r}]"
            if key not in actual:
                yield _mismatch(inner, "structure", "is missing")
            elif key not in expected:
                yield _mismatch(inner, "structure", "was not expected")
            else:
                yield from _walk(actual[key], expected[key], max_rel, inner, equal_nan)
    elif isinstance(expected, (list, tuple)) and isinstance(actual, (list, tuple)):
        if len(actual) != len(expected):
            yield _mismatch(name, "structure", f"has {len(actual)} elements, not {len(expected)}")
        for index, pair in enumerate(zip(actual, expected, strict=False)):
            yield from _walk(*pair, max_rel, f"{name}[{index}]", equal_nan)
    elif actual is None and expected is None:
        yield Tensor(name, 0.0, 0.0)
    elif _is_leaf(actual) and _is_leaf(expected):
        yield _tensor(np.asarray(actual), np.asarray(expected), max_rel, name, equal_nan)
    else:
        yield _mismatch(name, "structure", f"is {_describe(actual)}, not {_describe(expected)}")


def _tensor(actual: NDArray[Any], expected: NDArray[Any], max_rel: float, name: str, equal_nan: bool) -> Tensor:
    """Two arrays: the first of shape, dtype kind, non-finite places and values that differs."""
    if actual.shape != expected.shape:
        return _mismatch(name, "shape", f"has shape {actual.shape}, not {expected.shape}")
    kind = _KINDS.get(expected.dtype.kind)
    if kind is None or _KINDS.get(actual.dtype.kind) != kind:
        return _mismatch(name, "dtype", f"is {actual.dtype}, not {expected.dtype}")
    exact = kind in ("bool", "integer")
    same = actual == expected
    if not exact:
        if equal_nan:
            same |= np.isnan(actual) & np.isnan(expected)
        for what, test in (("nan", np.isnan), ("infinite", np.isinf)):
            odd = (test(actual) | test(expected)) & ~same
            if odd.any():
                said = f"differ: {'a NaN' if what == 'nan' else 'an infinity'} stands in one place or both"
                return _mismatch(name, what, _worst(actual, expected, odd, odd, said))
    gap = distance(actual, expected, same)
    scale = largest(expected)
    allowed = 0.0 if exact else max_rel * scale
    wrong = ~same if exact else gap > allowed
    max_abs = float(np.max(gap, initial=0.0))
    relative = max_abs / scale if scale else (math.inf if max_abs else 0.0)
    if not wrong.any():
        return Tensor(name, max_abs, relative)
    said = "differ" if exact else f"differ by more than {allowed:.3g} ({max_rel:g} of the largest expected)"
    return Tensor(name, max_abs, relative, Mismatch("value", f"{name}: {_worst(actual, expected, wrong, gap, said)}"))


def distance(actual: NDArray[Any], expected: NDArray[Any], same: NDArray[np.bool_]) -> NDArray[np.float64]:
    """|actual - expected| in float64, zero wherever `same` (equal infinities among them)."""
    with np.errstate(invalid="ignore"):
        gap = np.abs(_wide(actual) - _wide(expected))
    return np.where(same, 0.0, gap)


def largest(array: NDArray[Any]) -> float:
    """max|x| over the finite elements; 0 where there are none."""
    magnitudes = np.abs(_wide(array))
    return float(np.max(magnitudes, initial=0.0, where=np.isfinite(magnitudes)))


def _worst(actual: NDArray[Any], expected: NDArray[Any], wrong: NDArray[np.bool_], by: NDArray[Any], said: str) -> str:
    """How many elements are wrong, and where the worst of them stands with its two values."""
    flat = int(np.argmax(np.where(wrong, by.astype(np.float64), -1.0)))
    place = [int(index) for index in np.unravel_index(flat, actual.shape)]
    one, other = actual.flat[flat].item(), expected.flat[flat].item()
    return f"{int(wrong.sum())} of {actual.size} elements {said}; the worst at {place} is {one!r}, not {other!r}"


def _wide(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def _is_leaf(value: Any) -> bool:
    return value is not None and not isinstance(value, (Mapping, list, tuple, str, bytes))


def _mismatch(name: str, what: str, said: str) -> Tensor:
    return Tensor(name, math.inf, math.inf, Mismatch(what, f"{name}: {said}"))


def _describe(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, Mapping):
        return f"a dictionary of {len(value)}"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return f"an array of shape {np.shape(value)}" if _is_leaf(value) else f"a {type(value).__name__}"
