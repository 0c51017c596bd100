"""Operations that state a dtype: cast, convert_to_tensor, zeros_like, ones_like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stated_dtype, stored
from equivalence.schema import Argument, Case, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_cast(site: Site) -> Value:
    """`.to(dtype)`; what is that already stays, and a number becomes a tensor."""
    if not site.inputs:
        return _of_a_number(site)
    dtype = stated_dtype(site, site.x.dtype)
    return site.unchanged() if site.x.dtype == dtype else site.new(f"{site.x}.to(torch.{dtype})", site.x.order)


def _of_a_number(site: Site) -> Value:
    (number,) = site.args()
    if not isinstance(number, (bool, int, float)):
        site.refuse(f"it is called on {number!r:.60}, which is neither a tensor nor a number")
    return site.of_number(number, site.config.value("dtype") and stated_dtype(site, ""))


def emit_convert_to_tensor(site: Site) -> Value:
    """As a cast: a tensor is one already. Ported tensors are dense, so that nothing is left to be made dense."""
    site.config.only("sparse", None, False, because="asks for a sparse tensor")
    site.config.only("ragged", None, False, because="asks for a ragged tensor")
    return emit_cast(site)


def emit_filled(site: Site) -> Value:
    """The torch function of the same name, with `dtype` where it is not that of the input."""
    x, dtype = site.x, stated_dtype(site, site.x.dtype)
    argument = "" if dtype == x.dtype else f", dtype=torch.{dtype}"
    return site.new(f"{site.entry.torch[0]}({x}{argument})", x.order)


_DTYPE = Argument("dtype", "dtype", None, note="None: that of x")

Cast = Entry(
    keras="keras.ops.cast",
    torch=("torch.Tensor.to",),
    says="x in another dtype.",
    emit=emit_cast,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("dtype", "dtype")),
    cases=(Case("to-float", {"dtype": "float32"}, x=(2, 3, 5), draw="ids:4"),),
    stored=stored("Cast", "core", "cast"),
)
ConvertToTensor = Entry(
    keras="keras.ops.convert_to_tensor",
    torch=("torch.Tensor.to", "torch.as_tensor"),
    related=("torch.as_tensor",),
    says="A tensor as it is, or in another dtype.",
    emit=emit_convert_to_tensor,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        _DTYPE,
        Argument("sparse", None, None, note="the port refuses True: its tensors are dense"),
        Argument("ragged", None, None, note="the port refuses True: its tensors are dense"),
    ),
    cases=(
        Case("defaults", {}, x=(2, 3, 5)),
        Case("same-dtype", {"dtype": "int32", "sparse": False}, x=(2, 3, 5), draw="ids:4"),
        Case("to-bool", {"dtype": "bool", "ragged": False}, x=(2, 3, 5), draw="ids:2"),
        Case("to-float", {"dtype": "float32"}, x=(2, 3, 5), draw="ids:4"),
    ),
    stored=stored("ConvertToTensor", "core"),
)


def _filled(name: str, class_name: str, says: str) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(f"torch.{name}",),
        says=says,
        emit=emit_filled,
        kind="operation",
        arguments=(Argument("x", "input"), _DTYPE),
        cases=(
            Case("defaults", {}, x=(2, 3, 5)),
            Case("bool", {"dtype": "bool"}, x=(2, 3, 5)),
            Case("whole-numbers", {"dtype": "int32"}, x=(2, 3, 5)),
            Case("float-of-whole-numbers", {"dtype": "float32"}, x=(2, 3, 5), draw="ids:4"),
        ),
        stored=stored(class_name),
    )


ZerosLike = _filled("zeros_like", "ZerosLike", "As many zeros as x has elements; Keras writes it for missing masks.")
OnesLike = _filled("ones_like", "OnesLike", "As many ones as x has elements; Keras writes it for missing masks.")
