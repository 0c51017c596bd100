"""one_hot, multi_hot: whole numbers as vectors of zeros and ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stated_dtype, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_one_hot(site: Site) -> Value:
    """A comparison with all classes: what is none of them gives zeros, as in Keras; F.one_hot raises."""
    rank, axis = site.x.rank, site.config.integer("axis", minimum=-1)
    if axis >= rank:
        site.config.refuse("axis", axis, f"should be -1 or below {rank}, the number of axes of its input")
    moved = "" if axis == -1 else f".movedim(-1, {axis})"
    return site.new(f"{_compared(site)}{moved}{_as_stated(site)}", KERAS)


def emit_multi_hot(site: Site) -> Value:
    """The largest of the one-hot vectors along axis 1, whatever the rank, as Keras takes it."""
    site.config.only("axis", -1, because="takes the largest over the classes themselves; use one_hot and max")
    if site.x.rank < 2:
        site.refuse("its input has the batch axis alone, so that one vector is made of the whole batch")
    return site.new(f"{_compared(site)}.any(dim=1){_as_stated(site)}", KERAS)


def _compared(site: Site) -> str:
    classes = site.config.integer("num_classes")
    site.config.only("sparse", False, because="asks for a sparse tensor")
    x = site.take(site.x, KERAS)
    text = f"{x}" if x.dtype.startswith("int") else f"{x}.long()"
    return f"({text}[..., None] == torch.arange({classes}, device={x}.device))"


def _as_stated(site: Site) -> str:
    dtype = stated_dtype(site, "float32")
    return "" if dtype == "bool" else f".to(torch.{dtype})"


_DTYPE = Argument("dtype", None, None, note="None: float32, where F.one_hot gives int64")
_SPARSE = Argument("sparse", None, False, note="the port refuses True: its tensors are dense")

OneHot = Entry(
    keras="keras.ops.one_hot",
    torch=("torch.eq", "torch.arange", "torch.Tensor.to"),
    says="A one where the class is, zeros elsewhere; all zeros for what is no class.",
    emit=emit_one_hot,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("num_classes", "end"),
        Argument("axis", None, -1, note="where the classes go; in F.one_hot always last"),
        _DTYPE,
        _SPARSE,
    ),
    cases=(
        Case("defaults", {"num_classes": 5}, x=(2, 3), draw="ids:5"),
        Case("beyond-the-classes", {"num_classes": 3, "sparse": False}, x=(4, 6), draw="ids:6"),
        Case("classes-first", {"num_classes": 4, "axis": 1}, x=(2, 3, 2), draw="ids:4"),
        Case("of-floats", {"num_classes": 3}, x=(4, 6), draw="wide"),
        Case("bool", {"num_classes": 4, "dtype": "bool"}, x=(2, 3), draw="ids:4"),
        Case("whole-numbers", {"num_classes": 4, "dtype": "int32"}, x=(5,), declared=(), draw="ids:4"),
    ),
    aliases=("tf.one_hot", "torch.nn.functional.one_hot", "keras.ops.nn.one_hot", "keras.utils.to_categorical"),
    stored=stored("OneHot", "nn"),
)
MultiHot = Entry(
    keras="keras.ops.multi_hot",
    torch=("torch.any", "torch.arange", "torch.Tensor.to"),
    says="Ones for all classes that occur along axis 1, zeros for the others.",
    emit=emit_multi_hot,
    kind="operation",
    arguments=(
        Argument("inputs", "input"),
        Argument("num_classes", "end", None, old=("num_tokens",)),
        Argument("axis", None, -1, note="the port refuses any other"),
        _DTYPE,
        _SPARSE,
    ),
    differences=(
        Difference(
            "counted-once",
            "A class that occurs several times is a one, not their number, as a sum of one-hot vectors has it.",
            case="defaults",
            swap=((".any(dim=1)", ".sum(dim=1)"),),
        ),
    ),
    cases=(
        Case("defaults", {"num_classes": 5}, x=(2, 4), draw="ids:4"),
        Case("beyond-the-classes", {"num_classes": 3, "sparse": False}, x=(4, 6), draw="ids:9"),
        Case("three-axes", {"num_classes": 4}, x=(2, 3, 2), draw="ids:4"),
        Case("bool", {"num_classes": 4, "dtype": "bool"}, x=(2, 3), draw="ids:4"),
    ),
    aliases=("keras.ops.nn.multi_hot", "multi-hot encoding"),
    stored=stored("MultiHot", "nn"),
)
