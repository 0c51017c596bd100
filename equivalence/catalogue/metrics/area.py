"""AUC: the area under the curve of the receiver, of precision and recall, or of their gains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.metrics.confusion_helpers import AREA, AREA_UPDATE, CONFUSION, EVEN_THRESHOLDS
from equivalence.catalogue.metrics.confusion_metrics import are_even, listed, threshold_numbers
from equivalence.catalogue.metrics.metric_helpers import DIVIDED, SAME_RANK
from equivalence.catalogue.metrics.metric_parts import arguments
from equivalence.schema import Argument, Case, Difference, Elsewhere, Entry
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

_MARGIN = 1e-07  # keras.backend.epsilon()
_CURVES = {
    "ROC": ("x, y = divided(fp, fp + tn), divided(tp, tp + fn)",),
    "PR": ("x, y = divided(tp, tp + fn), divided(tp, tp + fp)",),
    "PRGAIN": (
        "ratio = divided(tp + fn, tn + fp)",
        "x = torch.where(tp == 0, 0.0, 1 - ratio * divided(fn, tp)).clamp(min=0)",
        "y = torch.where(tp == 0, 1.0, 1 - ratio * divided(fp, tp))",
    ),
}
_HEIGHTS = {
    "interpolation": "heights = (y[:-1] + y[1:]) / 2",
    "minoring": "heights = torch.minimum(y[:-1], y[1:])",
    "majoring": "heights = torch.maximum(y[:-1], y[1:])",
}
#: Davis and Goadrich 2006: between two points of the curve precision is no straight line.
_INTERPOLATED = (
    "p = tp + fp",
    "dtp, dp = tp[:-1] - tp[1:], p[:-1] - p[1:]",
    "slope = divided(dtp, dp)",
    "intercept = tp[1:] - slope * p[1:]",
    "ratio = torch.where((p[:-1] > 0) & (p[1:] > 0), divided(p[:-1], p[1:]), 1.0)",
    "areas = divided(slope * (dtp + intercept * ratio.log()), tp[1:] + fn[1:])",
)


def emit_area(site: Site) -> str:
    """Formula: keras/src/metrics/confusion_metrics.py, AUC."""
    for source in (SAME_RANK, DIVIDED, CONFUSION):
        site.helper(source)
    labels, weights = site.config.flag("multi_label"), site.config.value("label_weights")
    settings: dict[str, Any] = {
        "label_weights": None if weights is None else literal([float(each) for each in weights]),
        "labels": labels,
    }
    thresholds, settings["clipped"] = _thresholds(site)
    omit = {"label_weights": None, "labels": False, "clipped": False}
    source = AREA.format(areas=_indented(_areas(site)), update=_update(site, weights is not None and not labels))
    return call(site.helper(source), thresholds, **settings, omit=omit)


def _areas(site: Site) -> tuple[str, ...]:
    curve = site.config.choice("curve", "ROC", "PR", "PRGAIN", "roc", "pr", "prgain").upper()
    how = site.config.choice("summation_method", *_HEIGHTS, *(name.title() for name in _HEIGHTS)).lower()
    if (curve, how) == ("PR", "interpolation"):
        return _INTERPOLATED
    return *_CURVES[curve], _HEIGHTS[how], "areas = (x[:-1] - x[1:]) * heights"


def _update(site: Site, by_label: bool) -> str:
    """An update of its own, where predictions are logits or labels weigh differently but are counted together."""
    lines = ["y_pred = y_pred.sigmoid()"] if site.config.flag("from_logits") else []
    if by_label:
        lines += [
            "weight = y_pred.new_tensor(self.label_weights).expand_as(y_pred)",
            "if sample_weight is not None:",
            "    of_all = sample_weight.dim() == y_pred.dim()",
            "    weight = weight * (sample_weight if of_all else sample_weight.unsqueeze(-1))",
            "sample_weight = weight",
        ]
    return AREA_UPDATE.format(lines=_indented(lines)).lstrip("\n") if lines else ""


def _thresholds(site: Site) -> tuple[str, bool]:
    """The list of thresholds, the outermost a little outside of [0, 1], and whether they lie evenly."""
    count = site.config.integer("num_thresholds", minimum=2)
    if site.config.value("thresholds") is None:
        return f"{site.helper(EVEN_THRESHOLDS)}({count}, {_MARGIN})", True
    inner = sorted(threshold_numbers(site))
    return listed([-_MARGIN, *inner, 1 + _MARGIN]), are_even([0.0, *inner, 1.0])


def _indented(lines: tuple[str, ...] | list[str]) -> str:
    return "\n".join(f"        {line}" for line in lines)


_X, _DRAW = [(9, 4), (9, 4)], ["ids:2", "uniform"]
_FEW = {"num_thresholds": 9}

AUC = Entry(
    keras="keras.metrics.AUC",
    torch=("torch.gt", "torch.sum", "torch.trapezoid"),
    related=("torch.trapezoid",),
    says="The area under the curve of true against false positives, or of precision against recall.",
    emit=emit_area,
    kind="metric",
    arguments=(
        Argument("num_thresholds", None, 200),
        Argument("curve", None, "ROC", note="or PR, PRGAIN"),
        Argument("summation_method", None, "interpolation", note="or minoring, majoring"),
        *arguments(None),
        Argument("thresholds", None, None),
        Argument("multi_label", None, False, note="an area for each label, and their mean"),
        Argument("num_labels", None, None, inert=True),
        Argument("label_weights", None, None),
        Argument("from_logits", None, False),
    ),
    differences=(
        Difference(
            "thresholds",
            "Keras counts at 200 thresholds that part [0, 1] evenly; scikit-learn and torchmetrics take every "
            "prediction for one, which is exact.",
            case="few",
            swap=(("even_thresholds(9, 1e-07)", "even_thresholds(4000, 1e-07)"),),
        ),
        Difference(
            "logits",
            "Predictions beyond 0 and 1 all lie in the outermost parts: logits want from_logits.",
            case="logits",
            swap=(("y_pred = y_pred.sigmoid()", "y_pred = y_pred * 1"),),
        ),
    ),
    elsewhere=(Elsewhere("torchmetrics.classification.BinaryAUROC(thresholds=9)", "few", "y_pred, y_true.long()"),),
    cases=(
        Case("plain", {}, x=_X, draw=_DRAW),
        Case("few", _FEW, x=_X, draw=_DRAW),
        Case("weighted", _FEW, x=[(9,), (9, 1)], draw=_DRAW, trial={"sample_weight": [9]}),
        Case("logits", {**_FEW, "from_logits": True}, x=_X, draw=["ids:2", "normal"]),
        Case("minoring", {**_FEW, "summation_method": "minoring"}, x=_X, draw=_DRAW),
        Case("precision", {**_FEW, "curve": "PR"}, x=_X, draw=_DRAW),
        Case("precision-majoring", {**_FEW, "curve": "PR", "summation_method": "majoring"}, x=_X, draw=_DRAW),
        Case("gain", {**_FEW, "curve": "PRGAIN"}, x=_X, draw=_DRAW),
        Case("thresholds", {"thresholds": [0.75, 0.125, 0.25]}, x=_X, draw=_DRAW),
        Case("labels", {**_FEW, "multi_label": True, "num_labels": 4}, x=_X, draw=_DRAW),
        Case(
            "weighted-labels", {**_FEW, "multi_label": True, "label_weights": [1.0, 0.5, 2.0, 0.25], "curve": "PR"},
            x=_X, draw=_DRAW, trial={"sample_weight": [9]},
        ),
        Case(
            "labels-together", {**_FEW, "label_weights": [1.0, 0.5, 2.0, 0.25]}, x=_X, draw=_DRAW,
            trial={"sample_weight": [9]},
        ),
        Case(
            "elements-together", {**_FEW, "label_weights": [1.0, 0.5, 2.0, 0.25]}, x=_X, draw=_DRAW,
            trial={"sample_weight": [9, 4]},
        ),
    ),
    aliases=("AUC", "roc auc", "ROC AUC", "area under the curve", "pr auc", "roc_auc_score"),
)  # fmt: skip
