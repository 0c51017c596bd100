"""BinaryCrossentropy, CategoricalCrossentropy and SparseCategoricalCrossentropy as metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.losses.crossentropy import FROM_LOGITS
from equivalence.catalogue.losses.crossentropy_operations import CLIPPED, binary_text
from equivalence.catalogue.metrics.metric_helpers import MEAN_OF_OTHERS
from equivalence.catalogue.metrics.metric_parts import (
    CAST,
    ONE_RANK,
    arguments,
    batches,
    emit_mean_of,
    function,
    mean_helpers,
)
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site


def _binary(site: Site) -> list[str]:
    lines, smoothing = [ONE_RANK], site.config.number("label_smoothing")
    if smoothing:
        lines += [f"y_true = y_true * {1 - smoothing!r} + {smoothing / 2!r}"]
    each = binary_text("y_true", "y_pred", site.config.flag("from_logits"), "none")
    return [*lines, f"each = {each}", "each.mean(dim=-1)"]


def _categorical(site: Site) -> list[str]:
    smoothing, axis = site.config.number("label_smoothing"), site.config.integer("axis", minimum=None)
    if smoothing and axis != -1:
        site.config.refuse("axis", axis, "is not -1, the axis by whose length label_smoothing divides")
    lines = [CAST]
    if site.config.flag("from_logits"):
        settings = {"reduction": '"none"', "label_smoothing": smoothing}
        lines += [f"logits, target = y_pred.movedim({axis}, 1), y_true.movedim({axis}, 1)"]
        return [*lines, call("F.cross_entropy", "logits", "target", **settings, omit={"label_smoothing": 0.0})]
    if smoothing:
        lines += [f"y_true = y_true * {1 - smoothing!r} + {smoothing!r} / y_true.shape[-1]"]
    lines += [f"p = y_pred / y_pred.sum(dim={axis}, keepdim=True)"]
    return [*lines, f"-(y_true * p.{CLIPPED}.log()).sum(dim={axis})"]


def _sparse(site: Site) -> str:
    axis, ignored = site.config.integer("axis", minimum=None), site.config.value("ignore_class")
    if axis != -1:
        site.config.refuse("axis", axis, "is not -1, the only one that Keras takes")
    ignoring: dict[str, Any] = {}
    if ignored is not None:
        ignoring["ignore_index"] = site.config.integer("ignore_class", minimum=None)
    logits = "y_pred" if site.config.flag("from_logits") else f"y_pred.{CLIPPED}.log()"
    lines = [
        "labels = y_true.squeeze(-1) if y_true.dim() == y_pred.dim() else y_true",
        f"logits = {logits}.movedim(-1, 1)",
        call("F.cross_entropy", "logits", "labels.long()", **ignoring, reduction='"none"'),
    ]
    mean = mean_helpers(site)
    value = function(site, "crossentropy", lines)
    return (
        f"{mean}({value})" if ignored is None else f"{site.helper(MEAN_OF_OTHERS)}({value}, ignored={literal(ignored)})"
    )


_WITH_WEIGHTS = """        if weight is not None:
            weight = masked(weight, others != self.ignored)"""
_X, _LABELS = [(4, 5), (4, 5)], [(6,), (6, 5)]
_SMOOTHING = Argument("label_smoothing", None, 0)

BinaryCrossentropy = Entry(
    keras="keras.metrics.BinaryCrossentropy",
    torch=("torch.nn.functional.binary_cross_entropy_with_logits",),
    says="Binary crossentropy over all batches.",
    emit=emit_mean_of("binary_crossentropy", _binary),
    kind="metric",
    arguments=(*arguments("binary_crossentropy"), FROM_LOGITS, _SMOOTHING),
    cases=(
        *batches(_X, "uniform"),
        Case("logits", {"from_logits": True, "label_smoothing": 0.25}, x=_X, draw=["ids:2", "normal"]),
        Case("smoothed", {"label_smoothing": 0.25}, x=[(4, 1), (4, 1)], draw=["ids:2", "uniform"]),
    ),
    aliases=("bce metric", "log loss"),
)
CategoricalCrossentropy = Entry(
    keras="keras.metrics.CategoricalCrossentropy",
    torch=("torch.nn.functional.cross_entropy",),
    says="Crossentropy over all batches, of one-hot classes.",
    emit=emit_mean_of("crossentropy", _categorical),
    kind="metric",
    arguments=(*arguments("categorical_crossentropy"), FROM_LOGITS, _SMOOTHING, Argument("axis", None, -1)),
    cases=(
        *batches(_X, ["one-hot", "uniform"]),
        Case("logits", {"from_logits": True, "label_smoothing": 0.25}, x=_X, draw=["one-hot", "normal"]),
        Case("smoothed", {"label_smoothing": 0.25}, x=[(4, 8), (4, 8)], draw=["one-hot", "uniform"]),
        Case("axis", {"axis": 1, "from_logits": True}, x=[(4, 3, 2), (4, 3, 2)], draw=["uniform", "normal"]),
    ),
)
SparseCategoricalCrossentropy = Entry(
    keras="keras.metrics.SparseCategoricalCrossentropy",
    torch=("torch.nn.functional.cross_entropy",),
    says="Crossentropy over all batches, of classes as numbers.",
    emit=_sparse,
    kind="metric",
    arguments=(
        *arguments("sparse_categorical_crossentropy"),
        FROM_LOGITS,
        Argument("ignore_class", "ignore_index", None, note="without weights what is ignored counts, as a loss of 0"),
        Argument("axis", None, -1),
    ),
    differences=(
        Difference(
            "ignored",
            "Without sample_weight, samples of ignore_class count in the metric's mean, as losses of 0; the loss of "
            "the same name leaves them out.",
            case="ignored",
            swap=((_WITH_WEIGHTS, "        weight = masked(weight, others != self.ignored)"),),
        ),
    ),
    cases=(
        *batches(_LABELS, ["ids:5", "uniform"]),
        Case("logits", {"from_logits": True}, x=[(4, 3, 1), (4, 3, 5)], draw=["ids:5", "normal"]),
        Case("ignored", {"ignore_class": 2}, x=_LABELS, draw=["ids:5", "uniform"]),
        Case(
            "ignored-and-weighted", {"ignore_class": 2}, x=_LABELS, draw=["ids:5", "uniform"],
            trial={"sample_weight": [6], "mask": 1},
        ),
        Case("last-axis", {"axis": -1, "from_logits": True}, x=_LABELS, draw=["ids:5", "wide"]),
    ),
)  # fmt: skip
