"""Losses of differences: squared, absolute, in percent and of logarithms, and their functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.losses.loss_parts import (
    EPSILON,
    arguments,
    each_of,
    emit_class,
    emit_function,
    function_of,
    over_weights,
    reductions,
)
from equivalence.schema import Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def squared_text(y_true: str, y_pred: str) -> str:
    return f'F.mse_loss({y_pred}, {y_true}, reduction="none").mean(dim=-1)'


def absolute_text(y_true: str, y_pred: str) -> str:
    return f'F.l1_loss({y_pred}, {y_true}, reduction="none").mean(dim=-1)'


def percentage_text(y_true: str, y_pred: str) -> str:
    """Formula: keras/src/losses/losses.py, mean_absolute_percentage_error."""
    return f"100 * (({y_true} - {y_pred}) / {y_true}.abs().clamp(min={EPSILON})).abs().mean(dim=-1)"


def logarithmic_text(y_true: str, y_pred: str) -> str:
    """Formula: keras/src/losses/losses.py, mean_squared_logarithmic_error."""
    both = (f"{value}.clamp(min={EPSILON}).log1p()" for value in (y_pred, y_true))
    return f"({' - '.join(both)}).square().mean(dim=-1)"


def _squared_mean(site: Site, y_true: Value, y_pred: Value, how: str) -> Value | None:
    return site.new(f"F.mse_loss({y_pred}, {y_true})", KERAS, "loss") if how == "mean" else None


def _absolute_mean(site: Site, y_true: Value, y_pred: Value, how: str) -> Value | None:
    return site.new(f"F.l1_loss({y_pred}, {y_true})", KERAS, "loss") if how == "mean" else None


_SQUARED, _ABSOLUTE = each_of(squared_text), each_of(absolute_text)
_PERCENTAGE, _LOGARITHMIC = each_of(percentage_text), each_of(logarithmic_text)
_X = [(4, 5), (4, 5)]
_COLUMN = Case("column", {}, x=[(6,), (6, 1)])

MeanSquaredError = Entry(
    keras="keras.losses.MeanSquaredError",
    torch=(
        "torch.nn.MSELoss",
        "torch.nn.functional.mse_loss",
        "torch.nn.GaussianNLLLoss",
        "torch.nn.functional.gaussian_nll_loss",
    ),
    related=(
        "torch.nn.GaussianNLLLoss",
        "torch.nn.functional.gaussian_nll_loss",
    ),
    says="The mean of the squared differences.",
    emit=emit_class(_SQUARED, _squared_mean),
    kind="loss",
    arguments=arguments("mean_squared_error"),
    differences=(
        Difference(
            "last-axis",
            'Keras takes the mean over the last axis first and reduces the samples then; reduction="sum" of torch adds '
            "every element: as many times as much as the last axis is long.",
            case="sum",
            swap=((".mean(dim=-1)", ""),),
        ),
        Difference(
            "ranks",
            "y_true of shape (N,) and y_pred of shape (N, 1) are brought to one shape by Keras; torch broadcasts them "
            "to (N, N), with a warning alone.",
            case="column",
            swap=((".unsqueeze(-1)", ""),),
        ),
        Difference(
            "weights",
            "sample_weight is a factor of each loss, of which Keras takes the mean; it does not divide by the sum of "
            "the weights, unless reduction is mean_with_sample_weight.",
            case="weighted",
            naive=over_weights(_SQUARED),
        ),
    ),
    cases=(
        *reductions(_X, "normal"),
        _COLUMN,
        Case("images", {"reduction": None}, x=[(2, 3, 4, 5), (2, 3, 4, 5)]),
        Case("whole-numbers", {}, x=[(4, 5), (4, 5)], draw=["ids:7", "normal"]),
    ),
    aliases=("mse", "mse loss", "MSE", "L2 loss", "nn.MSELoss", "reduction", "sum_over_batch_size", "sample_weight"),
)
mean_squared_error = function_of(
    MeanSquaredError,
    "mean_squared_error",
    emit_function(_SQUARED),
    ("torch.nn.functional.mse_loss",),
    cases=(Case("function", {}, x=_X), _COLUMN),
)
MeanAbsoluteError = Entry(
    keras="keras.losses.MeanAbsoluteError",
    torch=("torch.nn.L1Loss", "torch.nn.functional.l1_loss"),
    says="The mean of the absolute differences.",
    emit=emit_class(_ABSOLUTE, _absolute_mean),
    kind="loss",
    arguments=arguments("mean_absolute_error"),
    differences=(
        Difference(
            "last-axis",
            'Keras takes the mean over the last axis first; reduction="sum" of torch adds every element.',
            case="sum",
            swap=((".mean(dim=-1)", ""),),
        ),
        Difference(
            "ranks",
            "(N,) and (N, 1) are brought to one shape by Keras; torch broadcasts them to (N, N).",
            case="column",
            swap=((".unsqueeze(-1)", ""),),
        ),
    ),
    cases=(*reductions(_X, "normal"), _COLUMN),
    aliases=("mae", "mae loss", "MAE", "L1 loss"),
)
mean_absolute_error = function_of(
    MeanAbsoluteError,
    "mean_absolute_error",
    emit_function(_ABSOLUTE),
    ("torch.nn.functional.l1_loss",),
    cases=(Case("function", {}, x=_X),),
)
MeanAbsolutePercentageError = Entry(
    keras="keras.losses.MeanAbsolutePercentageError",
    torch=("torch.abs", "torch.clamp", "torch.mean"),
    says="The mean of the differences relative to what should be, in percent.",
    emit=emit_class(_PERCENTAGE),
    kind="loss",
    arguments=arguments("mean_absolute_percentage_error"),
    differences=(
        Difference(
            "zeros",
            "Keras divides by at least 1e-7; without that a true value of 0 gives infinity.",
            case="zeros",
            swap=((".abs().clamp(min=1e-07)", ".abs().clamp(min=0.0001)"),),
        ),
    ),
    cases=(*reductions(_X, "normal"), Case("zeros", {}, x=_X, draw=["ids:2", "normal"])),
    aliases=("mape", "MAPE", "mape loss"),
)
mean_absolute_percentage_error = function_of(
    MeanAbsolutePercentageError,
    "mean_absolute_percentage_error",
    emit_function(_PERCENTAGE),
    ("torch.abs", "torch.clamp", "torch.mean"),
    cases=(Case("function", {}, x=_X),),
)
MeanSquaredLogarithmicError = Entry(
    keras="keras.losses.MeanSquaredLogarithmicError",
    torch=("torch.log1p", "torch.clamp", "torch.square", "torch.mean"),
    says="The mean of the squared differences of log(1 + y).",
    emit=emit_class(_LOGARITHMIC),
    kind="loss",
    arguments=arguments("mean_squared_logarithmic_error"),
    differences=(
        Difference(
            "below-zero",
            "Keras lifts both to at least 1e-7 before the logarithm, so that negative values count as 0 and have no "
            "gradient.",
            case="below-zero",
            swap=((".clamp(min=1e-07).log1p()", ".abs().log1p()"),),
        ),
    ),
    cases=(*reductions(_X, "uniform"), Case("below-zero", {}, x=_X)),
    aliases=("msle", "MSLE", "rmsle", "msle loss"),
)
mean_squared_logarithmic_error = function_of(
    MeanSquaredLogarithmicError,
    "mean_squared_logarithmic_error",
    emit_function(_LOGARITHMIC),
    ("torch.log1p", "torch.clamp", "torch.square", "torch.mean"),
    cases=(Case("function", {}, x=_X),),
)
