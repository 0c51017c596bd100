"""Dense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.convolution.shared import initialised
from equivalence.code import call
from equivalence.order import KERAS, Flat
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.site import Site, Value


def emit_dense(site: Site) -> Value:
    """nn.Linear on the last axis. Behind a Flatten the kernel's rows are permuted once, in the weights."""
    x, weights, sizes = site.x, None, {}
    if isinstance(x.order, Flat) and not site.shared:
        channels, *spatial = x.order.sizes
        names = " ".join(f"s{i}" for i in range(len(spatial)))
        weights = (Weight("kernel", "weight", f"({names} c) u -> u (c {names})"), *site.weights[1:])
        sizes = {"c": channels, **{f"s{i}": size for i, size in enumerate(spatial)}}
    else:
        x = site.take(x, KERAS)
    if x.shape[-1] is None:
        site.refuse(f"the last axis of its input {x.shape} is unknown")
    linear = site.module(
        call(
            "nn.Linear",
            x.shape[-1],
            site.config.integer("units"),
            bias=site.config.flag("use_bias"),
            omit={"bias": True},
        ),
        weights=weights,
        sizes=sizes,
    )
    site.config.only("quantization_config", None)
    return site.activate(site.new(f"{linear}({x})", KERAS))


Dense = Entry(
    keras="keras.layers.Dense",
    torch=("torch.nn.Linear",),
    says="A linear map of the last axis, with a bias and an optional activation.",
    arguments=(
        Argument("units", "out_features"),
        Argument("activation", None, None, note="a call after the layer"),
        Argument("use_bias", "bias", True),
        *initialised("kernel", "bias"),
        Argument("lora_rank", None, None),
        Argument("lora_alpha", None, None),
        Argument("quantization_config", None, None),
        *LAYER_ARGUMENTS,
    ),
    weights=(Weight("kernel", "weight", "i o -> o i"), Weight("bias", "bias", when="use_bias")),
    differences=(
        Difference(
            "kernel-layout",
            "Keras keeps (in, out), torch (out, in): a square kernel loads untransposed without an error.",
            case="square",
            weights=(Weight("kernel", "weight"), Weight("bias", "bias", when="use_bias")),
        ),
    ),
    cases=(
        Case("defaults", {"units": 5}, x=(2, 7)),
        Case("square", {"units": 6}, x=(3, 6)),
        Case("sequence-without-bias", {"units": 5, "use_bias": False, "activation": "relu"}, x=(2, 3, 7)),
    ),
    emit=emit_dense,
    layout="last",
    mask="inherit",
    linear=True,
)
