"""The elements of a tensor again, or as many: full_like, copy, array, broadcast_to, ravel, view, stop_gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.creation import fill_number
from equivalence.catalogue.operations.operation_parts import arguments, is_tensor, stated_dtype, stored, whole_numbers
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal
from equivalence.translation.sizes import Size

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_BROADCAST = '''
def broadcast_batch(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """x repeated along axes of size 1 until it has this shape; an empty batch stays empty."""
    return x.expand(shape if len(x) else (0, *shape[1:]))
'''
#: The whole numbers that a dtype holds.
_LIMITS = {
    "uint8": (0, 255), "int8": (-128, 127), "uint16": (0, 65535), "int16": (-32768, 32767),
}  # fmt: skip


def emit_full_like(site: Site) -> Value:
    """torch.full_like of one number."""
    x, value = arguments(site, "x", "fill_value")
    if not is_tensor(x):
        site.refuse("it is as large as something that is no tensor of the model")
    dtype = stated_dtype(site, x.dtype)
    stated = "" if dtype == x.dtype else f", dtype=torch.{dtype}"
    return site.new(f"torch.full_like({x}, {literal(fill_number(site, value, dtype))}{stated})", x.order)


def emit_empty_like(site: Site) -> Value:
    """torch.zeros_like, as Keras on TensorFlow fills it."""
    x, dtype = site.x, stated_dtype(site, site.x.dtype)
    return site.new(f"torch.zeros_like({x}{'' if dtype == x.dtype else f', dtype=torch.{dtype}'})", x.order)


def emit_copy(site: Site) -> Value:
    return site.new(f"{site.x}.clone()", site.x.order)


def emit_stop_gradient(site: Site) -> Value:
    return site.new(f"{site.x}.detach()", site.x.order)


def emit_array(site: Site) -> Value:
    """A tensor is one already; only its dtype may change."""
    dtype = stated_dtype(site, site.x.dtype)
    return site.unchanged() if site.x.dtype == dtype else site.new(f"{site.x}.to(torch.{dtype})", site.x.order)


def emit_saturate_cast(site: Site) -> Value:
    """Held between the bounds of the dtype, then cast: a cast alone lets what is outside wrap around."""
    x, dtype = site.x, stated_dtype(site, site.x.dtype)
    if dtype not in _LIMITS or x.dtype not in ("float32", "float64", "int32", "int64"):
        site.refuse(f"it casts {x.dtype} to {dtype}; to whole numbers of 8 and 16 bits is translated")
    low, high = _LIMITS[dtype]
    return site.new(f"{x}.clamp({low}, {high}).to(torch.{dtype})", x.order)


def emit_broadcast_to(site: Site) -> Value:
    """`expand`; a helper takes the batch where Keras has a number in its place."""
    x, shape = site.take(site.x, KERAS), whole_numbers(site, "shape")
    traced = any(isinstance(size, Size) for size in shape) or None not in x.shape
    if len(shape) < x.rank or (len(shape) > x.rank and not traced):
        site.config.refuse("shape", shape, f"should have the {x.rank} axes of its input, the batch first")
    if any(held not in (None, 1, size) for held, size in zip(x.shape, shape[len(shape) - x.rank :], strict=True)):
        site.config.refuse("shape", shape, f"cannot be reached from {x.shape}")
    if traced:
        return site.new(f"{x}.expand({', '.join(map(literal, shape))})", KERAS)
    return site.new(f"{site.helper(_BROADCAST)}({x}, {literal(shape)})", KERAS)


def emit_ravel(site: Site) -> Value:
    """`flatten` in Keras's order, the batch too."""
    return site.new(f"{site.take(site.x, KERAS)}.flatten()", KERAS)


def emit_view(site: Site) -> Value:
    """The same bytes as another dtype."""
    x = site.take(site.x, KERAS)
    dtype = stated_dtype(site, x.dtype)
    if "bool" in (dtype, x.dtype) or "float" in f"{dtype}{x.dtype}":
        site.refuse(f"it takes the bytes of {x.dtype} for {dtype}; only whole numbers are translated")
    return site.new(f"{x}.view(torch.{dtype})", KERAS)


_DTYPE = Argument("dtype", "dtype", None, note="None: that of x")

FullLike = Entry(
    keras="keras.ops.full_like",
    torch=("torch.full_like",),
    says="As many times one number as x has elements.",
    emit=emit_full_like,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("fill_value", "fill_value", note="one number"), _DTYPE),
    cases=(
        Case("defaults", {}, x=(2, 3, 5), call={"$args": [{"$input": 0}, 0.5]}),
        Case("whole-numbers", {"dtype": "int32"}, x=(2, 3, 5), call={"$args": [{"$input": 0}, 7]}),
    ),
    aliases=("np.full_like",),
    stored=stored("FullLike"),
)
EmptyLike = Entry(
    keras="keras.ops.empty_like",
    torch=("torch.zeros_like",),
    says="A tensor of the shape of x for any numbers: on TensorFlow Keras fills it with zeros.",
    emit=emit_empty_like,
    kind="operation",
    arguments=(Argument("x", "input"), _DTYPE),
    cases=(Case("defaults", {}, x=(2, 3, 5)), Case("whole-numbers", {"dtype": "int32"}, x=(2, 3, 5))),
    aliases=("np.empty_like", "torch.empty_like"),
    stored=stored("EmptyLike"),
)
Copy = Entry(
    keras="keras.ops.copy",
    torch=("torch.clone",),
    says="The same elements in a tensor of their own.",
    emit=emit_copy,
    kind="operation",
    arguments=(Argument("x", "input"),),
    cases=(Case("defaults", {}, x=(2, 3, 5)),),
    aliases=("np.copy", "tf.identity"),
    stored=stored("Copy"),
)
Array = Entry(
    keras="keras.ops.array",
    torch=("torch.Tensor.to",),
    says="A tensor as it is, or in another dtype; of lists, torch.tensor makes one.",
    emit=emit_array,
    kind="operation",
    arguments=(Argument("x", "data"), _DTYPE),
    cases=(
        Case("defaults", {}, x=(2, 3, 5)),
        Case("to-float", {"dtype": "float32"}, x=(2, 3, 5), draw="ids:4"),
    ),
    aliases=("np.array", "torch.tensor"),
    stored=stored("Array"),
)
StopGradient = Entry(
    keras="keras.ops.stop_gradient",
    torch=("torch.detach",),
    says="The tensor as it is, through which no gradient flows back.",
    emit=emit_stop_gradient,
    kind="operation",
    arguments=(Argument("variable", "input"),),
    cases=(Case("defaults", {}, x=(2, 3, 5)),),
    aliases=("tf.stop_gradient", "jax.lax.stop_gradient", "no gradient"),
    stored=stored("StopGradient", "core", "stop_gradient"),
)
SaturateCast = Entry(
    keras="keras.ops.saturate_cast",
    torch=("torch.clamp", "torch.Tensor.to"),
    says="Another dtype, with what is outside its bounds brought to them.",
    emit=emit_saturate_cast,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("dtype", "dtype")),
    cases=(
        Case("negative-to-zero", {"dtype": "uint8"}, x=(2, 3, 5), draw="wide"),
        Case("above", {"dtype": "int8"}, x=(2, 3, 5), draw="ids:300"),
    ),
    aliases=("tf.saturate_cast",),
    stored=stored("SaturateCast", "core"),
)
BroadcastTo = Entry(
    keras="keras.ops.broadcast_to",
    torch=("torch.Tensor.expand",),
    says="A tensor repeated along axes of size 1 until it has a shape, of which the batch is part.",
    emit=emit_broadcast_to,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("shape", "size")),
    cases=(
        Case("one-axis", {"shape": (2, 3, 5)}, x=(2, 1, 5)),
        Case("batch-too", {"shape": (4, 3, 5)}, x=(1, 3, 1)),
    ),
    aliases=("np.broadcast_to", "tf.broadcast_to", "torch.broadcast_to", "expand"),
    stored=stored("BroadcastTo", "numpy", "broadcast_to"),
)
Ravel = Entry(
    keras="keras.ops.ravel",
    torch=("torch.flatten",),
    says="All elements in one row, those of the whole batch.",
    emit=emit_ravel,
    kind="operation",
    arguments=(Argument("x", "input"),),
    cases=(Case("sequences", {}, x=(2, 3, 5)), Case("images", {}, x=(2, 3, 4, 5))),
    aliases=("np.ravel", "torch.ravel"),
    stored=stored("Ravel"),
    layout="last",
)
View = Entry(
    keras="keras.ops.view",
    torch=("torch.Tensor.view",),
    says="The bytes of a tensor, taken for another dtype (torch's view of another shape is reshape).",
    emit=emit_view,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("dtype", "dtype", None)),
    cases=(
        Case("halves", {"dtype": "int16"}, x=(2, 3), draw="ids:99999"),
        Case("as-it-is", {}, x=(2, 3), draw="ids:9"),
    ),
    aliases=("np.ndarray.view", "tf.bitcast"),
    stored=stored("View"),
    layout="last",
)
