"""Discretization."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from equivalence.catalogue.preprocessing.category_parts import SPARSE, encoded, output_mode, policy_dtype
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_discretization(site: Site) -> Value:
    """torch.bucketize with right=True: how many boundaries are at most the number."""
    mode, boundaries = output_mode(site, "int", "one_hot", "multi_hot", "count"), _boundaries(site)
    site.config.value("num_bins"), site.config.value("epsilon")
    x = site.x if mode == "int" and not isinstance(site.x.order, tuple) else site.take(site.x, KERAS)
    if x.dtype != "float32":  # whole numbers are held against the boundaries as floats
        x = site.new(f"{x}.to(torch.float32)", x.order)
    held = _buffer(site, boundaries)
    bins = site.new(f"torch.bucketize({x}, {held}, right=True, out_int32=True)", x.order)
    return bins if mode == "int" else encoded(site, bins, mode, len(boundaries) + 1, policy_dtype(site))


def _boundaries(site: Site) -> list[float]:
    value = site.config.value("bin_boundaries")
    if value is None:
        site.refuse("it has no bin_boundaries: Keras was neither given them nor adapted to data")
    given = value if isinstance(value, list) else [value]
    for number in given:
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
            site.config.refuse("bin_boundaries", value, "should be a list of finite numbers")
    if not given or sorted(given) != given:
        site.config.refuse("bin_boundaries", value, "should be numbers in ascending order")
    return [float(number) for number in given]


def _buffer(site: Site, boundaries: list[float]) -> str:
    from equivalence.translation.graph import Constant  # not above: a lookup needs no graph

    return site.constant(Constant(boundaries, "float32"), "boundaries")


_BOUNDARIES = [-0.75, 0.1, 0.5, 2.0]

Discretization = Entry(
    keras="keras.layers.Discretization",
    since="2.3.0-tf",
    torch=("torch.bucketize",),
    says="Puts numbers into bins between boundaries, and gives the bin's number or its encoding.",
    arguments=(
        Argument(
            "bin_boundaries", "boundaries", None, note="given, or found by adapt(): the file holds them", since="2.5"
        ),
        Argument("num_bins", None, None, note="only adapt() reads it", since="2.5"),
        Argument("epsilon", None, 0.01, inert=True, note="only adapt() reads it", since="2.5"),
        Argument("output_mode", None, "int", note='"int", "one_hot", "multi_hot" or "count"', since="2.8"),
        SPARSE,
        *LAYER_ARGUMENTS,
    ),
    differences=(
        Difference(
            "boundary-belongs-above",
            "A number equal to a boundary is in the bin above it; torch.bucketize puts it below, unless right=True.",
            case="on-the-boundaries",
            swap=((", right=True", ""),),
        ),
    ),
    cases=(
        Case("defaults", {"bin_boundaries": _BOUNDARIES}, x=(3, 9)),
        Case("image", {"bin_boundaries": _BOUNDARIES}, x=(2, 4, 5, 3)),
        Case("on-the-boundaries", {"bin_boundaries": [1.0, 2.0, 4.0]}, x=(3, 9), draw="ids:6"),
        Case("one-hot", {"bin_boundaries": _BOUNDARIES, "output_mode": "one_hot"}, x=(3, 4)),
        Case("one-hot-column", {"bin_boundaries": _BOUNDARIES, "output_mode": "one_hot"}, x=(5, 1)),
        Case("multi-hot", {"bin_boundaries": _BOUNDARIES, "output_mode": "multi_hot"}, x=(3, 2)),
        Case("count", {"bin_boundaries": _BOUNDARIES, "output_mode": "count"}, x=(3, 9)),
        Case("adapted", {"bin_boundaries": [-0.5, 0.25], "num_bins": 3, "epsilon": 0.5}, x=(3, 9)),
    ),
    aliases=("torch.bucketize", "np.digitize", "tf.raw_ops.Bucketize", "KBinsDiscretizer"),
    emit=emit_discretization,
)
