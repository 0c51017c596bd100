"""IoU, MeanIoU, BinaryIoU, OneHotIoU, OneHotMeanIoU: what two regions share of what both hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.schema import Argument, Case, Difference, Elsewhere, Entry
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

#: Formula: keras/src/metrics/iou_metrics.py.
_IOU = '''
class IoU:
    """The mean over some classes of what truth and prediction share of what both hold.

    Classes are given as numbers, or where `one_hot` says so as scores along the last axis. Elements
    of `ignored`, and what is no class, do not count. Weights are cut to whole numbers.
    """

    def __init__(
        self,
        classes: int,
        targets: tuple[int, ...],
        ignored: int | None = None,
        one_hot: tuple[bool, bool] = (False, False),
        threshold: float | None = None,
    ) -> None:
        self.classes, self.targets, self.ignored = classes, targets, ignored
        self.one_hot, self.threshold = one_hot, threshold
        self.reset()

    def reset(self) -> None:
        self.counts = torch.zeros(self.classes, self.classes, dtype=torch.int64)

    @torch.no_grad()
    def update(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        if self.threshold is not None:
            y_pred = y_pred >= self.threshold
        both = zip((y_true, y_pred), self.one_hot)
        y_true, y_pred = ((y.argmax(dim=-1) if hot else y).reshape(-1).long() for y, hot in both)
        weight = torch.ones_like(y_true)
        if sample_weight is not None:
            weight = sample_weight.reshape(-1).to(torch.int64).broadcast_to(y_true.shape)
        counted = (y_true >= 0) & (y_true < self.classes) & (y_pred >= 0) & (y_pred < self.classes)
        if self.ignored is not None:
            counted = counted & (y_true != self.ignored)
        pairs = (y_true * self.classes + y_pred)[counted]
        counts = torch.zeros(self.classes**2, dtype=torch.int64)
        counts = counts.index_add(0, pairs, weight[counted])
        self.counts = self.counts + counts.reshape(self.classes, self.classes)

    def compute(self) -> Tensor:
        shared = self.counts.diagonal()
        held = self.counts.sum(dim=0) + self.counts.sum(dim=1) - shared
        shared, held = shared[list(self.targets)].float(), held[list(self.targets)].float()
        share = torch.where(held > 0, shared / (held + 1e-07), 0.0)
        return share.sum() / ((held > 0).sum() + 1e-07)
'''


def emit_iou(site: Site) -> str:
    """Of the five classes, by the arguments that each has."""
    known = {argument.keras for argument in site.entry.arguments}
    config, settings = site.config, dict[str, Any]()
    classes = config.integer("num_classes") if "num_classes" in known else 2
    targets = tuple(range(classes))
    if "target_class_ids" in known:
        targets = tuple(config.value("target_class_ids"))
        if not targets or not all(isinstance(each, int) and 0 <= each < classes for each in targets):
            config.refuse("target_class_ids", targets, f"should be classes below {classes}")
    if "ignore_class" in known and config.value("ignore_class") is not None:
        settings["ignored"] = config.integer("ignore_class", minimum=None)
    sparse_true = config.flag("sparse_y_true") if "sparse_y_true" in known else "OneHot" not in site.entry.name
    sparse_pred = config.flag("sparse_y_pred") if "sparse_y_pred" in known else True
    settings["one_hot"] = f"({not sparse_true}, {not sparse_pred})"
    if "axis" in known:
        config.only("axis", -1, because="fails in Keras itself, whose result() sums the classes along it")
    if "threshold" in known:
        settings["threshold"] = config.number("threshold")
    omit = {"one_hot": "(False, False)"}
    return call(site.helper(_IOU), classes, literal(targets), **settings, omit=omit)


_CLASSES = Argument("num_classes")
_TARGETS = Argument("target_class_ids")
_NAME = (
    Argument("name", None, None, inert=True),
    Argument("dtype", None, None, inert=True, note="None: whole numbers, to which sample_weight is cut"),
)
_IGNORE = Argument("ignore_class", None, None)
_AXIS = Argument("axis", "dim", -1, note="Keras itself fails with another one")
_PREDICTED = Argument("sparse_y_pred", None, False, note="whether y_pred holds numbers of classes")
_SPARSE = (
    Argument("sparse_y_true", None, True, note="whether y_true holds numbers of classes"),
    Argument("sparse_y_pred", None, True, note="whether y_pred holds numbers of classes"),
)
_X = [(9, 5), (9, 5)]
_SCORES = [(9, 5, 3), (9, 5, 3)]
_BOTH = {"sparse_y_pred": False, "sparse_y_true": False}
_TWO_OF_THREE = {"num_classes": 3, "target_class_ids": [0, 2]}
_SINGLE: dict[str, Any] = {"max_rel": 1e-6, "because": "Keras divides the counts in float32, whatever the dtype"}
_WEIGHTS = Difference(
    "weights",
    "Unless dtype says otherwise weights are cut to whole numbers: those below 1 are 0.",
    case="weighted",
    swap=((".to(torch.int64).broadcast_to", ".ceil().to(torch.int64).broadcast_to"),),
)

IoU = Entry(
    keras="keras.metrics.IoU",
    torch=("torch.index_add", "torch.diagonal"),
    says="Intersection over union: the mean over some classes of what truth and prediction share of what both hold.",
    emit=emit_iou,
    kind="metric",
    arguments=(_CLASSES, _TARGETS, *_NAME, _IGNORE, *_SPARSE, _AXIS),
    differences=(_WEIGHTS,),
    cases=(
        Case("some", {"num_classes": 4, "target_class_ids": [0, 2]}, x=_X, draw="ids:4", **_SINGLE),
        Case("ignored", {**_TWO_OF_THREE, "ignore_class": 1}, x=_X, draw="ids:4", **_SINGLE),
        Case(
            "weighted", {"num_classes": 3, "target_class_ids": [0, 1]}, x=_X, draw="ids:3", **_SINGLE,
            trial={"sample_weight": [9, 5], "weighing": "pixels"},
        ),
        Case(
            "scores", {"num_classes": 3, "target_class_ids": [1], "axis": -1, **_BOTH}, x=_SCORES,
            draw=["one-hot", "uniform"], **_SINGLE,
        ),
    ),
    aliases=("iou", "jaccard", "intersection over union"),
)  # fmt: skip
MeanIoU = Entry(
    keras="keras.metrics.MeanIoU",
    torch=("torch.index_add", "torch.diagonal"),
    says="Intersection over union, the mean over all classes that occur.",
    emit=emit_iou,
    kind="metric",
    arguments=(_CLASSES, *_NAME, _IGNORE, *_SPARSE, _AXIS),
    elsewhere=(
        Elsewhere('torchmetrics.classification.MulticlassJaccardIndex(num_classes=4, average="macro")', "classes"),
    ),
    cases=(
        Case("classes", {"num_classes": 4}, x=_X, draw="ids:4", **_SINGLE),
        Case("absent", {"num_classes": 6, "ignore_class": -1}, x=_X, draw="ids:4", **_SINGLE),
        Case(
            "scores", {"num_classes": 3, "sparse_y_pred": False, "sparse_y_true": True, "axis": -1},
            x=[(9, 5), (9, 5, 3)], draw=["ids:3", "uniform"], **_SINGLE,
        ),
        Case("both-scores", {"num_classes": 3, **_BOTH}, x=_SCORES, **_SINGLE),
    ),
    aliases=("miou", "mean iou", "mean intersection over union"),
)  # fmt: skip
BinaryIoU = Entry(
    keras="keras.metrics.BinaryIoU",
    torch=("torch.index_add", "torch.diagonal"),
    says="Intersection over union of what is at or above a threshold, and of the rest.",
    emit=emit_iou,
    kind="metric",
    arguments=(Argument("target_class_ids", None, (0, 1)), Argument("threshold", None, 0.5), *_NAME),
    differences=(
        Difference(
            "at-the-threshold",
            "What equals the threshold is positive here; in BinaryAccuracy, Precision and their like it is not.",
            case="at-the-threshold",
            swap=(("y_pred >= self.threshold", "y_pred > self.threshold"),),
        ),
    ),
    cases=(
        Case("both", {}, x=_X, draw=["ids:2", "uniform"], **_SINGLE),
        Case("at-the-threshold", {"threshold": 1.0, "target_class_ids": [1]}, x=_X, draw="ids:2", **_SINGLE),
    ),
    aliases=("binary iou",),
)
OneHotIoU = Entry(
    keras="keras.metrics.OneHotIoU",
    torch=("torch.index_add", "torch.diagonal", "torch.argmax"),
    says="Intersection over union of one-hot classes.",
    emit=emit_iou,
    kind="metric",
    arguments=(_CLASSES, _TARGETS, *_NAME, _IGNORE, _PREDICTED, _AXIS),
    cases=(
        Case("scores", _TWO_OF_THREE, x=_SCORES, draw=["one-hot", "uniform"], **_SINGLE),
        Case(
            "numbers", {**_TWO_OF_THREE, "sparse_y_pred": True, "axis": -1, "ignore_class": 1}, x=[(9, 5, 3), (9, 5)],
            draw=["one-hot", "ids:3"], **_SINGLE,
        ),
    ),
)  # fmt: skip
OneHotMeanIoU = Entry(
    keras="keras.metrics.OneHotMeanIoU",
    torch=("torch.index_add", "torch.diagonal", "torch.argmax"),
    says="Intersection over union of one-hot classes, the mean over all that occur.",
    emit=emit_iou,
    kind="metric",
    arguments=(_CLASSES, *_NAME, _IGNORE, _PREDICTED, _AXIS),
    cases=(
        Case("scores", {"num_classes": 3}, x=_SCORES, draw=["one-hot", "uniform"], **_SINGLE),
        Case(
            "numbers", {"num_classes": 3, "sparse_y_pred": True, "axis": -1, "ignore_class": 1}, x=[(9, 5, 3), (9, 5)],
            draw=["one-hot", "ids:3"], **_SINGLE,
        ),
    ),
)  # fmt: skip
