"""Hinge, SquaredHinge, CategoricalHinge, and their functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.losses.loss_parts import (
    arguments,
    each_of,
    emit_class,
    emit_function,
    function_of,
    reductions,
)
from equivalence.schema import Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: Formula: keras/src/losses/losses.py, convert_binary_labels_to_hinge.
SIGNED = '''
def signed(labels: Tensor) -> Tensor:
    """Labels of 0 and 1 as -1 and 1; others as they are."""
    binary = ((labels == 0) | (labels == 1)).all()
    return torch.where(binary, 2 * labels - 1, labels)
'''


def hinge_text(y_true: str, y_pred: str) -> str:
    return f"(1 - signed({y_true}) * {y_pred}).clamp(min=0).mean(dim=-1)"


def squared_hinge_text(y_true: str, y_pred: str) -> str:
    return f"(1 - signed({y_true}) * {y_pred}).clamp(min=0).square().mean(dim=-1)"


def categorical_hinge_text(y_true: str, y_pred: str) -> str:
    right, best_other = f"({y_true} * {y_pred}).sum(dim=-1)", f"((1 - {y_true}) * {y_pred}).amax(dim=-1)"
    return f"({best_other} - {right} + 1).clamp(min=0)"


def _hinge(site: Site, y_true: Value, y_pred: Value) -> Value:
    site.helper(SIGNED)
    return site.new(hinge_text(f"{y_true}", f"{y_pred}"), KERAS, "each")


def _squared_hinge(site: Site, y_true: Value, y_pred: Value) -> Value:
    site.helper(SIGNED)
    return site.new(squared_hinge_text(f"{y_true}", f"{y_pred}"), KERAS, "each")


def _multi_margin(site: Site) -> Value:
    y_true, y_pred = site.args()
    site.config.value("reduction")
    return site.new(f"F.multi_margin_loss({y_pred}, {y_true}.argmax(dim=-1))", KERAS, "loss")


_CATEGORICAL = each_of(categorical_hinge_text)
_X = [(4, 5), (4, 5)]
_TORCH = ("torch.clamp", "torch.mean")
_SIGNS = Difference(
    "labels",
    "Keras takes labels of 0 and 1 for -1 and 1, where the batch holds no others; the formula alone gives a 0 no "
    "gradient at all.",
    case="mean",
    swap=(("signed(", "torch.abs("),),
)

Hinge = Entry(
    keras="keras.losses.Hinge",
    torch=(
        *_TORCH,
        "torch.nn.HingeEmbeddingLoss",
        "torch.nn.functional.hinge_embedding_loss",
        "torch.nn.SoftMarginLoss",
        "torch.nn.functional.soft_margin_loss",
    ),
    related=(
        "torch.nn.HingeEmbeddingLoss",
        "torch.nn.functional.hinge_embedding_loss",
        "torch.nn.SoftMarginLoss",
        "torch.nn.functional.soft_margin_loss",
    ),
    says="How far y_true * y_pred falls short of 1, labels being -1 and 1.",
    emit=emit_class(_hinge),
    kind="loss",
    arguments=arguments("hinge"),
    differences=(_SIGNS,),
    cases=(
        *reductions(_X, ["ids:2", "normal"]),
        Case("signs", {}, x=_X),
    ),
    aliases=("hinge loss", "svm loss", "max-margin loss"),
)
hinge = function_of(Hinge, "hinge", emit_function(_hinge), _TORCH, cases=(Case("function", {}, x=_X),))
SquaredHinge = Entry(
    keras="keras.losses.SquaredHinge",
    torch=(*_TORCH, "torch.square"),
    says="The square of how far y_true * y_pred falls short of 1, labels being -1 and 1.",
    emit=emit_class(_squared_hinge),
    kind="loss",
    arguments=arguments("squared_hinge"),
    differences=(_SIGNS,),
    cases=reductions(_X, ["ids:2", "normal"]),
    aliases=("squared hinge loss",),
)
squared_hinge = function_of(
    SquaredHinge,
    "squared_hinge",
    emit_function(_squared_hinge),
    (*_TORCH, "torch.square"),
    cases=(Case("function", {}, x=_X),),
)
CategoricalHinge = Entry(
    keras="keras.losses.CategoricalHinge",
    torch=(
        "torch.amax",
        "torch.sum",
        "torch.clamp",
        "torch.nn.MultiMarginLoss",
        "torch.nn.functional.multi_margin_loss",
        "torch.nn.MultiLabelMarginLoss",
        "torch.nn.functional.multilabel_margin_loss",
    ),
    related=(
        "torch.nn.MultiMarginLoss",
        "torch.nn.functional.multi_margin_loss",
        "torch.nn.MultiLabelMarginLoss",
        "torch.nn.functional.multilabel_margin_loss",
    ),
    says="How far the true class's score falls short of 1 more than the best other's.",
    emit=emit_class(_CATEGORICAL),
    kind="loss",
    arguments=arguments("categorical_hinge"),
    differences=(
        Difference(
            "multi-margin",
            "nn.MultiMarginLoss takes every class that comes too near and divides by their number; Keras takes the "
            "best of the others alone, and counts that as at least 0.",
            case="mean",
            naive=_multi_margin,
        ),
    ),
    cases=reductions(_X, ["one-hot", "normal"]),
    aliases=("categorical hinge loss", "multi margin loss"),
)
categorical_hinge = function_of(
    CategoricalHinge,
    "categorical_hinge",
    emit_function(_CATEGORICAL),
    ("torch.amax", "torch.sum", "torch.clamp"),
    cases=(Case("function", {}, x=_X, draw=["one-hot", "normal"]),),
)
