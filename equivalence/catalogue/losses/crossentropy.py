"""CategoricalCrossentropy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.losses.loss_parts import (
    EPSILON,
    arguments,
    emit_class,
    emit_function,
    function_of,
    over_weights,
)
from equivalence.schema import Argument, Case, Defect, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def smoothed_classes(site: Site, y_true: Value, y_pred: Value) -> tuple[int, Value]:
    """The axis of the classes, and y_true with label_smoothing shared out among them."""
    axis, smoothing = _axis_and_smoothing(site, y_pred)
    if smoothing:
        y_true = site.new(f"{y_true} * {1 - smoothing!r} + {smoothing!r} / {y_true.shape[axis]}", KERAS, "target")
    return axis, y_true


def categorical_each(site: Site, y_true: Value, y_pred: Value) -> Value:
    """F.cross_entropy on logits; on probabilities Keras's own formula, which torch has no function for.

    Formula: keras/src/backend/tensorflow/nn.py, categorical_crossentropy: predictions are divided by their
    sum, clipped to [1e-7, 1 - 1e-7], and -sum(y_true * log(y_pred)) taken over the axis.
    """
    if site.config.flag("from_logits"):
        return of_logits(site, y_true, y_pred, *_axis_and_smoothing(site, y_pred), "none")
    axis, y_true = smoothed_classes(site, y_true, y_pred)
    return of_probabilities(site, y_true, y_pred, axis)


def _axis_and_smoothing(site: Site, y_pred: Value) -> tuple[int, float]:
    smoothing = site.config.number("label_smoothing")
    axis = site.config.integer("axis", minimum=None) % y_pred.rank
    if smoothing and axis != y_pred.rank - 1:
        site.config.refuse("axis", axis, "is not the last axis, by whose length label_smoothing divides")
    return axis, smoothing


def _own(site: Site, y_true: Value, y_pred: Value, how: str) -> Value | None:
    if not site.config.flag("from_logits"):
        return None
    return of_logits(site, y_true, y_pred, *_axis_and_smoothing(site, y_pred), how)


def of_logits(site: Site, y_true: Value, y_pred: Value, axis: int, smoothing: float, reduce: str) -> Value:
    """F.cross_entropy of logits in Keras's order."""
    logits, target = (_classes_second(site, value, axis) for value in (y_pred, y_true))
    return site.new(
        call(
            "F.cross_entropy",
            f"{logits}",
            f"{target}",
            reduction=f'"{reduce}"',
            label_smoothing=smoothing,
            omit={"reduction": '"mean"', "label_smoothing": 0.0},
        ),
        KERAS,
        "loss",
    )


def of_probabilities(site: Site, y_true: Value, y_pred: Value, axis: int) -> Value:
    """Keras's formula, sample by sample: what nn.NLLLoss takes of the logarithm, divided and clipped before."""
    share = site.new(f"{y_pred} / {y_pred}.sum(dim={axis}, keepdim=True)", KERAS, "probability")
    log = f"{share}.clamp({EPSILON!r}, {1 - EPSILON!r}).log()"
    return site.new(f"-({y_true} * {log}).sum(dim={axis})", KERAS, "each")


def _classes_second(site: Site, value: Value, axis: int) -> Value:
    """torch wants the classes at dimension 1."""
    return value if axis == 1 else site.new(f"{value}.movedim({axis}, 1)", KERAS, "classes")


def _probabilities_as_logits(site: Site) -> Value:
    """The mistake: nn.CrossEntropyLoss on what a softmax gave, which takes the softmax twice."""
    y_true, y_pred = site.args()
    for name in ("label_smoothing", "axis", "from_logits", "reduction"):
        site.config.value(name)
    return site.new(f"F.cross_entropy({y_pred}, {y_true})", KERAS, "loss")


#: So many samples that some of their probabilities are clipped.
_WIDE = [(32, 9), (32, 9)]
FROM_LOGITS = Argument(
    "from_logits",
    None,
    False,
    note="torch's loss takes logits always; Keras on TensorFlow looks for them behind a softmax or sigmoid unasked",
)
_WEIGHTED: dict[str, Any] = {"x": [(4, 5), (4, 5), (4,)], "call": {"sample_weight": {"$input": 2}}}

CategoricalCrossentropy = Entry(
    keras="keras.losses.CategoricalCrossentropy",
    torch=("torch.nn.CrossEntropyLoss", "torch.nn.functional.cross_entropy", "torch.nn.NLLLoss"),
    related=("torch.nn.CrossEntropyLoss", "torch.nn.NLLLoss"),
    says="Minus the logarithm of the probability given to the true class, averaged over the samples.",
    emit=emit_class(categorical_each, _own),
    kind="loss",
    arguments=(
        FROM_LOGITS,
        Argument("label_smoothing", "label_smoothing", 0.0),
        Argument("axis", None, -1, note="torch has the classes at dimension 1"),
        *arguments("categorical_crossentropy"),
    ),
    differences=(
        Difference(
            "logits",
            "Keras expects probabilities unless from_logits is set, torch always logits: keeping the softmax "
            "before nn.CrossEntropyLoss takes it twice.",
            case="probabilities",
            naive=_probabilities_as_logits,
        ),
        Difference(
            "smoothed-targets",
            "Label smoothing is an argument in both; left out in the port it is silently lost.",
            case="logits-smoothed",
            swap=((", label_smoothing=0.25", ""),),
        ),
        Difference(
            "class-weights",
            "class_weight and sample_weight are factors of each loss in Keras, which then takes the mean over the "
            "samples; nn.CrossEntropyLoss(weight=...) divides by the sum of the weights.",
            case="logits-weighted",
            naive=over_weights(categorical_each),
        ),
    ),
    defects=(
        Defect(
            "logits-behind-softmax",
            "looks behind the softmax for its logits and takes these, so that nothing is clipped.",
            Case("behind-softmax", {}, x=_WIDE, draw=["one-hot", "wide"], oracle="torch", trial={"behind": "softmax"}),
        ),
    ),
    cases=(
        Case("probabilities", {}, x=[(4, 5), (4, 5)], draw="uniform"),
        Case("logits", {"from_logits": True}, x=[(4, 5), (4, 5)], draw=["one-hot", "normal"]),
        Case(
            "logits-smoothed",
            {"from_logits": True, "label_smoothing": 0.25},
            x=[(4, 5), (4, 5)],
            draw=["one-hot", "normal"],
        ),
        Case("smoothed", {"label_smoothing": 0.25}, x=[(4, 8), (4, 8)], draw="uniform"),
        Case(
            "image-of-logits", {"from_logits": True, "reduction": "sum"}, x=[(2, 3, 4, 5), (2, 3, 4, 5)],
            draw=["one-hot", "normal"],
        ),
        Case("channels-second", {"axis": 1, "reduction": None}, x=[(2, 5, 3), (2, 5, 3)], draw="uniform"),
        Case("weighted", {}, draw="uniform", **_WEIGHTED),
        Case("logits-weighted", {"from_logits": True}, draw=["one-hot", "normal", "uniform"], **_WEIGHTED),
        Case("mean-of-weights", {"reduction": "mean_with_sample_weight"}, draw="uniform", **_WEIGHTED),
    ),
    aliases=(
        "cce", "softmax_cross_entropy_with_logits", "cross entropy loss", "from_logits", "label smoothing",
        "class weights",
    ),
)  # fmt: skip
categorical_crossentropy = function_of(
    CategoricalCrossentropy,
    "categorical_crossentropy",
    emit_function(categorical_each),
    ("torch.nn.functional.cross_entropy",),
    cases=(
        Case("function", {"label_smoothing": 0.25}, x=[(4, 8), (4, 8)], draw="uniform"),
        Case("function-of-logits", {"from_logits": True}, x=[(4, 5), (4, 5)], draw=["one-hot", "normal"]),
        Case("function-axis", {"axis": 1}, x=[(2, 5, 3), (2, 5, 3)], draw="uniform"),
    ),
)
