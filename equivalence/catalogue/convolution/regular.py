"""Conv1D, Conv2D, Conv3D."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.convolution.shared import DEFAULTS, activated, arguments, padded
from equivalence.code import call, squeeze
from equivalence.schema import Argument, Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.site import Site, Value


def emit_convolution(site: Site) -> Value:
    """nn.ConvNd with channels first; an uneven padding="same" as F.pad before it."""
    dims = int(site.entry.name[4])
    image = site.images(dims + 2)
    kernel = site.config.integers("kernel_size", dims)
    strides = site.config.integers("strides", dims)
    dilation = site.config.integers("dilation_rate", dims)
    x, padding = padded(site, image, kernel, strides, dilation)
    conv = site.module(
        call(
            f"nn.Conv{dims}d",
            image.channels,
            site.config.integer("filters"),
            kernel_size=squeeze(kernel),
            stride=squeeze(strides),
            padding=padding,
            dilation=squeeze(dilation),
            groups=site.config.integer("groups"),
            bias=site.config.flag("use_bias"),
            omit=DEFAULTS,
        )
    )
    return activated(site, image, f"{conv}({x})")


def _entry(dims: int, axes: str, cases: tuple[Case, ...], differences: tuple[Difference, ...] = ()) -> Entry:
    return Entry(
        keras=f"keras.layers.Conv{dims}D",
        torch=(f"torch.nn.Conv{dims}d",),
        says=f"Convolves {'a sequence' if dims == 1 else 'an image' if dims == 2 else 'a volume'} with learned kernels.",
        arguments=(
            Argument("filters", "out_channels"),
            *arguments(dims, "kernel"),
            Argument("groups", "groups", 1),
        ),
        weights=(
            Weight("kernel", "weight", f"{axes} i o -> o i {axes}"),
            Weight("bias", "bias", when="use_bias"),
        ),
        differences=differences,
        cases=cases,
        aliases=(f"Convolution{dims}D", f"conv{dims}d"),
        emit=emit_convolution,
        layout="spatial",
        linear=True,
    )


Conv2D = _entry(
    2,
    "h w",
    cases=(
        Case("defaults", {"filters": 5, "kernel_size": 3}, x=(2, 7, 9, 4)),
        Case(
            "same-stride-2-even-size",
            {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"},
            x=(2, 8, 6, 3),
        ),
    ),
    differences=(
        Difference(
            "same-stride",
            "Strided padding='same' puts the odd pixel at the bottom and right; padding=k//2 in torch starts one "
            "pixel earlier: the same shape, other numbers.",
            case="same-stride-2-even-size",
            swap=(("F.pad({x}, (0, 1, 0, 1))", "{x}"), ("stride=2", "stride=2, padding=1")),
        ),
    ),
)
