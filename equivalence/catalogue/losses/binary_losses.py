"""BinaryCrossentropy, BinaryFocalCrossentropy, and their functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.losses.crossentropy import FROM_LOGITS
from equivalence.catalogue.losses.crossentropy_operations import binary_text
from equivalence.catalogue.losses.loss_parts import (
    arguments,
    emit_class,
    emit_function,
    function_of,
    over_weights,
    reductions,
    tensors,
)
from equivalence.schema import Argument, Case, Defect, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_FOCAL = '''
def binary_focal(
    y_true: Tensor, p: Tensor, each: Tensor, gamma: float, alpha: float | None = None
) -> Tensor:
    """The crossentropy of each element, the less the surer p is of what is true.

    With alpha, ones weigh alpha and zeros 1 - alpha (Lin et al. 2017).
    """
    right = y_true * p + (1 - y_true) * (1 - p)
    focal = (1 - right) ** gamma * each
    return focal if alpha is None else (y_true * alpha + (1 - y_true) * (1 - alpha)) * focal
'''


def smoothed(site: Site, y_true: Value) -> Value:
    """Zeros and ones as far from where they were as label_smoothing says."""
    smoothing = site.config.number("label_smoothing")
    return site.new(f"{y_true} * {1 - smoothing!r} + {smoothing / 2!r}", KERAS, "target") if smoothing else y_true


def _binary(site: Site, y_true: Value, y_pred: Value) -> Value:
    each = binary_text(f"{smoothed(site, y_true)}", f"{y_pred}", site.config.flag("from_logits"), "none")
    return site.new(f"{each}.mean(dim={site.config.integer('axis', minimum=None)})", KERAS, "each")


def _binary_mean(site: Site, y_true: Value, y_pred: Value, how: str) -> Value | None:
    axis = site.config.integer("axis", minimum=None)
    if how != "mean" or axis % y_pred.rank != y_pred.rank - 1:
        return None
    logits = site.config.flag("from_logits")
    return site.new(binary_text(f"{smoothed(site, y_true)}", f"{y_pred}", logits, how), KERAS, "loss")


def _focal(site: Site, y_true: Value, y_pred: Value) -> Value:
    y_true, logits = smoothed(site, y_true), site.config.flag("from_logits")
    each = site.new(binary_text(f"{y_true}", f"{y_pred}", logits, "none"), KERAS, "crossentropy")
    p = site.new(f"{y_pred}.sigmoid()", KERAS, "p") if logits else y_pred
    alpha = site.config.number("alpha")
    weighted: dict[str, Any] = {"alpha": alpha} if site.config.flag("apply_class_balancing") else {}
    text = call(site.helper(_FOCAL), f"{y_true}", f"{p}", f"{each}", gamma=site.config.number("gamma"), **weighted)
    return site.new(f"{text}.mean(dim={site.config.integer('axis', minimum=None)})", KERAS, "each")


def _clamped_logarithm(site: Site) -> Value:
    """The mistake: nn.BCELoss, which holds the logarithm to -100 instead of the probability to 1e-7."""
    y_true, y_pred, _ = tensors(site)
    for name in ("from_logits", "label_smoothing", "axis", "reduction"):
        site.config.value(name)
    return site.new(f"F.binary_cross_entropy({y_pred}, {y_true})", KERAS, "loss")


def _sigmoid_again(site: Site) -> Value:
    """The mistake: nn.BCEWithLogitsLoss behind a sigmoid."""
    y_true, y_pred, _ = tensors(site)
    for name in ("from_logits", "label_smoothing", "axis", "reduction"):
        site.config.value(name)
    return site.new(f"F.binary_cross_entropy_with_logits({y_pred}, {y_true})", KERAS, "loss")


_X = [(4, 5), (4, 5)]
_OTHERS = (
    "torch.nn.BCELoss",
    "torch.nn.BCEWithLogitsLoss",
    "torch.nn.MultiLabelSoftMarginLoss",
    "torch.nn.functional.multilabel_soft_margin_loss",
)
_SMOOTHING = Argument("label_smoothing", None, 0.0, note="torch's binary losses have none: the target is moved")
_AXIS = Argument("axis", "dim", -1, note="over which the mean is taken first")

BinaryCrossentropy = Entry(
    keras="keras.losses.BinaryCrossentropy",
    torch=(
        "torch.nn.functional.binary_cross_entropy",
        "torch.nn.functional.binary_cross_entropy_with_logits",
        *_OTHERS,
    ),
    related=_OTHERS,
    says="Minus the logarithm of the probability given to what each element should be, 0 or 1, averaged.",
    emit=emit_class(_binary, _binary_mean),
    kind="loss",
    arguments=(FROM_LOGITS, _SMOOTHING, _AXIS, *arguments("binary_crossentropy")),
    differences=(
        Difference(
            "clipping",
            "Keras clips probabilities to [1e-7, 1 - 1e-7], a loss of 16.1 at most, and no gradient beyond; nn.BCELoss "
            "holds the logarithm to -100 and keeps the gradient. It also refuses targets outside of [0, 1].",
            case="wrong-for-sure",
            naive=_clamped_logarithm,
        ),
        Difference(
            "logits",
            "Keras expects probabilities unless from_logits is set; nn.BCEWithLogitsLoss takes the sigmoid itself, "
            "behind another one it squeezes everything between 0.5 and 0.73.",
            case="mean",
            naive=_sigmoid_again,
        ),
        Difference(
            "weights",
            "sample_weight is a factor of each sample's loss, and the mean is one over the samples; it is not divided "
            "by the sum of the weights.",
            case="weighted",
            naive=over_weights(_binary),
        ),
    ),
    defects=(
        Defect(
            "logits-behind-sigmoid",
            "looks behind the sigmoid for its logits and takes these, so that nothing is clipped.",
            Case("behind-sigmoid", {}, x=_X, draw=["uniform", "pixels"], oracle="torch", trial={"behind": "sigmoid"}),
        ),
    ),
    cases=(
        *reductions(_X, "uniform"),
        Case("wrong-for-sure", {}, x=[(6, 7), (6, 7)], draw=["ids:2", "one-hot"]),
        Case("logits", {"from_logits": True}, x=_X, draw=["uniform", "wide"]),
        Case("logits-smoothed", {"from_logits": True, "label_smoothing": 0.25}, x=_X, draw=["ids:2", "normal"]),
        Case("smoothed", {"label_smoothing": 0.25}, x=_X, draw=["ids:2", "uniform"]),
        Case("axis", {"axis": 1, "reduction": None}, x=[(2, 4, 3), (2, 4, 3)], draw="uniform"),
        Case("column", {}, x=[(6,), (6, 1)], draw="uniform"),
    ),
    aliases=("bce", "bce loss", "binary crossentropy", "BCELoss", "BCEWithLogitsLoss", "sigmoid cross entropy"),
)
binary_crossentropy = function_of(
    BinaryCrossentropy,
    "binary_crossentropy",
    emit_function(_binary),
    ("torch.nn.functional.binary_cross_entropy_with_logits",),
    cases=(
        Case("function", {"label_smoothing": 0.25}, x=_X, draw=["ids:2", "uniform"]),
        Case("function-of-logits", {"from_logits": True, "axis": 0}, x=_X, draw=["uniform", "normal"]),
    ),
)
BinaryFocalCrossentropy = Entry(
    keras="keras.losses.BinaryFocalCrossentropy",
    torch=("torch.nn.functional.binary_cross_entropy_with_logits",),
    says="Binary crossentropy that weighs what is predicted well the less: (1 - p of what is true) ** gamma.",
    emit=emit_class(_focal),
    kind="loss",
    arguments=(
        Argument("apply_class_balancing", None, False, note="ones weigh alpha, zeros 1 - alpha"),
        Argument("alpha", "alpha", 0.25, note="read with apply_class_balancing alone"),
        Argument("gamma", "gamma", 2.0),
        FROM_LOGITS,
        _SMOOTHING,
        _AXIS,
        *arguments("binary_focal_crossentropy"),
    ),
    differences=(
        Difference(
            "alpha",
            "alpha=0.25 is Keras's default and not used unless apply_class_balancing is set; "
            "torchvision.ops.sigmoid_focal_loss uses its alpha=0.25 always.",
            case="mean",
            swap=(("gamma=2.0", "gamma=2.0, alpha=0.25"),),
        ),
    ),
    cases=(
        *reductions(_X, ["ids:2", "uniform"]),
        Case("balanced", {"apply_class_balancing": True, "alpha": 0.125}, x=_X, draw=["ids:2", "uniform"]),
        Case("gamma", {"gamma": 3.0, "axis": 0}, x=_X, draw=["ids:2", "uniform"]),
        Case("logits", {"from_logits": True, "label_smoothing": 0.25}, x=_X, draw=["ids:2", "normal"]),
    ),
    aliases=("focal loss", "sigmoid_focal_loss", "binary focal loss"),
)
binary_focal_crossentropy = function_of(
    BinaryFocalCrossentropy,
    "binary_focal_crossentropy",
    emit_function(_focal),
    ("torch.nn.functional.binary_cross_entropy_with_logits",),
    cases=(
        Case("function", {"gamma": 3.0, "apply_class_balancing": True, "alpha": 0.5}, x=_X, draw=["ids:2", "uniform"]),
        Case("function-of-logits", {"from_logits": True, "label_smoothing": 0.25, "axis": 0}, x=_X),
    ),
)
