"""Operations and values as they are spoken of in a cause."""

from __future__ import annotations

import math
from typing import Any

from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Operation, seen_in
from equivalence.torch_side.stretch import plain_value

_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "truediv": "/", "radd": "+", "rmul": "*"}
_SCALES, _SHIFTS = ("mul", "div", "truediv", "rmul"), ("add", "sub", "radd")
#: Arguments that say nothing of what is computed.
_HOW = frozenset({"training", "alpha", "layout", "dtype", "device", "pin_memory"})


def called(step: Operation) -> str:
    """An operation as it is spoken of: "the scaling x * 0.5", "relu"."""
    if not isinstance(named(step).get("other"), (int, float)):
        return formula(step)
    what = "the scaling " if step.name in _SCALES else "the shift " if step.name in _SHIFTS else ""
    return what + formula(step)


def formula(step: Operation) -> str:
    """What an operation computes: "x * 0.5", "max_pool2d(kernel_size=2, stride=2)"."""
    given = named(step)
    other = given.get("other")
    if step.name in _SIGNS and isinstance(other, (int, float)):
        return f"x {_SIGNS[step.name]} {shown(other)}"
    if step.name in ("rsub", "__rsub__") and isinstance(other, (int, float)):
        return f"{shown(other)} - x"
    told = {
        name: shown(value)
        for name, value in given.items()
        if not list(seen_in(value)) and value not in (None, False, (), []) and name not in _HOW
    }
    inside = ", ".join(f"{name}={value!r}" for name, value in told.items() if not name.isdecimal())
    return f"{step.name.strip('_')}({inside})" if inside else step.name.strip("_")


def shown(value: Any) -> Any:
    """A value as a plain one: (2, 2) is 2, numbers without the digits of rounding, what else there is as text."""
    value = plain_value(value)
    if isinstance(value, tuple):
        return tuple(map(shown, value))
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.12g}")
    return value if isinstance(value, (bool, int, str)) or value is None else str(value)


def index(value: Any) -> str:
    """An index as it is written: "[:, -1]"."""
    parts = value if isinstance(value, tuple) else (value,)
    return f"[{', '.join(map(_part, parts))}]"


def _part(value: Any) -> str:
    if isinstance(value, slice):
        ends = ["" if end is None else str(end) for end in (value.start, value.stop)]
        return ":".join(ends if value.step is None else [*ends, str(value.step)])
    return "..." if value is Ellipsis else str(shown(value))
