"""The functions that keep what is positive: relu and its variants, elu and its."""

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
from equivalence.schema import Argument, Case, Difference
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: Why TensorFlow cannot be the oracle of a slope that is no power of two.
FLOAT32_SLOPE = "TensorFlow's LeakyRelu kernel takes its slope in float32, so 0.2 is 0.200000003 there."


def emit_relu(site: Site) -> Value:
    """The simplest of F.relu, F.relu6, F.leaky_relu, F.threshold and clamp that gives what is asked for.

    With slope s, threshold t and maximum m (keras/src/activations/activations.py, ReLU.static_call):
    clip(x if x > t else 0, 0, m) - s * relu(t - x).
    """
    x, config = f"{site.x}", site.config
    slope, threshold = config.number("negative_slope"), config.number("threshold")
    maximum = config.optional_number("max_value")
    if slope < 0 or (maximum is not None and maximum < 0):
        name, value = ("negative_slope", slope) if slope < 0 else ("max_value", maximum)
        config.refuse(name, value, "should be at least 0")
    return site.new(_rectified(x, slope, threshold, maximum), site.x.order)


def _rectified(x: str, slope: float, threshold: float, maximum: float | None) -> str:
    if threshold == 0 and slope != 0:
        leaky = call("F.leaky_relu", x, negative_slope=slope, omit={"negative_slope": 0.01})
        return leaky if maximum is None else f"{leaky}.clamp(max={literal(maximum)})"
    if threshold == 0:
        if maximum is None:
            return f"F.relu({x})"
        return f"F.relu6({x})" if maximum == 6 else call("torch.clamp", x, 0.0, maximum)
    above = call("F.threshold", x, threshold, 0.0)
    if maximum is not None:
        above = f"{above}.clamp(0.0, {literal(maximum)})"
    return above if slope == 0 else f"{above} - {literal(slope)} * F.relu({literal(threshold)} - {x})"


RELU_ARGUMENTS = (
    Argument("negative_slope", "negative_slope", 0.0, note="F.leaky_relu", old=("alpha",), since="2.2.4"),
    Argument("max_value", "max", None, note="F.relu6 for 6, else clamp"),
    Argument(
        "threshold",
        "threshold",
        0.0,
        note="F.threshold; the slope then starts at the threshold, not at 0",
        since="2.2.4",
    ),
)
RELU_CASES = (
    Case("defaults", {}, x=SHAPE),
    Case("six", {"max_value": 6}, x=SHAPE, draw="wide"),
    Case("max-value", {"max_value": 0.75}, x=SHAPE),
    Case("slope", {"negative_slope": 0.125}, x=SHAPE),
    Case("slope-and-max-value", {"negative_slope": 0.125, "max_value": 0.75}, x=SHAPE),
    Case("threshold", {"threshold": 0.5}, x=SHAPE),
    Case("threshold-and-max-value", {"threshold": 0.5, "max_value": 1.5}, x=SHAPE),
    Case("threshold-and-slope", {"threshold": 0.5, "negative_slope": 0.125}, x=SHAPE),
    Case("everything", {"threshold": 0.5, "negative_slope": 0.125, "max_value": 1.5}, x=SHAPE),
)
RELU_DIFFERENCES = (
    Difference(
        "relu-threshold-slope",
        "With a threshold, Keras's slope starts there: negative_slope * (x - threshold), and it is not 0 at 0. A leaky "
        "ReLU behind a threshold leaks from 0 on.",
        case="threshold-and-slope",
        swap=(("0.125 * F.relu(0.5 - {x})", "0.125 * F.relu(-{x})"),),
    ),
)

relu = activation(
    "relu",
    "max(x, 0), with an optional slope below, maximum and threshold.",
    emit_relu,
    torch_names("relu", "ReLU"),
    arguments=RELU_ARGUMENTS,
    cases=(*RELU_CASES, Case("negative-threshold", {"threshold": -0.5}, x=SHAPE)),
    differences=RELU_DIFFERENCES,
    stored=("keras.src.activations.activations:ReLU", "keras.ops:ReLU"),
)
relu6 = activation(
    "relu6",
    "x, cut off at 0 and 6.",
    plain("F.relu6"),
    torch_names("relu6", "ReLU6"),
    cases=(Case("defaults", {}, x=SHAPE, draw="wide"),),
)
leaky_relu = activation(
    "leaky_relu",
    "x where it is positive, elsewhere x times a slope.",
    with_number("F.leaky_relu", "negative_slope", "negative_slope", 0.01),
    torch_names("leaky_relu", "LeakyReLU"),
    arguments=(Argument("negative_slope", "negative_slope", 0.2),),
    differences=(
        Difference(
            "leaky-slope",
            'The function, and activation="leaky_relu", have slope 0.2, the layer LeakyReLU 0.3, torch 0.01.',
            case="defaults",
            swap=((", negative_slope=0.2", ""),),
        ),
    ),
    cases=(
        Case("defaults", {}, x=SHAPE, oracle="torch", because=FLOAT32_SLOPE),
        Case("slope", {"negative_slope": 0.125}, x=SHAPE),
    ),
)
elu = activation(
    "elu",
    "x where it is positive, elsewhere alpha * (exp(x) - 1).",
    with_number("F.elu", "alpha", "alpha", 1.0),
    torch_names("elu", "ELU"),
    arguments=(Argument("alpha", "alpha", 1.0),),
    cases=(DEFAULTS, Case("alpha", {"alpha": 0.25}, x=SHAPE)),
)
celu = activation(
    "celu",
    "x where it is positive, elsewhere alpha * (exp(x / alpha) - 1).",
    with_number("F.celu", "alpha", "alpha", 1.0),
    torch_names("celu", "CELU"),
    arguments=(Argument("alpha", "alpha", 1.0),),
    differences=(
        Difference(
            "celu-scale",
            "celu divides x by alpha inside the exponential; elu does not.",
            case="alpha",
            swap=(("F.celu(", "F.elu("),),
        ),
    ),
    cases=(DEFAULTS, Case("alpha", {"alpha": 0.25}, x=SHAPE)),
)
selu = activation(
    "selu",
    "A scaled elu that keeps activations normalised.",
    plain("F.selu"),
    torch_names("selu", "SELU"),
)
