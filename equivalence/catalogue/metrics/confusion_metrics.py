"""The four counts, Precision and Recall, and the best of one rate where another is held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.metrics.confusion_helpers import (
    BEST_RATE,
    CONFUSION,
    COUNT,
    EVEN_THRESHOLDS,
    RATE,
)
from equivalence.catalogue.metrics.metric_helpers import DIVIDED, SAME_RANK
from equivalence.catalogue.metrics.metric_parts import arguments
from equivalence.schema import Argument, Case, Difference, Elsewhere, Entry
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

_X, _DRAW = [(9, 4), (9, 4)], ["ids:2", "uniform"]
_THRESHOLDS = Argument("thresholds", None, None, note="None: 0.5; one result for each")
_LEAST = -10000000000.0  # the threshold that Keras takes with top_k alone


def threshold_numbers(site: Site, default: float = 0.5) -> list[float]:
    """The argument `thresholds`, one number or several, as a list."""
    value = site.config.value("thresholds")
    several = [default] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in several):
        site.config.refuse("thresholds", value, "should be numbers")
    return [float(each) for each in several]


def are_even(thresholds: Sequence[float]) -> bool:
    """Whether they part [0, 1] evenly: Keras takes predictions outside of it to its ends then."""
    last = len(thresholds) - 1
    return last > 1 and all(abs(each - index / last) <= 1e-7 for index, each in enumerate(thresholds))


def listed(thresholds: Sequence[float]) -> str:
    """As the text of a list."""
    return f"[{', '.join(map(literal, thresholds))}]"


def emit_rate(site: Site) -> str:
    """Formula: keras/src/metrics/confusion_metrics.py, Precision and Recall."""
    for source in (SAME_RANK, DIVIDED, CONFUSION):
        site.helper(source)
    top_k, class_id = site.config.value("top_k"), site.config.value("class_id")
    thresholds = threshold_numbers(site, 0.5 if top_k is None else _LEAST)
    settings: dict[str, Any] = {
        "top_k": None if top_k is None else site.config.integer("top_k"),
        "class_id": None if class_id is None else site.config.integer("class_id", minimum=None),
        "clipped": are_even(thresholds),
    }
    omit = {"top_k": None, "class_id": None, "clipped": False}
    return call(site.helper(RATE), f'"{site.entry.name.lower()}"', listed(thresholds), **settings, omit=omit)


def _best(name: str, says: str, rate: str, other: str, argument: str) -> Entry:
    def emit(site: Site) -> str:
        for source in (SAME_RANK, DIVIDED, CONFUSION, RATE):
            site.helper(source)
        count, class_id = site.config.integer("num_thresholds"), site.config.value("class_id")
        thresholds = f"{site.helper(EVEN_THRESHOLDS)}({count})" if count > 1 else "[0.5]"
        settings: dict[str, Any] = {
            "class_id": None if class_id is None else site.config.integer("class_id", minimum=None),
            "clipped": count > 1,
        }
        least, omit = site.config.number(argument), {"class_id": None, "clipped": False}
        return call(site.helper(BEST_RATE), f'"{rate}"', f'"{other}"', least, thresholds, **settings, omit=omit)

    return Entry(
        keras=f"keras.metrics.{name}",
        torch=("torch.where", "torch.max"),
        says=says,
        emit=emit,
        kind="metric",
        arguments=(
            Argument(argument),
            Argument("num_thresholds", None, 200),
            Argument("class_id", None, None),
            *arguments(None),
        ),
        cases=(
            Case("few", {argument: 0.5, "num_thresholds": 9}, x=_X, draw=_DRAW),
            Case("weighted", {argument: 0.75}, x=_X, draw=_DRAW, trial={"sample_weight": [9]}),
            Case("of-a-class", {argument: 0.25, "class_id": 2, "num_thresholds": 5}, x=_X, draw=_DRAW),
            Case("one", {argument: 0.25, "num_thresholds": 1}, x=_X, draw=_DRAW),
        ),
    )


def _count(name: str, counted: str, says: str) -> Entry:
    def emit(site: Site) -> str:
        site.helper(SAME_RANK)
        site.helper(CONFUSION)
        thresholds = threshold_numbers(site)
        made = site.helper(COUNT.format(name=name, counted=counted))
        return call(made, listed(thresholds), clipped=are_even(thresholds), omit={"clipped": False})

    return Entry(
        keras=f"keras.metrics.{name}",
        torch=("torch.gt", "torch.sum"),
        says=says,
        emit=emit,
        kind="metric",
        arguments=(_THRESHOLDS, *arguments(None)),
        cases=(
            Case("plain", {}, x=_X, draw=_DRAW),
            Case("thresholds", {"thresholds": [0.75, 0.25]}, x=_X, draw=_DRAW),
            Case("weighted", {"thresholds": 0.25}, x=_X, draw=_DRAW, trial={"sample_weight": [9]}),
        ),
    )


_RATE = (
    _THRESHOLDS,
    Argument("top_k", None, None, note="positive is what is among the k highest of the last axis"),
    Argument("class_id", None, None, note="that class alone is counted"),
    *arguments(None),
)
_TOGETHER = Difference(
    "classes",
    "All elements of (N, C) are counted together, each against the threshold: neither the likeliest class is taken nor "
    "a mean over the classes, as other libraries do.",
    case="plain",
    swap=(
        ("y_pred.shape[-1] if self.labels else 1", "y_pred.shape[-1]"),
        ("(self.rate).squeeze()", "(self.rate).mean()"),
    ),
)
_RATES = (
    Case("plain", {}, x=_X, draw=_DRAW),
    Case("column", {}, x=[(9,), (9, 1)], draw=_DRAW),
    Case("thresholds", {"thresholds": [0.25, 0.75, 0.5]}, x=_X, draw=_DRAW),
    Case("even-thresholds", {"thresholds": [0.0, 0.5, 1.0]}, x=_X, draw=["ids:2", "normal"]),
    Case("weighted", {}, x=_X, draw=_DRAW, trial={"sample_weight": [9]}),
    Case("weighted-elements", {}, x=_X, draw=_DRAW, trial={"sample_weight": [9, 4]}),
    Case("top-k", {"top_k": 2}, x=_X, draw=["one-hot", "normal"]),
    Case("top-k-above", {"top_k": 2, "thresholds": 0.75}, x=_X, draw=["one-hot", "uniform"]),
    Case("of-a-class", {"class_id": 2}, x=_X, draw=_DRAW, trial={"sample_weight": [9]}),
    Case("nothing", {"thresholds": 1.0}, x=_X, draw=_DRAW),
)

TruePositives = _count("TruePositives", "true_positives", "How many ones lie above the threshold, weighted.")
FalsePositives = _count("FalsePositives", "false_positives", "How many zeros lie above the threshold, weighted.")
TrueNegatives = _count("TrueNegatives", "true_negatives", "How many zeros do not lie above the threshold, weighted.")
FalseNegatives = _count("FalseNegatives", "false_negatives", "How many ones do not lie above the threshold, weighted.")
Precision = Entry(
    keras="keras.metrics.Precision",
    torch=("torch.gt", "torch.sum", "torch.topk"),
    says="The share of ones among what lies above the threshold, all elements counted together.",
    emit=emit_rate,
    kind="metric",
    arguments=_RATE,
    differences=(_TOGETHER,),
    elsewhere=(Elsewhere("torchmetrics.classification.BinaryPrecision(threshold=0.5)", "plain"),),
    cases=_RATES,
    aliases=("precision score", "precision metric"),
)
Recall = Entry(
    keras="keras.metrics.Recall",
    torch=("torch.gt", "torch.sum", "torch.topk"),
    says="The share of the ones that lies above the threshold, all elements counted together.",
    emit=emit_rate,
    kind="metric",
    arguments=_RATE,
    differences=(_TOGETHER,),
    elsewhere=(Elsewhere("torchmetrics.classification.BinaryRecall(threshold=0.5)", "plain"),),
    cases=_RATES,
    aliases=("recall score", "sensitivity", "true positive rate"),
)
SensitivityAtSpecificity = _best(
    "SensitivityAtSpecificity",
    "The best sensitivity (recall) among the thresholds at which the specificity is at least so much.",
    "recall",
    "specificity",
    "specificity",
)
SpecificityAtSensitivity = _best(
    "SpecificityAtSensitivity",
    "The best specificity among the thresholds at which the sensitivity (recall) is at least so much.",
    "specificity",
    "recall",
    "sensitivity",
)
PrecisionAtRecall = _best(
    "PrecisionAtRecall",
    "The best precision among the thresholds at which the recall is at least so much.",
    "precision",
    "recall",
    "recall",
)
RecallAtPrecision = _best(
    "RecallAtPrecision",
    "The best recall among the thresholds at which the precision is at least so much.",
    "recall",
    "precision",
    "precision",
)
