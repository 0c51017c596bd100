"""Metrics of which a loss is the value of each sample: differences, hinges, divergences, angles."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from equivalence.catalogue.losses.distribution_losses import divergence_text, poisson_text
from equivalence.catalogue.losses.hinge_losses import SIGNED, categorical_hinge_text, hinge_text, squared_hinge_text
from equivalence.catalogue.losses.regression_losses import (
    absolute_text,
    logarithmic_text,
    percentage_text,
    squared_text,
)
from equivalence.catalogue.losses.robust_losses import SINGLE, cosine_text, log_cosh_text
from equivalence.catalogue.metrics.metric_parts import CAST, ONE_RANK, arguments, batches, emit_mean_of
from equivalence.schema import Argument, Case, Difference, Elsewhere, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site


def _mean_of(name: str, text: Callable[[str, str], str], *helpers: str) -> Callable[[Site], str]:
    return emit_mean_of(name, lambda site: (ONE_RANK, text("y_true", "y_pred")), *helpers)


def _mean_as_given(name: str, text: Callable[[str, str], str], *helpers: str) -> Callable[[Site], str]:
    """Of functions that bring nothing to one rank: (N,) and (N, 1) are broadcast to (N, N), by Keras too."""
    return emit_mean_of(name, lambda site: (CAST, text("y_true", "y_pred")), *helpers)


def _cosine(site: Site) -> tuple[str, str]:
    return ONE_RANK, cosine_text("y_true", "y_pred", site.config.integer("axis", minimum=None))


_X = [(4, 5), (4, 5)]
_COLUMN = Case("column", {}, x=[(4,), (4, 1)])

MeanSquaredError = Entry(
    keras="keras.metrics.MeanSquaredError",
    torch=("torch.nn.functional.mse_loss",),
    says="The mean of the squared differences over all batches.",
    emit=_mean_of("squared_error", squared_text),
    kind="metric",
    arguments=arguments("mean_squared_error"),
    differences=(
        Difference(
            "ranks",
            "y_true of shape (N,) and y_pred of shape (N, 1) are brought to one shape by Keras; torch broadcasts them "
            "to (N, N).",
            case="column",
            swap=(("    y_true, y_pred = same_rank(y_true.to(y_pred.dtype), y_pred)\n", ""),),
        ),
    ),
    elsewhere=(Elsewhere("torchmetrics.MeanSquaredError()", "plain"),),
    cases=(
        *batches(_X, "normal"),
        _COLUMN,
        Case("weighted-steps", {}, x=[(4, 3, 5), (4, 3, 5)], trial={"sample_weight": [4, 1], "mask": 1}),
    ),
    aliases=("mse metric",),
)
MeanAbsoluteError = Entry(
    keras="keras.metrics.MeanAbsoluteError",
    torch=("torch.nn.functional.l1_loss",),
    says="The mean of the absolute differences over all batches.",
    emit=_mean_of("absolute_error", absolute_text),
    kind="metric",
    arguments=arguments("mean_absolute_error"),
    elsewhere=(Elsewhere("torchmetrics.MeanAbsoluteError()", "plain"),),
    cases=(*batches(_X, "normal"), _COLUMN),
    aliases=("mae metric",),
)
MeanAbsolutePercentageError = Entry(
    keras="keras.metrics.MeanAbsolutePercentageError",
    torch=("torch.abs", "torch.clamp"),
    says="The mean of the differences relative to what should be, in percent, over all batches.",
    emit=_mean_of("percentage_error", percentage_text),
    kind="metric",
    arguments=arguments("mean_absolute_percentage_error"),
    cases=batches(_X, "normal"),
    aliases=("mape metric",),
)
MeanSquaredLogarithmicError = Entry(
    keras="keras.metrics.MeanSquaredLogarithmicError",
    torch=("torch.log1p", "torch.square"),
    says="The mean of the squared differences of log(1 + y) over all batches.",
    emit=_mean_of("logarithmic_error", logarithmic_text),
    kind="metric",
    arguments=arguments("mean_squared_logarithmic_error"),
    cases=batches(_X, "normal"),
    aliases=("msle metric",),
)
LogCoshError = Entry(
    keras="keras.metrics.LogCoshError",
    torch=("torch.logaddexp",),
    says="The mean of the logarithm of the hyperbolic cosine of the differences over all batches.",
    emit=_mean_of("log_cosh", log_cosh_text),
    kind="metric",
    arguments=arguments("logcosh"),
    elsewhere=(Elsewhere("torchmetrics.LogCoshError()", "plain", "y_pred.flatten(), y_true.flatten()"),),
    cases=tuple(case._replace(**SINGLE) for case in batches(_X, "normal")),
)
CosineSimilarity = Entry(
    keras="keras.metrics.CosineSimilarity",
    torch=("torch.nn.functional.cosine_similarity",),
    says="The mean cosine of the angle between what is predicted and what should be: 1 is best, where the loss has -1.",
    emit=emit_mean_of("cosine", _cosine),
    kind="metric",
    arguments=(*arguments("cosine_similarity"), Argument("axis", "dim", -1)),
    differences=(
        Difference(
            "sign",
            "The metric is the cosine, the loss of the same name minus it.",
            case="plain",
            swap=(("return F.cosine_similarity", "return -F.cosine_similarity"),),
        ),
    ),
    elsewhere=(Elsewhere('torchmetrics.CosineSimilarity(reduction="mean")', "plain"),),
    cases=(*batches(_X, "normal"), Case("axis", {"axis": 1}, x=[(4, 3, 2), (4, 3, 2)])),
    aliases=("cosine similarity metric",),
)
Hinge = Entry(
    keras="keras.metrics.Hinge",
    torch=("torch.clamp",),
    says="How far y_true * y_pred falls short of 1, labels being -1 and 1, over all batches.",
    emit=_mean_as_given("hinge", hinge_text, SIGNED),
    kind="metric",
    arguments=arguments("hinge"),
    cases=(*batches(_X, ["ids:2", "normal"]), Case("broadcast", {}, x=[(4,), (4, 1)], draw=["ids:2", "normal"])),
)
SquaredHinge = Entry(
    keras="keras.metrics.SquaredHinge",
    torch=("torch.clamp", "torch.square"),
    says="The square of how far y_true * y_pred falls short of 1 over all batches.",
    emit=_mean_as_given("squared_hinge", squared_hinge_text, SIGNED),
    kind="metric",
    arguments=arguments("squared_hinge"),
    cases=batches(_X, ["ids:2", "normal"]),
)
CategoricalHinge = Entry(
    keras="keras.metrics.CategoricalHinge",
    torch=("torch.amax", "torch.clamp"),
    says="How far the true class's score falls short of 1 more than the best other's, over all batches.",
    emit=_mean_as_given("categorical_hinge", categorical_hinge_text),
    kind="metric",
    arguments=arguments("categorical_hinge"),
    cases=batches(_X, ["one-hot", "normal"]),
)
KLDivergence = Entry(
    keras="keras.metrics.KLDivergence",
    torch=("torch.nn.functional.kl_div",),
    says="How much true distributions differ from the predicted ones, over all batches.",
    emit=_mean_as_given("divergence", divergence_text),
    kind="metric",
    arguments=arguments("kl_divergence"),
    cases=(*batches(_X, "uniform"), Case("broadcast", {}, x=[(4,), (4, 1)], draw="uniform")),
)
Poisson = Entry(
    keras="keras.metrics.Poisson",
    torch=("torch.nn.functional.poisson_nll_loss",),
    says="The Poisson loss over all batches.",
    emit=_mean_as_given("poisson", poisson_text),
    kind="metric",
    arguments=arguments("poisson"),
    cases=(*batches(_X, ["ids:7", "uniform"]), Case("broadcast", {}, x=[(4,), (4, 1)], draw=["ids:7", "uniform"])),
)
