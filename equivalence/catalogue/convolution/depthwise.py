"""DepthwiseConv1D, DepthwiseConv2D."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.convolution.convolution_parts import DEFAULTS, KERAS_2, activated, arguments, padded, window
from equivalence.catalogue.defects import bias_along_the_last_axis
from equivalence.schema import Argument, Case, Difference, Entry, Weight
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_BIAS = Weight("bias", "bias", when="use_bias")


def emit_depthwise(site: Site) -> Value:
    """nn.ConvNd with as many groups as channels; output channel c * depth_multiplier + m, as in Keras."""
    dims = int(site.entry.name[-2])
    image, over = site.images(dims + 2), window(site, dims)
    multiplier = site.config.integer("depth_multiplier")
    site.config.only("groups", 1)
    if image.channels is None:
        site.refuse("the number of channels of its input is unknown")
    x, padding = padded(site, image, over)
    conv = site.module(
        call(
            f"nn.Conv{dims}d",
            image.channels,
            image.channels * multiplier,
            **over.options(),
            padding=padding,
            groups=image.channels,
            bias=site.config.flag("use_bias"),
            omit=DEFAULTS,
        )
    )
    return activated(site, image, f"{conv}({x})")


def _entry(dims: int, axes: str, over: str, cases: tuple[Case, ...], differences: tuple[Difference, ...]) -> Entry:
    return Entry(
        keras=f"keras.layers.DepthwiseConv{dims}D",
        since="2.7" if dims == 1 else "",
        torch=(f"torch.nn.Conv{dims}d",),
        says=f"Convolves each channel of {over} by itself: groups equals the number of channels.",
        arguments=arguments(
            dims, "depthwise", own=(Argument("depth_multiplier", "out_channels", 1, how="channels * depth_multiplier"),)
        ),
        legacy=KERAS_2,
        weights=(Weight("kernel", "weight", f"{axes} i m -> (i m) 1 {axes}", old=("depthwise_kernel",)), _BIAS),
        differences=differences,
        defects=(bias_along_the_last_axis({"kernel_size": 3, "padding": "same"}, (2, 5, *(6, 5)[-dims:])),),
        cases=cases,
        aliases=(f"DepthwiseConvolution{dims}D", f"tf.nn.depthwise_conv{dims}d", f"depthwise convolution {dims}d"),
        emit=emit_depthwise,
        layout="spatial",
        linear=True,
    )


def _interleaved(axes: str, case: str) -> Difference:
    return Difference(
        "kernel-layout",
        "Output channel c * depth_multiplier + m belongs to input channel c: a kernel that is reshaped before its "
        "axes are exchanged has torch's shape and mixes the channels.",
        case=case,
        weights=(Weight("kernel", "weight", f"{axes} i m -> (m i) 1 {axes}"), _BIAS),
    )


DepthwiseConv1D = _entry(
    1,
    "t",
    "a sequence",
    cases=(
        Case("defaults", {"kernel_size": 3}, x=(2, 7, 4)),
        Case(
            "multiplier-same-even-kernel",
            {"kernel_size": 4, "depth_multiplier": 3, "padding": "same", "activation": "relu"},
            x=(2, 7, 4),
        ),
        Case(
            "dilated-without-bias",
            {"kernel_size": 3, "dilation_rate": 2, "strides": 2, "use_bias": False},
            x=(3, 11, 4),
        ),
        Case(
            "same-stride-2-unknown-length",
            {"kernel_size": 3, "strides": 2, "padding": "same"},
            x=(2, 8, 5),
            declared=(None, 5),
        ),
        Case("channels-first", {"kernel_size": 3, "data_format": "channels_first"}, x=(2, 4, 7)),
    ),
    differences=(_interleaved("t", "multiplier-same-even-kernel"),),
)

DepthwiseConv2D = _entry(
    2,
    "h w",
    "an image",
    cases=(
        Case("defaults", {"kernel_size": 3}, x=(2, 7, 9, 4)),
        Case(
            "multiplier-same-stride-2",
            {"kernel_size": 3, "strides": 2, "depth_multiplier": 2, "padding": "same", "activation": "relu"},
            x=(2, 8, 6, 3),
        ),
        Case(
            "unequal-strides",
            {"kernel_size": (2, 3), "strides": (1, 2), "padding": "same"},
            x=(2, 8, 7, 3),
            oracle="torch",
            because="TensorFlow's depthwise kernel needs equal strides",
        ),
        Case(
            "dilated-strided-without-bias",
            {"kernel_size": 3, "strides": 2, "dilation_rate": 2, "padding": "same", "use_bias": False},
            x=(2, 9, 8, 3),
        ),
        Case(
            "same-stride-2-unknown-size",
            {"kernel_size": 5, "strides": 2, "padding": "same", "dilation_rate": (2, 1)},
            x=(2, 8, 9, 3),
            declared=(None, None, 3),
        ),
        Case(
            "channels-first", {"kernel_size": 3, "depth_multiplier": 2, "data_format": "channels_first"}, x=(2, 3, 6, 7)
        ),
    ),
    differences=(
        _interleaved("h w", "multiplier-same-stride-2"),
        Difference(
            "same-stride",
            "Strided padding='same' puts the odd pixel at the bottom and right; padding=k//2 in torch starts one "
            "pixel earlier: the same shape, other numbers.",
            case="multiplier-same-stride-2",
            swap=(("F.pad({x}, (0, 1, 0, 1))", "{x}"), ("stride=2", "stride=2, padding=1")),
        ),
    ),
)
