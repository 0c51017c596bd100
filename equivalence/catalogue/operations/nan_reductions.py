"""Reductions that leave NaN out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.catalogue.operations.reduction_parts import AXIS, KEEPDIMS, flattened, kept, reduction_of
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_EXTREMUM = '''
def {name}(x: Tensor, dim: int | tuple[int, ...], keepdim: bool = False) -> Tensor:
    """The {which} number; NaN where there is none."""
    missing = torch.isnan(x)
    found = torch.{torch}(torch.where(missing, {least}, x), dim, keepdim)
    return torch.where(missing.all(dim, keepdim), math.nan, found)
'''
_ARGUMENT = '''
def {name}(x: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """Where the {which} number is; -1 where there is none."""
    missing = torch.isnan(x)
    found = torch.{torch}(torch.where(missing, {least}, x), dim, keepdim)
    return torch.where(missing.all(dim, keepdim), -1, found).to(torch.int32)
'''
_VARIANCE = '''
def nanvar(x: Tensor, dim: int | tuple[int, ...], keepdim: bool = False) -> Tensor:
    """The variance of the numbers, divided by how many there are."""
    there = ~torch.isnan(x)
    apart = torch.where(there, x - torch.nanmean(x, dim, keepdim=True), 0)
    return apart.square().sum(dim, keepdim) / there.sum(dim, keepdim)
'''


def emit_nan_reduction(site: Site) -> Value:
    """The torch function of the same name."""
    no_whole_numbers(site)
    found = reduction_of(site)
    text = call(site.entry.torch[0], f"{found.x}", dim=found.dim, keepdim=found.keep, omit={"keepdim": False})
    return site.new(text, found.order)


def emit_nan_extremum(site: Site) -> Value:
    """torch.amax or torch.amin with the NaN out of its way."""
    no_whole_numbers(site)
    found = reduction_of(site)
    name = site.helper(_filled(_EXTREMUM, site.entry.name, site.entry.torch[0]))
    text = call(name, f"{found.x}", dim=found.dim, keepdim=found.keep, omit={"keepdim": False})
    return site.new(text, found.order)


def emit_nan_argument(site: Site) -> Value:
    """torch.argmax or torch.argmin with the NaN out of its way."""
    no_whole_numbers(site)
    found = reduction_of(site)
    if 1 < len(found.dims) < found.x.rank:
        site.config.refuse("axis", site.config.value("axis"), "is several axes, along which Keras counts nothing")
    if len(found.dims) > 1:
        found = found._replace(x=site.take(found.x, KERAS))  # it counts in Keras's order
    name = site.helper(_filled(_ARGUMENT, site.entry.name, site.entry.torch[0]))
    x, dim = flattened(found)
    alone = found.keep and len(found.dims) == 1
    text = call(name, x, dim=dim, keepdim=alone, omit={"keepdim": False})
    return site.new(text if alone else kept(found, text), found.order)


def emit_nan_prod(site: Site) -> Value:
    """torch.prod with ones for NaN."""
    no_whole_numbers(site)
    found = reduction_of(site)
    found = found._replace(x=site.new(f"torch.where(torch.isnan({found.x}), 1, {found.x})", found.x.order))
    x, dim = flattened(found)
    return site.new(kept(found, f"torch.prod({x}, dim={dim})"), found.order)


def emit_nan_spread(site: Site) -> Value:
    """The variance, or its root."""
    no_whole_numbers(site)
    found = reduction_of(site)
    text = call(site.helper(_VARIANCE), f"{found.x}", dim=found.dim, keepdim=found.keep, omit={"keepdim": False})
    return site.new(text if site.entry.name == "nanvar" else f"torch.sqrt({text})", found.order)


def no_whole_numbers(site: Site) -> None:
    """Raises Refused for what holds no NaN."""
    if not site.x.dtype.startswith("float"):
        plain = site.entry.name.removeprefix("nan")
        site.refuse(f"it is called on {site.x.dtype}, which holds no NaN; call keras.ops.{plain} instead")


def _filled(source: str, name: str, torch: str) -> str:
    largest = "max" in name
    return source.format(
        name=name,
        torch=torch.removeprefix("torch."),
        which="largest" if largest else "smallest",
        least="-math.inf" if largest else "math.inf",
    )


def _reduction(name: str, class_name: str, says: str, emit: object, *torch: str) -> Entry:
    one_axis = "arg" in name
    cases = (
        Case("one-axis", {"axis": 1}, x=(2, 7, 5), draw="gaps"),
        Case("kept", {"axis": -1, "keepdims": True}, x=(2, 4, 5), draw="gaps"),
        Case("all", {}, x=(2, 3, 5), draw="gaps"),
        Case("no-nan", {"axis": 1}, x=(2, 3, 5)),
    )
    more = (
        Case("two-axes-kept", {"axis": [1, 2], "keepdims": True}, x=(2, 3, 4, 5), draw="gaps"),
        Case("outer-axes", {"axis": [1, 3]}, x=(2, 3, 4, 5), draw="gaps"),
    )
    return Entry(
        keras=f"keras.ops.{name}",
        torch=torch,
        says=says,
        emit=emit,  # type: ignore[arg-type]
        kind="operation",
        arguments=(Argument("x", "input"), AXIS, KEEPDIMS),
        cases=cases if one_axis else (*cases, *more),
        aliases=(f"np.{name}",),
        stored=stored(class_name),
    )


Nansum = _reduction("nansum", "Nansum", "The sum over axes of what is no NaN.", emit_nan_reduction, "torch.nansum")
Nanmean = _reduction("nanmean", "Nanmean", "The mean over axes of what is no NaN.", emit_nan_reduction, "torch.nanmean")
Nanmax = _reduction("nanmax", "Nanmax", "The largest over axes of what is no NaN.", emit_nan_extremum, "torch.amax")
Nanmin = _reduction("nanmin", "Nanmin", "The smallest over axes of what is no NaN.", emit_nan_extremum, "torch.amin")
Nanprod = _reduction("nanprod", "Nanprod", "The product over axes of what is no NaN.", emit_nan_prod, "torch.prod")
Nanargmax = _reduction(
    "nanargmax", "Nanargmax", "Where the largest is that is no NaN; -1 if there is none.", emit_nan_argument,
    "torch.argmax",
)  # fmt: skip
Nanargmin = _reduction(
    "nanargmin", "Nanargmin", "Where the smallest is that is no NaN; -1 if there is none.", emit_nan_argument,
    "torch.argmin",
)  # fmt: skip
_SPREAD = "over axes of what is no NaN, of the population."
Nanvar = _reduction("nanvar", "Nanvar", f"The variance {_SPREAD}", emit_nan_spread, "torch.nanmean")
Nanstd = _reduction(
    "nanstd", "Nanstd", f"The standard deviation {_SPREAD}", emit_nan_spread, "torch.nanmean", "torch.sqrt"
)
