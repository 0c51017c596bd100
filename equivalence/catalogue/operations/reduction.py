"""Mean, sum, product, extrema and logic over axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stated_dtype, stored
from equivalence.catalogue.operations.reduction_parts import (
    AXIS,
    KEEPDIMS,
    counts_other_axes,
    flattened,
    kept,
    reduction_of,
)
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: What Keras adds up and multiplies in 32 bits; torch does in 64.
_IN_32_BITS = ("bool", "int8", "int16", "int32")


def emit_reduction(site: Site) -> Value:
    """The torch function of the same meaning, over the dimensions that hold the axes; of whole numbers as Keras has it.

    Their mean is a float32 and their sum keeps to 32 bits; torch has no mean of them and adds up in 64 bits.
    """
    if site.entry.argument("initial") is not None:
        site.config.only("initial", None)
    found, function, dtype = reduction_of(site), site.entry.torch[0], None
    if function == "torch.mean" and not found.x.dtype.startswith("float"):
        dtype = "torch.float32"
    elif function == "torch.sum" and found.x.dtype in _IN_32_BITS:
        dtype = "torch.int32"
    elif function == "torch.sum" and found.x.dtype.startswith("uint"):
        site.refuse(f"it adds up {found.x.dtype}, which Keras does in numbers that torch does not have")
    omit = {"keepdim": False, "dtype": None}
    text = call(function, f"{found.x}", dim=found.dim, keepdim=found.keep, dtype=dtype, omit=omit)
    return site.new(text, found.order)


def emit_prod(site: Site) -> Value:
    """torch.prod, which goes along one dimension: several become one before."""
    found = reduction_of(site)
    x, dim = flattened(found)
    default = "int32" if found.x.dtype in _IN_32_BITS else found.x.dtype
    if default.startswith("uint"):
        site.refuse(f"it multiplies {default}, which Keras does in numbers that torch does not have")
    if stated_dtype(site, found.x.dtype) != found.x.dtype:
        because = "is another dtype than the tensor's, which Keras on TensorFlow multiplies in all the same"
        site.config.refuse("dtype", site.config.value("dtype"), because)
    dtype = None if found.x.dtype == default and default.startswith("float") else f"torch.{default}"
    alone = found.keep and len(found.dims) == 1
    text = call("torch.prod", x, dim=dim, keepdim=alone, dtype=dtype, omit={"keepdim": False, "dtype": None})
    return site.new(text if alone else kept(found, text), found.order)


def emit_count_nonzero(site: Site) -> Value:
    """torch.count_nonzero, in Keras's int32."""
    found = reduction_of(site, keepdims=False)
    return site.new(f"torch.count_nonzero({found.x}, dim={found.dim}).to(torch.int32)", found.order)


def emit_ptp(site: Site) -> Value:
    """The largest minus the smallest."""
    found = reduction_of(site)
    if found.x.dtype == "bool":
        site.refuse("it is called on bool, of which Keras has no range")
    largest, smallest = (
        call(function, f"{found.x}", dim=found.dim, keepdim=found.keep, omit={"keepdim": False})
        for function in site.entry.torch
    )
    return site.new(f"{largest} - {smallest}", found.order)


def _reduction(
    name: str,
    class_name: str,
    says: str,
    torch: str,
    *tensorflow: str,
    initial: bool = False,
    draw: str = "normal",
    aliases: tuple[str, ...] = (),
) -> Entry:
    logic = draw.startswith("ids")
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(torch,),
        says=says,
        emit=emit_reduction,
        kind="operation",
        arguments=(
            Argument("x", "input"),
            AXIS,
            KEEPDIMS,
            *((Argument("initial", None, None, note="the port refuses any"),) if initial else ()),
        ),
        differences=() if logic else (counts_other_axes("square-image"),),
        cases=(
            Case("one-axis", {"axis": 1}, x=(2, 3, 5), draw=draw),
            Case("two-axes-kept", {"axis": [1, 2], "keepdims": True}, x=(2, 3, 4, 5), draw=draw),
            Case("square-image", {"axis": [1, 2]}, x=(2, 4, 4, 4), draw=draw),
            Case("all", {}, x=(2, 3, 5), draw=draw),
            *([] if logic else [Case("whole-numbers", {"axis": 1}, x=(2, 3, 5), draw="ids:9")]),
            Case("booleans", {"axis": 1}, x=(2, 3, 5), draw="bool"),
        ),
        aliases=aliases,
        stored=stored(class_name, "numpy", *tensorflow),
    )


Mean = _reduction("mean", "Mean", "The mean over axes.", "torch.mean", "math.reduce_mean")
Sum = _reduction("sum", "Sum", "The sum over axes.", "torch.sum", "math.reduce_sum")
Max = _reduction("max", "Max", "The largest over axes.", "torch.amax", "math.reduce_max", initial=True)
Min = _reduction("min", "Min", "The smallest over axes.", "torch.amin", "math.reduce_min", initial=True)
Amax = _reduction("amax", "Amax", "The largest over axes.", "torch.amax", aliases=("np.amax",))
Amin = _reduction("amin", "Amin", "The smallest over axes.", "torch.amin", aliases=("np.amin",))
Any = _reduction(
    "any", "Any", "Whether any over axes is true (not zero).", "torch.any", "math.reduce_any", draw="ids:2"
)
All = _reduction(
    "all", "All", "Whether all over axes are true (not zero).", "torch.all", "math.reduce_all", draw="ids:2"
)
Prod = Entry(
    keras="keras.ops.prod",
    torch=("torch.prod",),
    says="The product over axes.",
    emit=emit_prod,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        AXIS,
        KEEPDIMS,
        Argument("dtype", "dtype", None, note="the port refuses another than that of x"),
    ),
    differences=(
        Difference(
            "whole-numbers",
            "Keras multiplies whole numbers in 32 bits, where the product may overflow; torch makes int64 of them.",
            case="overflow",
            swap=((", dtype=torch.int32", ""),),
        ),
    ),
    cases=(
        Case("one-axis", {"axis": 1}, x=(2, 3, 5)),
        Case("one-axis-kept", {"axis": -1, "keepdims": True}, x=(2, 3, 5)),
        Case("two-axes-kept", {"axis": [1, 2], "keepdims": True}, x=(2, 3, 4, 5)),
        Case("outer-axes", {"axis": [1, 3]}, x=(2, 3, 4, 5)),
        Case("all", {}, x=(2, 3, 5)),
        Case("whole-numbers", {"axis": 1}, x=(2, 3, 5), draw="ids:9"),
        Case("overflow", {"axis": 1}, x=(2, 12, 5), draw="ids:900"),
        Case("booleans", {"axis": 1}, x=(2, 3, 5), draw="bool"),
        Case("stated-dtype", {"axis": 1, "dtype": "float32"}, x=(2, 3, 5)),
    ),
    aliases=("np.prod", "tf.reduce_prod"),
    stored=stored("Prod", "numpy", "math.reduce_prod"),
)
CountNonzero = Entry(
    keras="keras.ops.count_nonzero",
    torch=("torch.count_nonzero",),
    says="How many over axes are not zero.",
    emit=emit_count_nonzero,
    kind="operation",
    arguments=(Argument("x", "input"), AXIS),
    cases=(
        Case("one-axis", {"axis": 1}, x=(2, 3, 5), draw="one-hot"),
        Case("two-axes", {"axis": [1, 2]}, x=(2, 3, 4, 5), draw="ids:2"),
        Case("all", {}, x=(2, 3, 5), draw="bool"),
    ),
    aliases=("np.count_nonzero", "tf.math.count_nonzero"),
    stored=stored("CountNonzero"),
)
Ptp = Entry(
    keras="keras.ops.ptp",
    torch=("torch.amax", "torch.amin"),
    says="The largest minus the smallest over axes (peak to peak).",
    emit=emit_ptp,
    kind="operation",
    arguments=(Argument("x", "input"), AXIS, KEEPDIMS),
    cases=(
        Case("one-axis", {"axis": 1}, x=(2, 3, 5)),
        Case("two-axes-kept", {"axis": [1, 2], "keepdims": True}, x=(2, 3, 4, 5)),
        Case("all", {}, x=(2, 3, 5)),
        Case("whole-numbers", {"axis": -1}, x=(2, 3, 5), draw="ids:9"),
    ),
    aliases=("np.ptp", "peak to peak"),
    stored=stored("Ptp"),
)
