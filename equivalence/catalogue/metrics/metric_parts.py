"""What the metrics have in common: arguments, and the mean of what a function gives for each sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.metrics.metric_helpers import DIVIDED, MASKED, MEAN, MEAN_OF, SAME_RANK, SAMPLEWISE
from equivalence.schema import Argument, Case

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

    #: The lines of a function of y_true and y_pred, of which the last gives the value of each sample.
    Lines = Callable[[Site], Sequence[str]]

_LONGEST = 89  # letters of a value that stand behind "return" in a line of 100
CAST = "y_true = y_true.to(y_pred.dtype)"
ONE_RANK = "y_true, y_pred = same_rank(y_true.to(y_pred.dtype), y_pred)"


def arguments(name: str | None) -> tuple[Argument, ...]:
    """`name` and `dtype`, which every metric has."""
    return (
        Argument("name", None, name, inert=True),
        Argument("dtype", None, None, inert=True, note="torch adds up in the dtype of the predictions"),
    )


def emit_mean_of(name: str, lines: Lines, *helpers: str) -> Callable[[Site], str]:
    """The emit of a metric that is the mean of a function, which is written out under `name`.

    Formula: keras/src/metrics/reduction_metrics.py, MeanMetricWrapper.
    """

    def emit(site: Site) -> str:
        return f"{mean_helpers(site)}({function(site, name, lines(site), *helpers)})"

    return emit


def mean_helpers(site: Site) -> str:
    """Has `MeanOf` and what it stands on written; returns its name."""
    for source in (SAME_RANK, DIVIDED, SAMPLEWISE, MEAN, MASKED):
        site.helper(source)
    return site.helper(MEAN_OF)


def function(site: Site, name: str, lines: Sequence[str], *helpers: str) -> str:
    """Has a function of y_true and y_pred written, and what it calls; returns its name."""
    for source in helpers:
        site.helper(source)
    *steps, value = lines
    if len(value) > _LONGEST:
        each, _, reduced = value.rpartition(".")
        steps, value = [*steps, f"each = {each}"], f"each.{reduced}"
    body = "\n".join(f"    {line}" for line in [*steps, f"return {value}"])
    return site.helper(f"\ndef {name}(y_true: Tensor, y_pred: Tensor) -> Tensor:\n{body}\n")


def batches(
    x: Sequence[tuple[int, ...]], draw: str | list[str], config: dict[str, Any] | None = None
) -> tuple[Case, ...]:
    """Cases with and without weights and masks of a metric of y_true and y_pred, whose shapes `x` holds."""
    held, weights = config or {}, [*x[1][:-1]]
    return (
        Case("plain", held, x=x, draw=draw),
        Case("weighted", held, x=x, draw=draw, trial={"sample_weight": weights}),
        Case("masked", held, x=x, draw=draw, trial={"mask": 1}),
        Case("masked-and-weighted", held, x=x, draw=draw, trial={"mask": 1, "sample_weight": weights}),
    )


#: Why functions of keras.metrics are called as they are.
BY_CALL = "it is a function of numbers: Keras saves the operations that it is made of, and not its name"
