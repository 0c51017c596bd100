"""corrcoef: how much the rows of a matrix vary with one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import only_floats, stored
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_corrcoef(site: Site) -> Value:
    """torch.corrcoef, whose rows are the variables too."""
    only_floats(site)
    if site.x.rank != 2:
        site.refuse(f"its input has {site.x.rank} axes; of another number than 2 torch makes no correlations")
    return site.new(f"torch.corrcoef({site.take(site.x, KERAS)})", KERAS)


Corrcoef = Entry(
    keras="keras.ops.corrcoef",
    torch=("torch.corrcoef",),
    says="The coefficients of correlation between the rows of a matrix.",
    emit=emit_corrcoef,
    kind="operation",
    arguments=(Argument("x", "input"),),
    cases=(Case("defaults", {}, x=(4, 7)),),
    aliases=("np.corrcoef", "tfp.stats.correlation"),
    stored=stored("Corrcoef"),
    layout="last",
)
