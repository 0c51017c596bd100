"""The layers that are one activation: Activation, ReLU, LeakyReLU, ELU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.activation.activation_parts import SHAPE, activation, torch_names, with_number
from equivalence.catalogue.activation.rectifiers import (
    FLOAT32_SLOPE,
    RELU_ARGUMENTS,
    RELU_CASES,
    RELU_DIFFERENCES,
    emit_relu,
)
from equivalence.catalogue.core.identity import emit_identity
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_linear(site: Site) -> Value:
    """Nothing: the input goes on as it is."""
    return site.unchanged()


def emit_activation(site: Site) -> Value:
    """What the entry of the activation writes; nn.Identity where that is nothing."""
    activated = site.activate(site.x)
    return activated if activated.token != site.x.token else emit_identity(site)


def emit_default_leaky_relu(site: Site) -> Value:
    """The naive form: torch's own default slope. Of another activation, that one."""
    if "leaky" not in repr(site.config.value("activation")).lower():
        made: Value = emit_activation(site)
        return made
    return site.new(f"F.leaky_relu({site.x})", site.x.order)


linear = activation(
    "linear",
    "x: no activation.",
    emit_linear,
    ("torch.nn.Identity",),
    aliases=("no activation", "None"),
    related=("torch.nn.Identity",),
)

_leaky_relu = with_number("F.leaky_relu", "negative_slope", "negative_slope", 0.01)


def emit_leaky_relu_layer(site: Site) -> Value:
    """F.leaky_relu, which takes floats alone."""
    if not site.x.dtype.startswith("float"):
        site.refuse(f"it is called on {site.x.dtype}, of which no case shows what Keras makes; cast it before")
    made: Value = _leaky_relu(site)
    return made


Activation = Entry(
    keras="keras.layers.Activation",
    torch=("torch.nn.functional", "torch.nn.ReLU"),
    says="Applies an activation that is given by its name.",
    arguments=(
        Argument("activation", None, note="becomes the function that the activation's own entry names"),
        *LAYER_ARGUMENTS,
    ),
    cases=(
        Case("relu", {"activation": "relu"}, x=(2, 5, 3)),
        Case("softmax", {"activation": "softmax"}, x=(3, 5, 4)),
        Case("alias", {"activation": "swish"}, x=(2, 5)),
        Case("linear", {"activation": "linear"}, x=(2, 5)),
        Case(
            "layer",
            {"activation": {"class_name": "LeakyReLU", "config": {"negative_slope": 0.25}}},
            x=(2, 5),
        ),
    ),
    differences=(
        Difference(
            "activation-defaults",
            'The string "leaky_relu" is not the layer LeakyReLU: the names stand for the functions with their own '
            "defaults (slope 0.2, the layer's is 0.3), and torch's default is a third one (0.01).",
            case="layer",
            naive=emit_default_leaky_relu,
        ),
    ),
    emit=emit_activation,
    mask="inherit",
)

ReLU = Entry(
    keras="keras.layers.ReLU",
    torch=("torch.nn.ReLU", "torch.nn.ReLU6", "torch.nn.functional.relu", "torch.nn.functional.threshold"),
    says="max(x, 0), with an optional slope below, maximum and threshold.",
    arguments=(*RELU_ARGUMENTS, *LAYER_ARGUMENTS),
    cases=RELU_CASES,
    differences=RELU_DIFFERENCES,
    aliases=("ThresholdedReLU", "Relu"),
    emit=emit_relu,
    mask="inherit",
)

LeakyReLU = Entry(
    keras="keras.layers.LeakyReLU",
    torch=torch_names("leaky_relu", "LeakyReLU")[::-1],
    says="x where it is positive, elsewhere x times a slope.",
    arguments=(Argument("negative_slope", "negative_slope", 0.3, old=("alpha",)), *LAYER_ARGUMENTS),
    cases=(
        Case("defaults", {}, x=SHAPE, oracle="torch", because=FLOAT32_SLOPE),
        Case("slope", {"negative_slope": 0.125}, x=SHAPE),
    ),
    differences=(
        Difference(
            "leaky-layer-slope",
            'The layer has slope 0.3, the function and activation="leaky_relu" 0.2, torch 0.01.',
            case="defaults",
            swap=((", negative_slope=0.3", ""),),
        ),
    ),
    emit=emit_leaky_relu_layer,
    mask="inherit",
)

ELU = Entry(
    keras="keras.layers.ELU",
    torch=torch_names("elu", "ELU")[::-1],
    says="x where it is positive, elsewhere alpha * (exp(x) - 1).",
    arguments=(Argument("alpha", "alpha", 1.0, since=None), *LAYER_ARGUMENTS),
    cases=(Case("defaults", {}, x=SHAPE), Case("alpha", {"alpha": 0.25}, x=SHAPE)),
    emit=with_number("F.elu", "alpha", "alpha", 1.0),
    mask="inherit",
)
