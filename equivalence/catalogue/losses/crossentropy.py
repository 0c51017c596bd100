"""CategoricalCrossentropy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.losses.loss_parts import arguments, reduced, reduction
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

EPSILON = 1e-07  # keras.backend.epsilon()


def emit_categorical_crossentropy(site: Site) -> Value:
    """F.cross_entropy on logits; on probabilities Keras's own formula, which torch has no function for.

    Formula: keras/src/backend/tensorflow/nn.py, categorical_crossentropy: predictions are divided by their
    sum, clipped to [1e-7, 1 - 1e-7], and -sum(y_true * log(y_pred)) taken over the axis.
    """
    y_true, y_pred = (site.take(value, KERAS) for value in site.args())
    smoothing = site.config.number("label_smoothing")
    axis = site.config.integer("axis", minimum=None) % y_pred.rank
    if smoothing and axis != y_pred.rank - 1:
        site.config.refuse("axis", axis, "is not the last axis, by whose length label_smoothing divides")
    if site.config.flag("from_logits"):
        return of_logits(site, y_true, y_pred, axis, reduction(site), smoothing)
    if smoothing:
        classes = y_true.shape[axis]
        y_true = site.new(f"{y_true} * {1 - smoothing!r} + {smoothing!r} / {classes}", KERAS, "target")
    return reduced(site, of_probabilities(site, y_true, y_pred, axis))


def of_logits(site: Site, y_true: Value, y_pred: Value, axis: int, reduce: str, smoothing: float = 0.0) -> Value:
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


CategoricalCrossentropy = Entry(
    keras="keras.losses.CategoricalCrossentropy",
    torch=("torch.nn.CrossEntropyLoss", "torch.nn.functional.cross_entropy", "torch.nn.NLLLoss"),
    related=("torch.nn.CrossEntropyLoss", "torch.nn.NLLLoss"),
    says="Minus the logarithm of the probability given to the true class, averaged over the samples.",
    emit=emit_categorical_crossentropy,
    kind="loss",
    arguments=(
        Argument("from_logits", None, False, note="torch's loss takes logits always"),
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
    ),
    aliases=("categorical_crossentropy", "cce", "softmax_cross_entropy_with_logits", "cross entropy loss"),
)  # fmt: skip
