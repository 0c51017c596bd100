"""Numbers between two bounds: arange, linspace, logspace, geomspace."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import stated_dtype, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_arange(site: Site) -> Value:
    """torch.arange. Without a dtype, whole numbers give int32 in Keras and int64 in torch."""
    bounds = [_bound(site, name) for name in ("start", "stop", "step")]
    given = [bound for bound in bounds if bound is not None]
    whole = all(isinstance(bound, int) for bound in given)
    dtype = stated_dtype(site, "int32" if whole else "float32")
    if not whole and "float" not in dtype:
        site.config.refuse("dtype", dtype, "is no dtype of floats, which its bounds are")
    if bounds[1] is None and bounds[2] is not None:
        site.refuse("it has a step and no stop")
    if not whole and _rounding_decides(given):
        site.config.refuse("stop", bounds[1], "is reached or not as rounding decides; torch.linspace counts")
    return site.new(f"torch.arange({', '.join(map(literal, given))}, dtype=torch.{dtype})", KERAS)


def _rounding_decides(given: list[float]) -> bool:
    """Whether the stop is a whole number of steps away, but not in float32: the last number may then be there or not.

    np.arange(1, 1.3, 0.1) has four numbers, the float32 range of TensorFlow three.
    """
    if all(number == number // 1 for number in given):
        return False
    start, stop = (0, *given)[-2:] if len(given) == 1 else given[:2]
    step = given[2] if len(given) == 3 else 1
    if not step:
        return True
    steps = (stop - start) / step
    exact = all(struct.unpack("f", struct.pack("f", number))[0] == number for number in given)
    return abs(steps - round(steps)) < 1e-3 and not (exact and steps == round(steps))


def emit_linspace(site: Site) -> Value:
    """torch.linspace; without the end it is one number longer, and its last one goes."""
    return site.new(_evenly(site, "torch.linspace"), KERAS)


def emit_logspace(site: Site) -> Value:
    """torch.logspace, likewise."""
    base = site.config.number("base")
    return site.new(_evenly(site, "torch.logspace", "" if base == 10 else f", base={literal(base)}"), KERAS)


def emit_geomspace(site: Site) -> Value:
    """torch.logspace between the logarithms of the bounds, with the sign of the first."""
    start, stop = (_bound(site, name) for name in ("start", "stop"))
    if start is None or stop is None or start * stop <= 0:
        site.config.refuse("start", start, f"should be no zero and of the sign of stop={stop!r:.60}")
    bounds = f"math.log10({literal(abs(start))}), math.log10({literal(abs(stop))})"
    sign = "-" if start < 0 else ""
    return site.new(f"{sign}{_evenly(site, 'torch.logspace', bounds=bounds)}", KERAS)


def _evenly(site: Site, function: str, more: str = "", bounds: str = "") -> str:
    if not bounds:
        start, stop = _bound(site, "start"), _bound(site, "stop")
        bounds = f"{literal(start)}, {literal(stop)}"
    if site.entry.argument("retstep"):
        site.config.only("retstep", False, because="asks for the step too, which is (stop - start) / (num - 1)")
    site.config.only("axis", 0, -1, because="is no axis of a single row of numbers")
    count, dtype = site.config.integer("num"), stated_dtype(site, "float32")
    if "float" not in dtype:
        site.config.refuse("dtype", dtype, "rounds down what rounding errors decide; cast the floats instead")
    endpoint = site.config.flag("endpoint")
    cut = "" if endpoint else "[:-1]"
    return f"{function}({bounds}, {count if endpoint else count + 1}{more}, dtype=torch.{dtype}){cut}"


def _bound(site: Site, name: str) -> Any:
    if site.args():
        site.refuse("one of its bounds is a tensor; only numbers are translated")
    value = site.config.value(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        site.config.refuse(name, value, "is not one number")
    if isinstance(value, float) and not math.isfinite(value):
        site.config.refuse(name, value, "is not finite")
    if value is None and name == "start":
        site.config.refuse(name, value, "should be a number")
    return value


_DTYPE = Argument("dtype", "dtype", None, note="None: float32")
_AXIS = Argument("axis", None, 0, note="of bounds that are tensors, which the port refuses")

Arange = Entry(
    keras="keras.ops.arange",
    torch=("torch.arange",),
    says="Numbers from start up to stop, without it, in steps.",
    emit=emit_arange,
    kind="operation",
    arguments=(
        Argument("start", "start", note="one number alone is the stop"),
        Argument("stop", "end", None),
        Argument("step", "step", None),
        Argument("dtype", "dtype", None, note="None: int32 for whole numbers, else float32"),
    ),
    cases=(
        Case("stop-alone", {"start": 5}, x=()),
        Case("steps", {"start": 1, "stop": 12, "step": 3}, x=()),
        Case("backwards", {"start": 5, "stop": 0, "step": -2, "dtype": "int64"}, x=()),
        Case("floats", {"start": 0.5, "stop": 3.0, "step": 0.5}, x=()),
        Case("as-floats", {"start": 4, "dtype": "float32"}, x=()),
    ),
    aliases=("np.arange", "tf.range"),
    stored=stored("Arange"),
)
Linspace = Entry(
    keras="keras.ops.linspace",
    torch=("torch.linspace",),
    says="Evenly spaced numbers from start to stop.",
    emit=emit_linspace,
    kind="operation",
    arguments=(
        Argument("start", "start"),
        Argument("stop", "end"),
        Argument("num", "steps", 50),
        Argument("endpoint", None, True, note="torch's last number is always the end"),
        Argument("retstep", None, False, note="the port refuses True"),
        _DTYPE,
        _AXIS,
    ),
    differences=(
        Difference(
            "without-the-end",
            "torch.linspace always ends with the end: with endpoint=False, ask for one number more and leave it out.",
            case="without-the-end",
            swap=((", 6,", ", 5,"), ("[:-1]", "")),
        ),
    ),
    cases=(
        Case("defaults", {"start": 0.0, "stop": 1.0}, x=()),
        Case("between-whole-numbers", {"start": -2, "stop": 3, "num": 7}, x=()),
        Case("without-the-end", {"start": 0.0, "stop": 1.0, "num": 5, "endpoint": False}, x=()),
    ),
    aliases=("np.linspace", "tf.linspace"),
    stored=stored("Linspace"),
)
Logspace = Entry(
    keras="keras.ops.logspace",
    torch=("torch.logspace",),
    says="Powers of a base, from base ** start to base ** stop.",
    emit=emit_logspace,
    kind="operation",
    arguments=(
        Argument("start", "start"),
        Argument("stop", "end"),
        Argument("num", "steps", 50),
        Argument("endpoint", None, True, note="torch's last number is always that of the end"),
        Argument("base", "base", 10),
        _DTYPE,
        _AXIS,
    ),
    cases=(
        Case("defaults", {"start": -1.0, "stop": 1.0}, x=()),
        Case("base-two", {"start": 0, "stop": 4, "num": 5, "base": 2}, x=()),
        Case("without-the-end", {"start": 0.0, "stop": 1.0, "num": 5, "endpoint": False}, x=()),
    ),
    aliases=("np.logspace",),
    stored=stored("Logspace"),
)
Geomspace = Entry(
    keras="keras.ops.geomspace",
    torch=("torch.logspace",),
    says="Numbers from start to stop, each the same multiple of the one before.",
    emit=emit_geomspace,
    kind="operation",
    arguments=(
        Argument("start", "start", how="its logarithm to base 10"),
        Argument("stop", "end", how="its logarithm to base 10"),
        Argument("num", "steps", 50),
        Argument("endpoint", None, True, note="torch's last number is always the end"),
        _DTYPE,
        _AXIS,
    ),
    differences=(
        Difference(
            "logarithms",
            "torch.logspace takes exponents; the bounds of geomspace are the numbers themselves.",
            case="thousandfold",
            swap=(("math.log10(1.0), math.log10(1000.0)", "1.0, 1000.0"), ("torch.logspace", "torch.linspace")),
        ),
    ),
    cases=(
        Case("thousandfold", {"start": 1.0, "stop": 1000.0, "num": 7}, x=()),
        Case("defaults-negative", {"start": -2.0, "stop": -0.5}, x=()),
        Case("without-the-end", {"start": 1.0, "stop": 16.0, "num": 4, "endpoint": False}, x=()),
    ),
    aliases=("np.geomspace",),
    stored=stored("Geomspace"),
)
