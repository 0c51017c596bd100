"""KLDivergence, Poisson, and their functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.losses.loss_parts import (
    EPSILON,
    arguments,
    each_of,
    emit_class,
    emit_function,
    function_of,
    reductions,
    tensors,
)
from equivalence.schema import Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def divergence_text(y_true: str, y_pred: str) -> str:
    """F.kl_div takes the logarithm of what is predicted, and that first."""
    clipped = f".clamp({EPSILON}, 1)"
    return f'F.kl_div({y_pred}{clipped}.log(), {y_true}{clipped}, reduction="none").sum(dim=-1)'


def poisson_text(y_true: str, y_pred: str) -> str:
    settings = f'log_input=False, eps={EPSILON}, reduction="none"'
    return f"F.poisson_nll_loss({y_pred}, {y_true}, {settings}).mean(dim=-1)"


def _poisson_mean(site: Site, y_true: Value, y_pred: Value, how: str) -> Value | None:
    settings = f"log_input=False, eps={EPSILON}"
    return site.new(f"F.poisson_nll_loss({y_pred}, {y_true}, {settings})", KERAS, "loss") if how == "mean" else None


def _in_keras_order(site: Site) -> Value:
    """The mistake: F.kl_div on probabilities, in the order in which Keras takes them, averaged over all elements."""
    y_true, y_pred, _ = tensors(site)
    site.config.value("reduction")
    return site.new(f"F.kl_div({y_true}, {y_pred})", KERAS, "loss")


def _of_probabilities(site: Site) -> Value:
    """The mistake: probabilities where F.kl_div takes their logarithm."""
    y_true, y_pred, _ = tensors(site)
    site.config.value("reduction")
    return site.new(f'F.kl_div({y_pred}, {y_true}, reduction="batchmean")', KERAS, "loss")


_DIVERGENCE, _POISSON = each_of(divergence_text), each_of(poisson_text)
_X = [(4, 5), (4, 5)]

KLDivergence = Entry(
    keras="keras.losses.KLDivergence",
    torch=("torch.nn.KLDivLoss", "torch.nn.functional.kl_div"),
    related=("torch.nn.KLDivLoss",),
    says="How much a true distribution differs from the predicted one: sum(y_true * log(y_true / y_pred)).",
    emit=emit_class(_DIVERGENCE),
    kind="loss",
    arguments=arguments("kl_divergence"),
    differences=(
        Difference(
            "order-of-arguments",
            "Keras takes the true distribution first, nn.KLDivLoss the predicted one.",
            case="mean",
            naive=_in_keras_order,
        ),
        Difference(
            "logarithm",
            "nn.KLDivLoss wants the logarithm of the prediction (F.log_softmax), Keras the probability itself, clipped "
            "to [1e-7, 1].",
            case="mean",
            naive=_of_probabilities,
        ),
        Difference(
            "batchmean",
            'The mean of Keras is one over the samples; reduction="mean" of nn.KLDivLoss divides by the number of '
            'classes too, and "batchmean" does not.',
            case="mean",
            swap=((".sum(dim=-1)", ".mean(dim=-1)"),),
        ),
    ),
    cases=(*reductions(_X, "uniform"), Case("zeros", {}, x=_X, draw=["one-hot", "uniform"])),
    aliases=("kl divergence", "kld", "KLDivLoss", "kullback_leibler_divergence"),
)
kl_divergence = function_of(
    KLDivergence,
    "kl_divergence",
    emit_function(_DIVERGENCE),
    ("torch.nn.functional.kl_div",),
    cases=(Case("function", {}, x=_X, draw="uniform"),),
)
Poisson = Entry(
    keras="keras.losses.Poisson",
    torch=("torch.nn.PoissonNLLLoss", "torch.nn.functional.poisson_nll_loss"),
    says="Minus the logarithm of the probability of counts of which y_pred is the expectation, but for a constant.",
    emit=emit_class(_POISSON, _poisson_mean),
    kind="loss",
    arguments=arguments("poisson"),
    differences=(
        Difference(
            "log-input",
            "nn.PoissonNLLLoss takes the logarithm of the expectation unless log_input=False; Keras the expectation.",
            case="mean",
            swap=(("log_input=False, ", ""),),
        ),
    ),
    cases=reductions(_X, ["ids:7", "uniform"]),
    aliases=("poisson loss", "PoissonNLLLoss"),
)
poisson = function_of(
    Poisson,
    "poisson",
    emit_function(_POISSON),
    ("torch.nn.functional.poisson_nll_loss",),
    cases=(Case("function", {}, x=_X, draw="uniform"),),
)
