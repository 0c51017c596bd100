"""Tensors made out of nothing but sizes: zeros, ones, full, eye, tri."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import stated_dtype, stored, whole_numbers
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_filled_shape(site: Site) -> Value:
    """torch.zeros or torch.ones; Keras on TensorFlow fills `empty` with zeros."""
    shape, dtype = whole_numbers(site, "shape"), stated_dtype(site, "float32")
    return site.new(f"{site.entry.torch[0]}({literal(shape)}, dtype=torch.{dtype})", KERAS)


def emit_full(site: Site) -> Value:
    """torch.full of one number; its dtype is that of the number where none is stated, in Keras it is float32."""
    if site.args():
        site.refuse("it is filled with a tensor; only one number is translated")
    shape, dtype = whole_numbers(site, "shape"), stated_dtype(site, "float32")
    value = fill_number(site, site.config.value("fill_value"), dtype)
    return site.new(f"torch.full({literal(shape)}, {literal(value)}, dtype=torch.{dtype})", KERAS)


def fill_number(site: Site, value: Any, dtype: str) -> float | int:
    """A number that a tensor of this dtype can be filled with. Raises Refused for any other."""
    if not isinstance(value, (bool, int, float)):
        site.refuse(f"fill_value={value!r:.60} is not one number")
    if not dtype.startswith(("float", "bfloat")) and isinstance(value, float):
        site.refuse(f"fill_value={value!r:.60} is a float, which {dtype} does not hold")
    return value


def emit_eye(site: Site) -> Value:
    """torch.eye, which has no other diagonal than the main one: ones, cut to one diagonal, have."""
    rows, dtype = site.config.integer("N"), stated_dtype(site, "float32")
    columns = rows if site.config.value("M") is None else site.config.integer("M")
    k = site.config.integer("k", minimum=None)
    if not -rows < k < columns:
        site.config.refuse("k", k, f"names no diagonal of {rows} rows and {columns} columns")
    sizes = f"{rows}" if rows == columns and not k else f"{rows}, {columns}"
    if k:
        return site.new(f"torch.ones({sizes}, dtype=torch.{dtype}).triu({k}).tril({k})", KERAS)
    return site.new(f"torch.eye({sizes}, dtype=torch.{dtype})", KERAS)


def emit_identity(site: Site) -> Value:
    """torch.eye."""
    return site.new(f"torch.eye({site.config.integer('n')}, dtype=torch.{stated_dtype(site, 'float32')})", KERAS)


def emit_tri(site: Site) -> Value:
    """Ones, and zeros above a diagonal."""
    rows, dtype = site.config.integer("N"), stated_dtype(site, "float32")
    columns = rows if site.config.value("M") is None else site.config.integer("M")
    diagonal = site.config.integer("k", minimum=None) or ""
    return site.new(f"torch.ones({rows}, {columns}, dtype=torch.{dtype}).tril({diagonal})", KERAS)


_DTYPE = Argument("dtype", "dtype", None, note="None: float32")


def _filled(name: str, says: str, torch: str, *aliases: str, differences: tuple[Difference, ...] = ()) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(torch,),
        says=says,
        emit=emit_filled_shape,
        kind="operation",
        arguments=(Argument("shape", "size"), _DTYPE),
        differences=differences,
        cases=(
            Case("matrix", {"shape": (2, 3)}, x=()),
            Case("whole-numbers", {"shape": (4,), "dtype": "int32"}, x=()),
            Case("bool", {"shape": (2, 1, 3), "dtype": "bool"}, x=()),
        ),
        aliases=aliases,
    )


Zeros = _filled("zeros", "A tensor of zeros.", "torch.zeros", "np.zeros", "tf.zeros")
Ones = _filled("ones", "A tensor of ones.", "torch.ones", "np.ones", "tf.ones")
Empty = _filled(
    "empty", "A tensor for any numbers: on TensorFlow Keras fills it with zeros.", "torch.zeros", "np.empty"
)
Full = Entry(
    keras="keras.ops.full",
    torch=("torch.full",),
    says="A tensor of one number.",
    emit=emit_full,
    kind="operation",
    arguments=(Argument("shape", "size"), Argument("fill_value", "fill_value", note="one number"), _DTYPE),
    cases=(
        Case("matrix", {"shape": (2, 3), "fill_value": 0.5}, x=()),
        Case("of-a-whole-number", {"shape": (2, 3), "fill_value": 7}, x=()),
        Case("whole-numbers", {"shape": (4,), "fill_value": -3, "dtype": "int32"}, x=()),
    ),
    aliases=("np.full", "tf.fill", "torch.fill"),
    stored=stored("Full"),
)
Eye = Entry(
    keras="keras.ops.eye",
    torch=("torch.eye", "torch.triu", "torch.tril"),
    says="Ones on a diagonal, zeros elsewhere.",
    emit=emit_eye,
    kind="operation",
    arguments=(
        Argument("N", "n"),
        Argument("M", "m", None),
        Argument("k", "diagonal", 0, note="torch.eye has the main diagonal alone"),
        _DTYPE,
    ),
    cases=(
        Case("square", {"N": 3}, x=()),
        Case("wide", {"N": 3, "M": 5, "dtype": "bool"}, x=()),
        Case("above", {"N": 4, "k": 1}, x=()),
        Case("below", {"N": 4, "M": 3, "k": -2, "dtype": "int32"}, x=()),
        Case(
            "wide-above",
            {"N": 3, "M": 5, "k": 1},
            x=(),
            oracle="torch",
            because="Keras on TensorFlow gives four rows of six, where three of five are asked for",
        ),
    ),
    aliases=("np.eye", "tf.eye"),
)
Identity = Entry(
    keras="keras.ops.identity",
    torch=("torch.eye",),
    says="The identity matrix (keras.layers.Identity gives its input back).",
    emit=emit_identity,
    kind="operation",
    arguments=(Argument("n", "n"), _DTYPE),
    cases=(Case("three", {"n": 3}, x=()), Case("whole-numbers", {"n": 4, "dtype": "int32"}, x=())),
    aliases=("np.identity",),
)
Tri = Entry(
    keras="keras.ops.tri",
    torch=("torch.tril", "torch.ones"),
    says="Ones on and below a diagonal, zeros above it.",
    emit=emit_tri,
    kind="operation",
    arguments=(Argument("N", "rows"), Argument("M", "columns", None), Argument("k", "diagonal", 0), _DTYPE),
    cases=(
        Case("square", {"N": 3}, x=()),
        Case("above", {"N": 3, "M": 5, "k": 1}, x=()),
        Case("below", {"N": 5, "M": 4, "k": -1, "dtype": "int32"}, x=()),
    ),
    aliases=("np.tri",),
)
