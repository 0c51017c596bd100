"""R2Score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.metrics.metric_helpers import SAME_RANK
from equivalence.catalogue.metrics.metric_parts import arguments
from equivalence.schema import Argument, Case, Difference, Elsewhere, Entry
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

#: Formula: keras/src/metrics/regression_metrics.py, R2Score.
_R2 = '''
class R2Score:
    """The share of the variance of each output (N, D) that is predicted, since the last reset.

    With `regressors` it is adjusted for their number, where there are samples enough.
    """

    def __init__(self, average: str | None = "uniform_average", regressors: int = 0) -> None:
        self.average, self.regressors = average, regressors
        self.reset()

    def reset(self) -> None:
        self.total = self.squares = self.residual = self.count = 0.0
        self.elements = 0

    @torch.no_grad()
    def update(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        y_true, y_pred = same_rank(y_true.to(y_pred.dtype), y_pred)
        weight = torch.ones_like(y_true)
        if sample_weight is not None:
            alone = sample_weight.dim() == 1
            weight = weight * (sample_weight[:, None] if alone else sample_weight)
        self.total = self.total + (weight * y_true).sum(dim=0)
        self.squares = self.squares + (weight * y_true.square()).sum(dim=0)
        self.residual = self.residual + (weight * (y_true - y_pred).square()).sum(dim=0)
        self.count = self.count + weight.sum(dim=0)
        self.elements += y_true.numel()

    def compute(self) -> Tensor:
        variance = self.squares - self.total.square() / self.count
        score = 1 - self.residual / variance
        score = torch.where(score.isinf(), 0.0, score)
        if self.average == "uniform_average":
            score = score.mean()
        elif self.average == "variance_weighted_average":
            score = (variance * score).sum() / variance.sum()
        left = self.elements - self.regressors - 1
        if self.regressors and left > 0:
            score = 1 - (1 - score) * (self.elements - 1) / left
        return score
'''


def emit_r2(site: Site) -> str:
    average = site.config.choice("class_aggregation", None, "uniform_average", "variance_weighted_average")
    settings = {"average": "None" if average == "None" else f'"{average}"'}
    regressors = site.config.integer("num_regressors", minimum=0)
    site.helper(SAME_RANK)
    omit = {"average": '"uniform_average"', "regressors": 0}
    return call(site.helper(_R2), **settings, regressors=regressors, omit=omit)


_X = [(9, 3), (9, 3)]

R2Score = Entry(
    keras="keras.metrics.R2Score",
    torch=("torch.square", "torch.sum"),
    says="The share of the variance that is predicted: 1 is best, 0 no better than the mean.",
    emit=emit_r2,
    kind="metric",
    arguments=(
        Argument("class_aggregation", None, "uniform_average"),
        Argument("num_regressors", None, 0, note="samples are counted as elements, N times D"),
        *arguments("r2_score"),
    ),
    differences=(
        Difference(
            "elements",
            "Adjusting, Keras takes the number of elements, N * D, for that of the samples; the formula has N.",
            case="adjusted",
            swap=(("self.elements += y_true.numel()", "self.elements += len(y_true)"),),
        ),
    ),
    elsewhere=(Elsewhere("torchmetrics.R2Score()", "plain"),),
    cases=(
        Case("plain", {}, x=_X),
        Case("weighted", {"class_aggregation": "variance_weighted_average"}, x=_X, trial={"sample_weight": [9]}),
        Case("each", {"class_aggregation": None}, x=_X, trial={"sample_weight": [9, 3]}),
        Case("adjusted", {"num_regressors": 2}, x=_X),
        Case("too-few", {"num_regressors": 90}, x=_X),
    ),
    aliases=("r2", "R²", "coefficient of determination", "adjusted r2"),
)
