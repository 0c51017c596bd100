"""What the losses have in common: arguments, and the reduction of the loss of each sample to one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import Argument
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_WHOLE = {
    "sum_over_batch_size": "mean",
    "mean": "mean",
    "mean_with_sample_weight": "mean",  # the same while no weights are given
    "sum": "sum",
}


def arguments(name: str) -> tuple[Argument, ...]:
    """`reduction`, `name` and `dtype`, which every loss has."""
    return (
        Argument("reduction", "reduction", "sum_over_batch_size", how='"mean" for sum_over_batch_size'),
        Argument("name", None, name, inert=True),
        Argument("dtype", None, None, inert=True),
    )


def reduction(site: Site) -> str:
    """torch's name of the reduction: "mean", "sum" or "none"."""
    value = site.config.choice("reduction", *_WHOLE, "none", None)
    return _WHOLE.get(value, "none")


def reduced(site: Site, each: Value) -> Value:
    """The loss of each sample, reduced as the configuration says."""
    how = reduction(site)
    return each if how == "none" else site.new(f"{each}.{how}()", KERAS, "loss")
