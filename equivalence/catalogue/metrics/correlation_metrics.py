"""PearsonCorrelation, ConcordanceCorrelation, and their functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.losses.loss_parts import EPSILON
from equivalence.catalogue.metrics.accuracy_functions import emit_of
from equivalence.catalogue.metrics.metric_helpers import SAME_RANK
from equivalence.catalogue.metrics.metric_parts import BY_CALL, ONE_RANK, arguments, batches, emit_mean_of
from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site


def _pearson(site: Site) -> list[str]:
    """Formula: keras/src/metrics/correlation_metrics.py, pearson_correlation."""
    axis = site.config.integer("axis", minimum=None)
    keep = f"dim={axis}, keepdim=True"
    return [
        ONE_RANK,
        *(f"{y} = {y} - {y}.mean({keep})" for y in ("y_true", "y_pred")),
        *(f"{y} = {y} / {y}.std({keep}, correction=0)" for y in ("y_true", "y_pred")),
        f"(y_true * y_pred).mean(dim={axis})",
    ]


def _concordance(site: Site) -> list[str]:
    """Formula: keras/src/metrics/correlation_metrics.py, concordance_correlation, which takes the mean of what is
    predicted off both."""
    axis = site.config.integer("axis", minimum=None)
    keep = f"dim={axis}, keepdim=True"
    return [
        ONE_RANK,
        f"mean_true, mean_pred = y_true.mean({keep}), y_pred.mean({keep})",
        f"var_true, var_pred = (y.var({keep}, correction=0) for y in (y_true, y_pred))",
        "together = (y_true - mean_pred) * (y_pred - mean_pred)",
        "apart = var_true + var_pred + (mean_true - mean_pred).square()",
        f"(2 * together / (apart + {EPSILON})).mean(dim={axis})",
    ]


_X = [(4, 5), (4, 5)]
_AXIS = Argument("axis", "dim", -1, note="the mean of the correlations along it is taken: with -1 of each sample")
_GIVEN = (Argument("y_true"), Argument("y_pred"), _AXIS)
_EACH = Difference(
    "samples",
    "The correlation is one along the last axis, of each sample, and their mean is taken; torch.corrcoef and others "
    "take one over all samples.",
    case="plain",
    swap=(("dim=-1", "dim=0"),),
)

PearsonCorrelation = Entry(
    keras="keras.metrics.PearsonCorrelation",
    torch=("torch.std", "torch.mean", "torch.corrcoef"),
    related=("torch.corrcoef",),
    says="The mean correlation of what is predicted with what should be, along an axis.",
    emit=emit_mean_of("pearson_correlation", _pearson),
    kind="metric",
    arguments=(*arguments("pearson_correlation"), _AXIS),
    differences=(_EACH,),
    cases=(*batches(_X, "normal"), Case("axis", {"axis": 1}, x=[(4, 3, 2), (4, 3, 2)])),
    aliases=("pearson", "correlation coefficient metric"),
)
ConcordanceCorrelation = Entry(
    keras="keras.metrics.ConcordanceCorrelation",
    torch=("torch.var", "torch.mean"),
    says="The mean concordance of what is predicted with what should be, along an axis: correlation, less for a shift.",
    emit=emit_mean_of("concordance_correlation", _concordance),
    kind="metric",
    arguments=(*arguments("concordance_correlation"), _AXIS),
    differences=(_EACH,),
    cases=(*batches(_X, "normal"), Case("axis", {"axis": 1}, x=[(4, 3, 2), (4, 3, 2)])),
    aliases=("ccc", "lin's concordance"),
)
pearson_correlation = Entry(
    keras="keras.metrics.pearson_correlation",
    torch=("torch.std", "torch.mean"),
    says="The correlation of what is predicted with what should be, along an axis.",
    emit=emit_of("pearson_correlation", _pearson, SAME_RANK),
    kind="operation",
    arguments=_GIVEN,
    cases=(Case("columns", {"axis": 0}, x=_X, by_call=BY_CALL),),
)
concordance_correlation = Entry(
    keras="keras.metrics.concordance_correlation",
    torch=("torch.var", "torch.mean"),
    says="The concordance of what is predicted with what should be, along an axis.",
    emit=emit_of("concordance_correlation", _concordance, SAME_RANK),
    kind="operation",
    arguments=_GIVEN,
    cases=(Case("columns", {"axis": 0}, x=_X, by_call=BY_CALL),),
)
