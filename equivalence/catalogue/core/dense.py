"""Dense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.core.adaptation import note_forgotten_scale
from equivalence.catalogue.weight_arguments import initialised
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight
from equivalence.translation.order import KERAS, Flat
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_dense(site: Site) -> Value:
    """nn.Linear on the last axis. Behind a Flatten the kernel's rows are permuted once, in the weights."""
    x, config = site.x, site.config
    weights, sizes = _behind_flatten(site) if isinstance(x.order, Flat) and not site.shared else (None, {})
    if weights is None:
        x = site.take(x, KERAS)
    if x.shape[-1] is None:
        site.refuse(f"the last axis of its input {x.shape} is unknown")
    linear = site.module(
        call(
            "nn.Linear",
            x.shape[-1],
            config.integer("units"),
            bias=config.flag("use_bias"),
            omit={"bias": True},
        ),
        weights=weights,
        sizes=sizes,
    )
    config.only("quantization_config", None)
    note_forgotten_scale(site)
    return site.activate(site.new(f"{linear}({x})", KERAS))


def _behind_flatten(site: Site) -> tuple[tuple[Weight, ...], dict[str, int]]:
    """The weights for an input flattened channels first, where the kernel's rows count the channels last."""
    assert isinstance(site.x.order, Flat)
    channels, *spatial = site.x.order.sizes
    sizes = {f"s{axis}": size for axis, size in enumerate(spatial)}
    kernel = f"({' '.join(sizes)} c) u -> u (c {' '.join(sizes)})"
    weights = tuple(weight._replace(how=kernel) if weight.keras == "kernel" else weight for weight in site.weights)
    return weights, {"c": channels, **sizes}


KERNEL = Weight("kernel", "weight", "i o -> o i")
BIAS = Weight("bias", "bias", when="use_bias")

Dense = Entry(
    trains_by_default=None,
    whole_numbers="floats",
    keras="keras.layers.Dense",
    torch=("torch.nn.Linear", "torch.nn.functional.linear"),
    says="A linear map of the last axis, with a bias and an optional activation.",
    arguments=(
        Argument("units", "out_features", note="in_features is the size of the input's last axis"),
        Argument("activation", None, None, note="a call after the layer"),
        Argument("use_bias", "bias", True),
        *initialised("kernel", "bias"),
        Argument("lora_rank", None, None, inert=True, note="the port holds the sum", since=None),
        Argument("lora_alpha", None, None, inert=True, note="the port holds the sum", since=None),
        Argument("quantization_config", None, None, note="None alone", since=None),
        *LAYER_ARGUMENTS,
    ),
    weights=(KERNEL, BIAS),
    differences=(
        Difference(
            "dense-kernel-layout",
            "Keras keeps the kernel as (in, out), torch as (out, in): a square one loads untransposed without error.",
            case="square",
            weights=(KERNEL._replace(how=""), BIAS),
        ),
    ),
    cases=(
        Case("whole-numbers", {"units": 5}, x=(2, 7), draw="ids:9"),
        Case("defaults", {"units": 5}, x=(2, 7)),
        Case("square", {"units": 6}, x=(3, 6)),
        Case("activation", {"units": 5, "activation": "softmax"}, x=(2, 7)),
        Case("sequence-without-bias", {"units": 5, "use_bias": False, "activation": "relu"}, x=(2, 3, 7)),
        Case("image", {"units": 6}, x=(2, 3, 4, 5), declared=(None, None, 5)),
        Case("lora", {"units": 5, "lora_rank": 2, "lora_alpha": 4}, x=(2, 7)),
    ),
    aliases=("FullyConnected", "fully connected", "fc", "InnerProduct"),
    emit=emit_dense,
    layout="last",
    mask="inherit",
    linear=True,
)
