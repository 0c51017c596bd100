"""Mean, Sum, RootMeanSquaredError, and the classes that metrics of one's own are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.by_name import by_name
from equivalence.catalogue.metrics.metric_helpers import (
    DIVIDED,
    MEAN,
    ROOT_MEAN_SQUARED,
    SAME_RANK,
    SAMPLEWISE,
    SUM,
)
from equivalence.catalogue.metrics.metric_parts import arguments
from equivalence.schema import Argument, Case, Difference, Elsewhere, Entry, refuse_without_counterpart

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

_BATCH_MEANS = '''
class Mean:
    """The mistake: the mean of the batches' means, in which small batches count as much as large ones."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.means = []

    def update(self, values: Tensor, sample_weight: Tensor | None = None) -> None:
        self.means.append(values.mean())

    def compute(self) -> Tensor:
        return torch.stack(self.means).mean()
'''


def emit_mean(site: Site) -> str:
    for source in (SAME_RANK, DIVIDED, SAMPLEWISE):
        site.helper(source)
    return f"{site.helper(MEAN)}()"


def _mean_of_means(site: Site) -> str:
    return f"{site.helper(_BATCH_MEANS)}()"


def emit_sum(site: Site) -> str:
    for source in (SAME_RANK, SAMPLEWISE):
        site.helper(source)
    return f"{site.helper(SUM)}()"


def emit_root_mean_squared(site: Site) -> str:
    """Formula: keras/src/metrics/regression_metrics.py, RootMeanSquaredError, which looks at no mask."""
    for source in (SAME_RANK, DIVIDED, SAMPLEWISE, MEAN):
        site.helper(source)
    return f"{site.helper(ROOT_MEAN_SQUARED)}()"


_VALUES = (
    Case("plain", {}, x=(4, 3)),
    Case("each", {}, x=[(4,)]),
    Case("weighted", {}, x=[(4, 3)], trial={"sample_weight": [4]}),
    Case("weighted-steps", {}, x=[(4, 3, 2)], trial={"sample_weight": [4, 3]}),
)

Mean = Entry(
    keras="keras.metrics.Mean",
    torch=("torch.mean",),
    says="The mean of all values since the last reset, each sample weighted by its weight.",
    emit=emit_mean,
    kind="metric",
    arguments=arguments("mean"),
    differences=(
        Difference(
            "batches",
            "The mean is one over all samples: the mean of the batches' means counts a short last batch as much as a "
            "full one.",
            case="plain",
            naive=_mean_of_means,
        ),
    ),
    elsewhere=(Elsewhere("torchmetrics.MeanMetric()", "each", "values"),),
    cases=_VALUES,
    aliases=("running mean", "average meter", "AverageMeter"),
)
Sum = Entry(
    keras="keras.metrics.Sum",
    torch=("torch.sum",),
    says="The sum of all values since the last reset, weighted.",
    emit=emit_sum,
    kind="metric",
    arguments=arguments("sum"),
    elsewhere=(Elsewhere("torchmetrics.SumMetric()", "plain", "values"),),
    cases=_VALUES,
)
RootMeanSquaredError = Entry(
    keras="keras.metrics.RootMeanSquaredError",
    torch=("torch.square", "torch.sqrt"),
    says="The root of the mean squared difference over all samples; it looks at no mask.",
    emit=emit_root_mean_squared,
    kind="metric",
    arguments=arguments("root_mean_squared_error"),
    differences=(
        Difference(
            "root-of-each",
            "The root is taken of the mean over all samples, not of each difference.",
            case="plain",
            swap=(("(y_pred - y_true).square()", "(y_pred - y_true).abs()"), (".compute().sqrt()", ".compute()")),
        ),
    ),
    elsewhere=(Elsewhere("torchmetrics.MeanSquaredError(squared=False)", "plain"),),
    cases=(
        Case("plain", {}, x=[(4, 3), (4, 3)]),
        Case("column", {}, x=[(4,), (4, 1)]),
        Case("weighted", {}, x=[(4, 3), (4, 3)], trial={"sample_weight": [4]}),
    ),
    aliases=("rmse", "RMSE", "root mean squared error"),
)
MeanMetricWrapper = Entry(
    keras="keras.metrics.MeanMetricWrapper",
    torch=(),
    says="The mean of what a function of one's own gives for each sample.",
    emit=refuse_without_counterpart,
    kind="metric",
    arguments=(Argument("fn"), *arguments(None)),
    aliases=("custom metric function",),
    no_counterpart="its function is code of one's own; write that for tensors of torch and give it to the MeanOf that "
    "`equivalence lookup keras.metrics.MeanSquaredError` shows",
)
Metric = Entry(
    keras="keras.metrics.Metric",
    torch=(),
    says="What metrics of one's own are subclasses of: update_state, result and reset_state.",
    emit=refuse_without_counterpart,
    kind="metric",
    arguments=arguments(None),
    aliases=("keras.Metric", "custom metric", "torchmetrics.Metric", "update_state", "reset_state"),
    no_counterpart="torch (2.13) has no metrics; write a class with update, compute and reset, as torchmetrics names "
    "them and every metric here does",
)
Get, Serialize, Deserialize = by_name("metrics", "a metric", "metric = MeanOf(accuracy)", serialize="metric")
