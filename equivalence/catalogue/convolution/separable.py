"""SeparableConv1D, SeparableConv2D."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.convolution.convolution_parts import DEFAULTS, KERAS_2, activated, arguments, padded, window
from equivalence.catalogue.defects import bias_along_the_last_axis
from equivalence.schema import Argument, Case, Difference, Entry, Weight
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Image, Site, Value

_SEPARABLE = '''
class SeparableConv{dims}d(nn.Module):
    """A convolution of each channel by itself, then one of size 1 across them, with the bias."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        depth_multiplier: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        channels = in_channels * depth_multiplier
        self.depthwise = nn.Conv{dims}d(
            in_channels,
            channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups=in_channels,
            bias=False,
        )
        self.pointwise = nn.Conv{dims}d(channels, out_channels, 1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))
'''


def emit_separable(site: Site) -> Value:
    """One module of two plain convolutions, `depthwise` and `pointwise`."""
    conv, x, image = _separable(site)
    return activated(site, image, f"{conv}({x})")


def emit_activated_twice(site: Site) -> Value:
    """The naive form with an activation between the two convolutions."""
    conv, x, image = _separable(site)
    return activated(site, image, f"{conv}.pointwise(F.relu({conv}.depthwise({x})))")


def _separable(site: Site) -> tuple[str, str, Image]:
    """The module, the expression of its (padded) input, and the layer's input."""
    dims = int(site.entry.name[-2])
    image, over = site.images(dims + 2), window(site, dims)
    site.config.only("groups", 1)
    x, padding = padded(site, image, over)
    conv = site.module(
        call(
            site.helper(_SEPARABLE.format(dims=dims)),
            image.channels,
            site.config.integer("filters"),
            **over.options(),
            padding=padding,
            depth_multiplier=site.config.integer("depth_multiplier"),
            bias=site.config.flag("use_bias"),
            omit={**DEFAULTS, "depth_multiplier": 1},
        )
    )
    return conv, x, image


def _weights(axes: str, depthwise: str) -> tuple[Weight, ...]:
    return (
        Weight("depthwise_kernel", "depthwise.weight", f"{axes} i m -> ({depthwise}) 1 {axes}"),
        Weight("pointwise_kernel", "pointwise.weight", f"{axes} i o -> o i {axes}"),
        Weight("bias", "pointwise.bias", when="use_bias"),
    )


def _entry(dims: int, axes: str, over: str, cases: tuple[Case, ...]) -> Entry:
    return Entry(
        keras=f"keras.layers.SeparableConv{dims}D",
        torch=(f"torch.nn.Conv{dims}d",),
        says=f"Convolves each channel of {over} by itself, then mixes the channels at each position.",
        arguments=(
            Argument("filters", "out_channels"),
            *arguments(dims, "depthwise", "pointwise", own=(Argument("depth_multiplier", "depth_multiplier", 1),)),
        ),
        legacy=KERAS_2,
        weights=_weights(axes, "i m"),
        differences=(
            Difference(
                "one-activation",
                "bias and activation follow the pointwise convolution alone: nothing stands between the two.",
                case="multiplier-same-stride-2",
                naive=emit_activated_twice,
            ),
            Difference(
                "kernel-layout",
                "Depthwise output c * depth_multiplier + m belongs to input channel c: a kernel that is reshaped "
                "before its axes are exchanged has torch's shape and mixes the channels.",
                case="multiplier-same-stride-2",
                weights=_weights(axes, "m i"),
            ),
        ),
        defects=(
            bias_along_the_last_axis({"filters": 5, "kernel_size": 3, "padding": "same"}, (2, 4, *(6, 5)[-dims:])),
        ),
        cases=cases,
        aliases=(
            f"SeparableConvolution{dims}D",
            f"tf.nn.separable_conv{dims}d",
            f"depthwise separable convolution {dims}d",
        ),
        emit=emit_separable,
        layout="spatial",
        linear=True,
    )


SeparableConv1D = _entry(
    1,
    "t",
    "a sequence",
    cases=(
        Case("defaults", {"filters": 5, "kernel_size": 3}, x=(2, 7, 4)),
        Case(
            "multiplier-same-stride-2",
            {
                "filters": 5,
                "kernel_size": 3,
                "strides": 2,
                "depth_multiplier": 2,
                "padding": "same",
                "activation": "relu",
            },
            x=(2, 8, 3),
        ),
        Case(
            "dilated-unknown-length-without-bias",
            {"filters": 5, "kernel_size": 4, "dilation_rate": 2, "padding": "same", "use_bias": False},
            x=(2, 9, 4),
            declared=(None, 4),
        ),
        Case("channels-first", {"filters": 5, "kernel_size": 3, "data_format": "channels_first"}, x=(2, 4, 8)),
    ),
)

SeparableConv2D = _entry(
    2,
    "h w",
    "an image",
    cases=(
        Case("defaults", {"filters": 5, "kernel_size": 3}, x=(2, 7, 9, 4)),
        Case(
            "multiplier-same-stride-2",
            {
                "filters": 5,
                "kernel_size": 3,
                "strides": 2,
                "depth_multiplier": 2,
                "padding": "same",
                "activation": "relu",
            },
            x=(2, 8, 6, 3),
        ),
        Case(
            "same-without-bias",
            {"filters": 5, "kernel_size": (3, 5), "padding": "same", "use_bias": False},
            x=(2, 6, 7, 4),
        ),
        Case(
            "dilated-strided",
            {"filters": 5, "kernel_size": 3, "strides": 2, "dilation_rate": 2, "padding": "same"},
            x=(2, 9, 8, 4),
        ),
        Case(
            "same-stride-2-unknown-size",
            {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"},
            x=(2, 8, 7, 4),
            declared=(None, None, 4),
        ),
        Case(
            "channels-first",
            {"filters": 5, "kernel_size": 3, "depth_multiplier": 2, "data_format": "channels_first"},
            x=(2, 4, 6, 8),  # 6 wide, not 5: Keras on TensorFlow adds the bias along the wrong axis there
        ),
    ),
)
