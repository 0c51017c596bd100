"""Activations made of straight pieces: hard versions of the smooth ones, shrinking and cutting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.activation.activation_parts import (
    DEFAULTS,
    SHAPE,
    activation,
    plain,
    torch_names,
    with_number,
)
from equivalence.catalogue.written_by import older
from equivalence.schema import Argument, Case, Difference
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_hard_sigmoid(site: Site) -> Value:
    """F.hardsigmoid; for a file of Keras 1 or 2 the clip(0.2 x + 0.5) that those meant."""
    x = site.x
    if older(site.keras_version, 3):
        site.meant_otherwise("hard_sigmoid was clip(0.2 x + 0.5, 0, 1) and is relu6(x + 3) / 6 in Keras 3")
        return site.new(f"torch.clamp(0.2 * {x} + 0.5, 0.0, 1.0)", x.order)
    return site.new(f"F.hardsigmoid({x})", x.order)


def emit_threshold(site: Site) -> Value:
    """F.threshold: x where it is above the threshold, elsewhere a constant."""
    threshold, value = site.config.number("threshold"), site.config.number("default_value")
    return site.new(call("F.threshold", f"{site.x}", threshold, value), site.x.order)


def emit_sparse_plus(site: Site) -> Value:
    """0 up to -1, a parabola up to 1, then x: torch lacks it."""
    x = site.x
    return site.new(f"torch.where({x} < 1, torch.clamp({x} + 1, min=0) ** 2 / 4, {x})", x.order)


def emit_sparse_sigmoid(site: Site) -> Value:
    """The derivative of sparse_plus: (x + 1) / 2 between 0 and 1."""
    return site.new(f"torch.clamp(({site.x} + 1) / 2, 0, 1)", site.x.order)


WIDE = Case("defaults", {}, x=SHAPE, draw="wide")

hard_sigmoid = activation(
    "hard_sigmoid",
    "A sigmoid of three straight pieces, relu6(x + 3) / 6.",
    emit_hard_sigmoid,
    torch_names("hardsigmoid", "Hardsigmoid"),
    differences=(
        Difference(
            "hard-sigmoid-slope",
            "Keras 3's hard_sigmoid has slope 1/6, like torch's; that of Keras 1 and 2 was clip(0.2 x + 0.5, 0, 1). "
            "The version that wrote a file decides what its hard_sigmoid means.",
            case="defaults",
            swap=(("F.hardsigmoid({x})", "torch.clamp(0.2 * {x} + 0.5, 0.0, 1.0)"),),
        ),
    ),
    cases=(
        WIDE._replace(
            max_rel=1e-7,
            because="The gradient of torch's hardsigmoid takes 1/6 through float32, in float64 too.",
        ),
    ),
)
hard_silu = activation(
    "hard_silu",
    "x * relu6(x + 3) / 6, also known as hard swish.",
    plain("F.hardswish"),
    torch_names("hardswish", "Hardswish"),
    aliases=("keras.activations.hard_swish",),
    stored=("hard_swish",),
    cases=(WIDE,),
)
hard_tanh = activation(
    "hard_tanh", "x, cut off at -1 and 1.", plain("F.hardtanh"), torch_names("hardtanh", "Hardtanh"), cases=(WIDE,)
)
hard_shrink = activation(
    "hard_shrink",
    "x where |x| is above the threshold, elsewhere 0.",
    with_number("F.hardshrink", "threshold", "lambd", 0.5),
    torch_names("hardshrink", "Hardshrink"),
    arguments=(Argument("threshold", "lambd", 0.5),),
    cases=(DEFAULTS, Case("threshold", {"threshold": 0.75}, x=SHAPE)),
)
soft_shrink = activation(
    "soft_shrink",
    "x moved towards 0 by the threshold, and 0 where it would cross.",
    with_number("F.softshrink", "threshold", "lambd", 0.5, minimum=0),
    torch_names("softshrink", "Softshrink"),
    arguments=(Argument("threshold", "lambd", 0.5),),
    cases=(DEFAULTS, Case("threshold", {"threshold": 0.25}, x=SHAPE)),
)
threshold = activation(
    "threshold",
    "x where it is above the threshold, elsewhere a constant.",
    emit_threshold,
    torch_names("threshold", "Threshold"),
    arguments=(Argument("threshold", "threshold"), Argument("default_value", "value")),
    cases=(
        Case("constant", {"threshold": 0.25, "default_value": -2.0}, x=SHAPE),
        Case("below-zero", {"threshold": -0.5, "default_value": 0.0}, x=SHAPE),
    ),
)
sparse_plus = activation(
    "sparse_plus",
    "0 up to -1, then (x + 1)² / 4 up to 1, then x.",
    emit_sparse_plus,
    ("torch.where", "torch.clamp"),
    cases=(WIDE,),
)
sparse_sigmoid = activation(
    "sparse_sigmoid", "(x + 1) / 2, cut off at 0 and 1.", emit_sparse_sigmoid, ("torch.clamp",), cases=(WIDE,)
)
