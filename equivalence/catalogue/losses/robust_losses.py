"""Huber, LogCosh, CosineSimilarity, and their functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.losses.loss_parts import (
    arguments,
    each_of,
    emit_class,
    emit_function,
    function_of,
    reductions,
)
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def log_cosh_text(y_true: str, y_pred: str) -> str:
    """log((e^d + e^-d) / 2), which does not overflow so."""
    return f"(torch.logaddexp({y_pred} - {y_true}, {y_true} - {y_pred}) - math.log(2)).mean(dim=-1)"


def cosine_text(y_true: str, y_pred: str, axis: int) -> str:
    """Norms are held to at least 1e-6, the root of what Keras adds no less than to their squares."""
    return f"F.cosine_similarity({y_pred}, {y_true}, dim={axis}, eps=1e-06)"


def _huber(site: Site, y_true: Value, y_pred: Value) -> Value:
    return site.new(f"{_huber_call(site, y_true, y_pred, 'none')}.mean(dim=-1)", KERAS, "each")


def _huber_mean(site: Site, y_true: Value, y_pred: Value, how: str) -> Value | None:
    return site.new(_huber_call(site, y_true, y_pred, how), KERAS, "loss") if how == "mean" else None


def _huber_call(site: Site, y_true: Value, y_pred: Value, how: str) -> str:
    delta, reduction = site.config.number("delta"), f'"{how}"'
    return call(
        "F.huber_loss", f"{y_pred}", f"{y_true}", reduction=reduction, delta=delta,
        omit={"reduction": '"mean"', "delta": 1.0},
    )  # fmt: skip


def _cosine(site: Site, y_true: Value, y_pred: Value) -> Value:
    axis = site.config.integer("axis", minimum=None)
    return site.new(f"-{cosine_text(f'{y_true}', f'{y_pred}', axis)}", KERAS, "each")


SINGLE: dict[str, Any] = {"max_rel": 1e-8, "because": "Keras takes log(2) in float32, whatever the dtype"}
_LOG_COSH = each_of(log_cosh_text)
_X = [(4, 5), (4, 5)]

Huber = Entry(
    keras="keras.losses.Huber",
    torch=(
        "torch.nn.HuberLoss",
        "torch.nn.functional.huber_loss",
        "torch.nn.SmoothL1Loss",
        "torch.nn.functional.smooth_l1_loss",
    ),
    related=(
        "torch.nn.SmoothL1Loss",
        "torch.nn.functional.smooth_l1_loss",
    ),
    says="Half the squared difference where it is small, and a linear loss beyond delta.",
    emit=emit_class(_huber, _huber_mean),
    kind="loss",
    arguments=(Argument("delta", "delta", 1.0), *arguments("huber_loss")),
    differences=(
        Difference(
            "smooth-l1",
            "nn.SmoothL1Loss(beta=delta) is the Huber loss divided by delta: the same for delta=1 alone.",
            case="delta",
            swap=(("F.huber_loss", "F.smooth_l1_loss"), ("delta=0.25", "beta=0.25")),
        ),
    ),
    cases=(*reductions(_X, "normal"), Case("delta", {"delta": 0.25}, x=_X)),
    aliases=("huber loss", "smooth l1", "SmoothL1Loss"),
)
huber = function_of(
    Huber,
    "huber",
    emit_function(_huber),
    ("torch.nn.functional.huber_loss",),
    cases=(Case("function", {"delta": 0.5}, x=_X),),
)
LogCosh = Entry(
    keras="keras.losses.LogCosh",
    torch=("torch.logaddexp", "torch.mean", "torch.cosh"),
    related=("torch.cosh",),
    says="The mean of the logarithm of the hyperbolic cosine of the differences.",
    emit=emit_class(_LOG_COSH),
    kind="loss",
    arguments=arguments("log_cosh"),
    cases=tuple(case._replace(**SINGLE) for case in reductions(_X, "wide")),
    aliases=("logcosh", "log cosh loss", "log-cosh"),
)
log_cosh = function_of(
    LogCosh,
    "log_cosh",
    emit_function(_LOG_COSH),
    ("torch.logaddexp", "torch.mean"),
    cases=(Case("function", {}, x=_X, **SINGLE),),
)
CosineSimilarity = Entry(
    keras="keras.losses.CosineSimilarity",
    torch=(
        "torch.nn.CosineSimilarity",
        "torch.nn.functional.cosine_similarity",
        "torch.nn.CosineEmbeddingLoss",
        "torch.nn.functional.cosine_embedding_loss",
    ),
    related=(
        "torch.nn.CosineEmbeddingLoss",
        "torch.nn.functional.cosine_embedding_loss",
    ),
    says="Minus the cosine of the angle between what is predicted and what should be: -1 is best.",
    emit=emit_class(_cosine),
    kind="loss",
    arguments=(Argument("axis", "dim", -1), *arguments("cosine_similarity")),
    differences=(
        Difference(
            "sign",
            "Keras's loss is minus the cosine, to be minimised; torch's functions give the cosine itself, and "
            "nn.CosineEmbeddingLoss one minus it.",
            case="mean",
            swap=(("-F.cosine_similarity", "1 - F.cosine_similarity"),),
        ),
        Difference(
            "axis",
            "torch takes the angle along dimension 1 where nothing is said, Keras along the last axis.",
            case="images",
            swap=(("dim=-1", "dim=1"),),
        ),
    ),
    cases=(
        *reductions(_X, "normal"),
        Case("axis", {"axis": 1}, x=[(2, 4, 3), (2, 4, 3)]),
        Case("images", {}, x=[(2, 4, 3, 4), (2, 4, 3, 4)]),
    ),
    aliases=("cosine loss", "cosine_proximity", "cosine embedding loss"),
)
cosine_similarity = function_of(
    CosineSimilarity,
    "cosine_similarity",
    emit_function(_cosine),
    ("torch.nn.functional.cosine_similarity",),
    cases=(Case("function", {"axis": 0}, x=_X),),
    also_metric=False,
)
