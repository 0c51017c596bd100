"""CategoricalFocalCrossentropy, and its function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.losses.crossentropy import FROM_LOGITS, smoothed_classes
from equivalence.catalogue.losses.loss_parts import (
    EPSILON,
    arguments,
    emit_class,
    emit_function,
    function_of,
    reductions,
)
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def _focal(site: Site, y_true: Value, y_pred: Value) -> Value:
    """Formula: keras/src/losses/losses.py, categorical_focal_crossentropy (Lin et al. 2017, for several classes)."""
    axis, y_true = smoothed_classes(site, y_true, y_pred)
    if site.config.flag("from_logits"):
        share = site.new(f"F.softmax({y_pred}, dim={axis})", KERAS, "share")
    else:
        share = site.new(f"{y_pred} / {y_pred}.sum(dim={axis}, keepdim=True)", KERAS, "share")
    p = site.new(f"{share}.clamp({EPSILON!r}, {1 - EPSILON!r})", KERAS, "p")
    gamma = literal(site.config.number("gamma"))
    crossentropy = f"{y_true} * {p}.log()"
    return site.new(f"-({_alpha(site, y_pred)} * (1 - {p}) ** {gamma} * {crossentropy}).sum(dim={axis})", KERAS, "each")


def _alpha(site: Site, y_pred: Value) -> str:
    """The weight of each class, or one of all."""
    alpha = site.config.value("alpha")
    if isinstance(alpha, (list, tuple)) and all(isinstance(each, (int, float)) for each in alpha):
        return f"{y_pred}.new_tensor({literal([float(each) for each in alpha])})"
    return literal(site.config.number("alpha"))


_X, _DRAW = [(4, 5), (4, 5)], ["one-hot", "uniform"]

CategoricalFocalCrossentropy = Entry(
    keras="keras.losses.CategoricalFocalCrossentropy",
    torch=("torch.log", "torch.clamp", "torch.sum", "torch.nn.functional.softmax", "torch.nn.CrossEntropyLoss"),
    related=("torch.nn.CrossEntropyLoss",),
    says="Crossentropy that weighs what is predicted well the less: alpha * (1 - p) ** gamma.",
    emit=emit_class(_focal),
    kind="loss",
    arguments=(
        Argument("alpha", None, 0.25, note="one number, or one for each class"),
        Argument("gamma", None, 2.0),
        FROM_LOGITS,
        Argument("label_smoothing", None, 0.0),
        Argument("axis", "dim", -1),
        *arguments("categorical_focal_crossentropy"),
    ),
    differences=(
        Difference(
            "alpha",
            "Keras multiplies by alpha, 0.25 where nothing is said; with gamma=0 it is a quarter of the crossentropy.",
            case="mean",
            swap=(("0.25 * ", ""),),
        ),
    ),
    cases=(
        *reductions(_X, _DRAW),
        Case("alpha-of-each-class", {"alpha": [0.25, 0.5, 0.125, 1.0, 2.0], "gamma": 3.0}, x=_X, draw=_DRAW),
        Case("logits", {"from_logits": True, "label_smoothing": 0.25}, x=[(4, 8), (4, 8)], draw=["one-hot", "normal"]),
        Case("channels-second", {"axis": 1, "reduction": None}, x=[(2, 5, 3), (2, 5, 3)], draw="uniform"),
    ),
    aliases=("categorical focal loss", "focal loss gamma"),
)
categorical_focal_crossentropy = function_of(
    CategoricalFocalCrossentropy,
    "categorical_focal_crossentropy",
    emit_function(_focal),
    ("torch.log", "torch.clamp", "torch.sum", "torch.nn.functional.softmax"),
    cases=(
        Case("function", {"alpha": 0.5, "gamma": 1.0, "label_smoothing": 0.25, "axis": 1}, x=_X, draw=_DRAW),
        Case("function-of-logits", {"from_logits": True}, x=_X, draw=["one-hot", "normal"]),
    ),
)
