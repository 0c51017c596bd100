"""corrcoef, correlate: how much rows, or two sequences, vary with one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import only_floats, stored
from equivalence.schema import Argument, Case, Entry, refuse_without_counterpart
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
Correlate = Entry(
    keras="keras.ops.correlate",
    torch=(),
    says="The cross-correlation of two sequences.",
    emit=refuse_without_counterpart,
    kind="operation",
    arguments=(Argument("x1"), Argument("x2"), Argument("mode", None, "valid", note="refused with the rest")),
    aliases=("np.correlate", "cross correlation"),
    stored=stored("Correlate"),
    no_counterpart=(
        "Keras builds it for two vectors of known length alone, which no batch of a model is; "
        "F.conv1d(x1[None, None], x2[None, None])[0, 0] computes it"
    ),
)
