"""Functions of one tensor, element by element, that torch has under its own name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import literal
from equivalence.translation.sizes import Size

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_function(site: Site) -> Value:
    """The torch function of the same meaning, on the tensor as it lies."""
    if site.layer.config.get("dtype") not in (None, site.x.dtype):
        site.refuse(f"dtype={site.layer.config['dtype']!r:.40} is not that of its input, {site.x.dtype}")
    return site.new(f"{site.entry.torch[0].replace('torch.nn.functional', 'F')}({site.x})", site.x.order)


def emit_negative(site: Site) -> Value:
    return site.new(f"-{site.x}", site.x.order)


def emit_softmax(site: Site) -> Value:
    """Over `axis`; None means over all elements, those of the whole batch."""
    x = site.x
    if site.config.value("axis") is None:
        return site.new(f"F.{site.entry.name}({x}.flatten(), dim=0).reshape({x}.shape)", x.order)
    axis = site.config.integer("axis", minimum=None)
    return site.new(f"F.{site.entry.name}({x}, dim={x.dim(axis)})", x.order)


def emit_gelu(site: Site) -> Value:
    approximate = ', approximate="tanh"' if site.config.flag("approximate") else ""
    return site.new(f"F.gelu({site.x}{approximate})", site.x.order)


def emit_clip(site: Site) -> Value:
    """`clamp`; whole numbers keep their dtype between whole bounds, of which torch makes floats between others."""
    bounds = [_bound(site, name) for name in ("x_min", "x_max")]
    x = f"{site.x}.to(torch.int32)" if site.x.dtype == "bool" else f"{site.x}"
    if not site.x.dtype.startswith("float"):
        if any(not isinstance(bound, Size) and bound != int(bound) for bound in bounds):
            site.config.refuse("x_min", bounds[0], f"or x_max={bounds[1]!r:.40} is no whole number")
        bounds = [bound if isinstance(bound, Size) else int(bound) for bound in bounds]
    return site.new(f"{x}.clamp({literal(bounds[0])}, {literal(bounds[1])})", site.x.order)


def _bound(site: Site, name: str) -> float | Size:
    """A finite number, or the size of a tensor."""
    bound = site.config.value(name)
    return bound if isinstance(bound, Size) else site.config.number(name)


def function(
    name: str, class_name: str, says: str, torch: str, module: str = "numpy", *tensorflow: str, draw: str = "normal"
) -> Entry:
    """The entry of a function of one tensor that torch has; `tensorflow`: names of it that Keras 2 wrapped."""
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(torch,),
        says=says,
        emit=emit_function,
        kind="operation",
        arguments=(Argument("x", "input"),),
        cases=(Case("defaults", {}, x=(2, 3, 5), draw=draw),),
        stored=stored(class_name, module, *tensorflow),
    )


Absolute = function("absolute", "Absolute", "|x|.", "torch.abs", "numpy", "math.abs")
Exp = function("exp", "Exp", "e to the power of x.", "torch.exp", "numpy", "math.exp")
Log = function("log", "Log", "The natural logarithm.", "torch.log", "numpy", "math.log", draw="uniform")
Sqrt = function("sqrt", "Sqrt", "The square root.", "torch.sqrt", "numpy", "math.sqrt", draw="uniform")
Rsqrt = function("rsqrt", "Rsqrt", "One over the square root.", "torch.rsqrt", "math", "math.rsqrt", draw="uniform")
Square = function("square", "Square", "x times x.", "torch.square", "numpy", "math.square")
Tanh = function("tanh", "Tanh", "The hyperbolic tangent.", "torch.tanh", "numpy", "math.tanh")
Sigmoid = function("sigmoid", "Sigmoid", "1 / (1 + exp(-x)).", "torch.sigmoid", "nn", "math.sigmoid")
Relu = function("relu", "Relu", "max(x, 0).", "torch.nn.functional.relu", "nn", "nn.relu")
Silu = function("silu", "Silu", "x times sigmoid(x).", "torch.nn.functional.silu", "nn", "nn.silu")
Negative = Entry(
    keras="keras.ops.negative",
    torch=("torch.neg",),
    says="-x.",
    emit=emit_negative,
    kind="operation",
    arguments=(Argument("x", "input"),),
    cases=(Case("defaults", {}, x=(2, 3, 5)),),
    stored=stored("Negative", "numpy", "math.negative"),
)
Softmax = Entry(
    keras="keras.ops.softmax",
    torch=("torch.nn.functional.softmax",),
    says="exp(x) / sum(exp(x)) over one axis, or over all elements.",
    emit=emit_softmax,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("axis", "dim", -1)),
    differences=(
        Difference(
            "axis",
            "Keras goes over the last axis; in a channels-first tensor that is not torch's last dimension.",
            case="another-axis",
            swap=(("dim=1", "dim=2"),),
        ),
    ),
    cases=(
        Case("defaults", {}, x=(2, 3, 5)),
        Case("another-axis", {"axis": 1}, x=(2, 3, 5)),
        Case("all", {"axis": None}, x=(2, 3, 5)),
        Case("unknown-sizes", {"axis": 1}, x=(2, 3, 5), declared=(None, None)),
    ),
    stored=stored("Softmax", "nn", "nn.softmax"),
)
_ROUNDED = "Keras on TensorFlow rounds the square roots in it to float32"
Gelu = Entry(
    keras="keras.ops.gelu",
    torch=("torch.nn.functional.gelu",),
    says="x times the normal distribution function of x; by default its tanh approximation.",
    emit=emit_gelu,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("approximate", "approximate", True, how='"tanh" for True')),
    differences=(
        Difference(
            "approximate",
            "keras.ops.gelu approximates by default, F.gelu (and keras.activations.gelu) do not.",
            case="defaults",
            swap=((', approximate="tanh"', ""),),
        ),
    ),
    cases=(
        Case("defaults", {}, x=(2, 3, 5), oracle="torch", because=_ROUNDED),
        Case("exact", {"approximate": False}, x=(2, 3, 5), oracle="torch", because=_ROUNDED),
    ),
    stored=stored("Gelu", "nn"),
)
Clip = Entry(
    keras="keras.ops.clip",
    torch=("torch.clamp",),
    says="x, held between two numbers.",
    emit=emit_clip,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("x_min", "min"), Argument("x_max", "max")),
    cases=(
        Case("between", {"x_min": -0.5, "x_max": 0.75}, x=(2, 3, 5)),
        Case("whole-numbers", {"x_min": 1, "x_max": 2}, x=(2, 3, 5), draw="ids:5"),
        Case("bool", {"x_min": 0, "x_max": 1}, x=(2, 3, 5), draw="bool"),
    ),
    stored=stored("Clip"),
)
