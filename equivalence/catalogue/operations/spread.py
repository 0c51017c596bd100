"""Variance, standard deviation, moments and logsumexp over axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import as_floats, only_floats, stored
from equivalence.catalogue.operations.reduction_parts import AXIS, KEEPDIMS, counts_other_axes, reduction_of
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_spread(site: Site) -> Value:
    """torch.var or torch.std of the population: divided by the number of elements, not by one less."""
    found = reduction_of(site)
    x, keep = as_floats(found.x), found.keep
    text = call(site.entry.torch[0], x, dim=found.dim, correction=0, keepdim=keep, omit={"keepdim": False})
    return site.new(text, found.order)


def emit_logsumexp(site: Site) -> Value:
    only_floats(site)
    found = reduction_of(site)
    text = call("torch.logsumexp", f"{found.x}", dim=found.dim, keepdim=found.keep, omit={"keepdim": False})
    return site.new(text, found.order)


def emit_moments(site: Site) -> list[Value]:
    """The mean and the variance of the population; `synchronized` changes nothing where there is one device."""
    only_floats(site)
    site.config.flag("synchronized")
    found = reduction_of(site, "axes")
    x, dim, keep = f"{found.x}", found.dim, found.keep
    mean = call("torch.mean", x, dim=dim, keepdim=keep, omit={"keepdim": False})
    variance = call("torch.var", x, dim=dim, correction=0, keepdim=keep, omit={"keepdim": False})
    return [site.new(mean, found.order, "mean"), site.new(variance, found.order, "variance")]


def _of_the_sample(case: str) -> Difference:
    return Difference(
        "correction",
        "Keras divides by the number of elements; torch divides by one less unless correction=0 is given.",
        case=case,
        swap=((", correction=0", ""),),
    )


def _spread(name: str, class_name: str, says: str, *tensorflow: str) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(f"torch.{name}",),
        says=says,
        emit=emit_spread,
        kind="operation",
        arguments=(Argument("x", "input"), AXIS, KEEPDIMS),
        differences=(_of_the_sample("one-axis"), counts_other_axes("square-image")),
        cases=(
            Case("one-axis", {"axis": 1}, x=(2, 3, 5)),
            Case("two-axes-kept", {"axis": [1, 2], "keepdims": True}, x=(2, 3, 4, 5)),
            Case("square-image", {"axis": [1, 2]}, x=(2, 4, 4, 4)),
            Case("all", {}, x=(2, 3, 5)),
            Case("whole-numbers", {"axis": -1}, x=(2, 3, 5), draw="ids:9"),
            Case("unknown-sizes", {"axis": 1}, x=(2, 3, 5), declared=(None, 5)),
        ),
        aliases=(f"np.{name}", *(f"tf.{function}" for function in tensorflow)),
        stored=stored(class_name, "numpy", *tensorflow),
    )


Var = _spread("var", "Var", "The variance over axes, of the population.", "math.reduce_variance")
Std = _spread("std", "Std", "The standard deviation over axes, of the population.", "math.reduce_std")
Logsumexp = Entry(
    keras="keras.ops.logsumexp",
    torch=("torch.logsumexp",),
    says="log(sum(exp(x))) over axes, without overflow.",
    emit=emit_logsumexp,
    kind="operation",
    arguments=(Argument("x", "input"), AXIS, KEEPDIMS),
    differences=(counts_other_axes("square-image"),),
    cases=(
        Case("one-axis", {"axis": 1}, x=(2, 3, 5)),
        Case("two-axes-kept", {"axis": [1, 2], "keepdims": True}, x=(2, 3, 4, 5)),
        Case("square-image", {"axis": [1, 2]}, x=(2, 4, 4, 4), draw="wide"),
        Case("all", {}, x=(2, 3, 5)),
    ),
    aliases=("tf.math.reduce_logsumexp", "scipy.special.logsumexp"),
    stored=stored("Logsumexp", "math", "math.reduce_logsumexp"),
)
Moments = Entry(
    keras="keras.ops.moments",
    torch=("torch.mean", "torch.var"),
    says="The mean and the variance over axes, of the population.",
    emit=emit_moments,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("axes", "dim", how="the dimensions that hold these axes"),
        KEEPDIMS,
        Argument("synchronized", None, False, note="over the devices of a distributed run"),
    ),
    differences=(_of_the_sample("one-axis"), counts_other_axes("square-image")),
    cases=(
        Case("one-axis", {"axes": [1]}, x=(2, 3, 5)),
        Case("two-axes-kept", {"axes": [1, 2], "keepdims": True, "synchronized": True}, x=(2, 3, 4, 5)),
        Case("square-image", {"axes": [1, 2]}, x=(2, 4, 4, 4)),
        Case("batch", {"axes": [0, 1]}, x=(4, 3, 5)),
    ),
    aliases=("keras.ops.nn.moments", "tf.nn.moments"),
    stored=stored("Moments", "nn", "nn.moments"),
)
