"""F1Score, FBetaScore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.metrics.metric_parts import arguments
from equivalence.schema import Argument, Case, Difference, Elsewhere, Entry
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

#: Formula: keras/src/metrics/f_score_metrics.py, FBetaScore.
_F_SCORE = '''
class FScore:
    """The F score of each class, of predictions (N, C), since the last reset.

    Positive is the likeliest class, or all above a threshold, averaged as `average` says.
    """

    def __init__(
        self, beta: float = 1.0, average: str | None = None, threshold: float | None = None
    ) -> None:
        self.beta, self.average, self.threshold = beta, average, threshold
        self.reset()

    def reset(self) -> None:
        self.hits = self.said = self.true = 0.0

    @torch.no_grad()
    def update(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        if self.threshold is None:
            positive = (y_pred >= y_pred.amax(dim=-1, keepdim=True)) & (y_pred.abs() > 1e-09)
        else:
            positive = y_pred > self.threshold
        y_true, positive = y_true.to(y_pred.dtype), positive.to(y_pred.dtype)
        weight = torch.ones(len(y_pred), 1) if sample_weight is None else sample_weight[:, None]
        dim = None if self.average == "micro" else 0
        self.hits = self.hits + (weight * positive * y_true).sum(dim=dim)
        self.said = self.said + (weight * positive).sum(dim=dim)
        self.true = self.true + (weight * y_true).sum(dim=dim)

    def compute(self) -> Tensor:
        precision = self.hits / (self.said + 1e-07)
        recall = self.hits / (self.true + 1e-07)
        square = self.beta**2
        score = (1 + square) * precision * recall / (square * precision + recall + 1e-07)
        if self.average == "weighted":
            return (score * self.true / (self.true.sum() + 1e-07)).sum()
        return score if self.average is None else score.mean()
'''


def emit_f_score(site: Site) -> str:
    """Whole `y_true`: zeros and ones."""
    average = site.config.choice("average", None, "micro", "macro", "weighted")
    threshold = site.config.optional_number("threshold")
    beta = site.config.number("beta") if site.entry.argument("beta") else 1.0
    settings = {"beta": beta, "average": literal(None) if average == "None" else f'"{average}"'}
    omit = {"beta": 1.0, "average": "None", "threshold": None}
    return call(site.helper(_F_SCORE), **settings, threshold=threshold, omit=omit)


_X, _DRAW = [(9, 4), (9, 4)], ["one-hot", "uniform"]
_SETTINGS = (
    Argument("average", None, None, note="None: the score of each class; of two, scikit-learn's is the second"),
    Argument("threshold", None, None, note="None: the likeliest class alone is positive"),
)
_AVERAGE = Difference(
    "average",
    "average=None gives the score of each class and no single number; macro weighs classes alike.",
    case="macro",
    swap=(('average="macro"', 'average="micro"'),),
)
_CASES = (
    Case("each-class", {}, x=_X, draw=_DRAW),
    Case("macro", {"average": "macro"}, x=_X, draw=_DRAW),
    Case("micro", {"average": "micro", "threshold": 0.25}, x=_X, draw=["ids:2", "uniform"]),
    Case("weighted", {"average": "weighted"}, x=_X, draw=_DRAW, trial={"sample_weight": [9]}),
    Case("threshold", {"threshold": 0.75}, x=_X, draw=["ids:2", "uniform"], trial={"sample_weight": [9]}),
)

FBetaScore = Entry(
    keras="keras.metrics.FBetaScore",
    torch=("torch.amax", "torch.sum"),
    says="The mean of precision and recall in which recall weighs beta times as much, of each class.",
    emit=emit_f_score,
    kind="metric",
    arguments=(
        _SETTINGS[0],
        Argument("beta", "beta", 1.0),
        _SETTINGS[1],
        *arguments("fbeta_score"),
    ),
    differences=(_AVERAGE,),
    elsewhere=(
        Elsewhere(
            'torchmetrics.classification.MulticlassFBetaScore(beta=2.0, num_classes=4, average="macro")',
            "beta",
            "y_pred, y_true.argmax(dim=-1)",
        ),
    ),
    cases=(*_CASES, Case("beta", {"beta": 2.0, "average": "macro"}, x=_X, draw=_DRAW)),
    aliases=("f-beta", "fbeta", "f2 score"),
)
F1Score = Entry(
    keras="keras.metrics.F1Score",
    torch=("torch.amax", "torch.sum"),
    says="The harmonic mean of precision and recall, of each class.",
    emit=emit_f_score,
    kind="metric",
    arguments=(*_SETTINGS, *arguments("f1_score")),
    differences=(_AVERAGE,),
    elsewhere=(
        Elsewhere(
            'torchmetrics.classification.MulticlassF1Score(num_classes=4, average="macro")',
            "macro",
            "y_pred, y_true.argmax(dim=-1)",
        ),
    ),
    cases=_CASES,
    aliases=("f1", "f1 score", "f1_score"),
)
