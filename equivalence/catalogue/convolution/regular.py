"""Conv1D, Conv2D, Conv3D."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.convolution.convolution_parts import DEFAULTS, NO_KERNEL, arguments, padded, window
from equivalence.catalogue.defects import bias_along_the_last_axis
from equivalence.schema import Argument, Case, Difference, Entry, Weight
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_BIAS = Weight("bias", "bias", when="use_bias")


def emit_convolution(site: Site) -> Value:
    """nn.ConvNd with channels first; an uneven padding="same" and a causal one as F.pad before it."""
    return site.activate(emit_without_activation(site))


def emit_without_activation(site: Site) -> Value:
    """The convolution alone: as a translation of all of it, a naive form."""
    dims = int(site.entry.name[4])
    image, over = site.images(dims + 2), window(site, dims)
    x, padding = padded(site, image, over, causal=dims == 1)
    conv = site.module(
        call(
            f"nn.Conv{dims}d",
            image.channels,
            site.config.integer("filters"),
            **over.options(),
            padding=padding,
            groups=site.config.integer("groups"),
            bias=site.config.flag("use_bias"),
            omit=DEFAULTS,
        )
    )
    site.config.value("activation")
    return site.new(f"{conv}({x})", image.order)


def _entry(dims: int, axes: str, over: str, cases: tuple[Case, ...], differences: tuple[Difference, ...]) -> Entry:
    return Entry(
        keras=f"keras.layers.Conv{dims}D",
        torch=(f"torch.nn.Conv{dims}d", f"torch.nn.functional.conv{dims}d"),
        says=f"Convolves {over} with learned kernels.",
        arguments=(
            Argument("filters", "out_channels"),
            *arguments(dims, "kernel", own=(Argument("groups", "groups", 1, since="2.4"),)),
        ),
        legacy=(
            Argument("lora_rank", None, None, inert=True, note="the port holds the sum"),
            Argument("lora_alpha", None, None, inert=True, note="as lora_rank"),
        ),
        weights=(Weight("kernel", "weight", f"{axes} i o -> o i {axes}"), _BIAS),
        differences=differences,
        cases=cases,
        aliases=(f"Convolution{dims}D", f"tf.nn.conv{dims}d", f"keras.layers.Convolution{dims}D"),
        emit=emit_convolution,
        layout="spatial",
        linear=True,
    )


Conv1D = _entry(
    1,
    "t",
    "a sequence",
    cases=(
        Case("defaults", {"filters": 5, "kernel_size": 3}, x=(2, 7, 4)),
        Case("causal-dilated", {"filters": 5, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, x=(2, 9, 4)),
        Case("causal-strided", {"filters": 5, "kernel_size": 4, "padding": "causal", "strides": 2}, x=(3, 11, 2)),
        Case(
            "same-even-kernel-unknown-length",
            {"filters": 3, "kernel_size": 4, "padding": "same", "activation": "relu", "use_bias": False},
            x=(2, 9, 5),
            declared=(None, 5),
        ),
        Case(
            "same-stride-3-groups-unknown-length",
            {"filters": 6, "kernel_size": 5, "padding": "same", "strides": 3, "groups": 2},
            x=(2, 11, 4),
            declared=(None, 4),
        ),
        Case(
            "channels-first",
            {"filters": 5, "kernel_size": 3, "padding": "same", "data_format": "channels_first"},
            x=(2, 4, 7),
            oracle="torch",
            because=NO_KERNEL,
        ),
    ),
    differences=(
        Difference(
            "causal",
            "padding='causal' pads (kernel - 1) * dilation at the start alone; torch has no such mode, and "
            "padding on both sides lets a step see the future.",
            case="causal-dilated",
            swap=(("F.pad({x}, (4, 0))", "{x}"), ("dilation=2", "dilation=2, padding=2")),
        ),
    ),
)

Conv2D = _entry(
    2,
    "h w",
    "an image",
    cases=(
        Case("defaults", {"filters": 5, "kernel_size": 3}, x=(2, 7, 9, 4)),
        Case(
            "same-stride-2-even-size", {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"}, x=(2, 8, 6, 3)
        ),
        Case(
            "same-uneven-kernel-strides",
            {"filters": 4, "kernel_size": (4, 5), "strides": (1, 3), "padding": "same", "activation": "relu"},
            x=(2, 7, 11, 3),
        ),
        Case(
            "same-dilated-groups",
            {"filters": 6, "kernel_size": (3, 2), "dilation_rate": (2, 3), "padding": "same", "groups": 2},
            x=(3, 7, 9, 4),
        ),
        Case(
            "same-stride-2-unknown-size",
            {"filters": 5, "kernel_size": (3, 4), "strides": 2, "padding": "same", "use_bias": False},
            x=(2, 8, 7, 3),
            declared=(None, None, 3),
        ),
        Case(
            "channels-first-same-stride",
            {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same", "data_format": "channels_first"},
            x=(2, 4, 8, 7),
            oracle="torch",
            because=NO_KERNEL,
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
        Difference(
            "kernel-layout",
            "Keras keeps (height, width, in, out), torch (out, in, height, width): kernel.T has torch's shape "
            "where the kernel is square, but height and width exchanged.",
            case="defaults",
            weights=(Weight("kernel", "weight", "h w i o -> o i w h"), _BIAS),
        ),
        Difference(
            "activation",
            "Keras's convolution takes the activation as an argument, torch's has none: forgotten, it runs.",
            case="same-uneven-kernel-strides",
            naive=emit_without_activation,
        ),
    ),
)

Conv3D = _entry(
    3,
    "d h w",
    "a volume",
    cases=(
        Case("defaults", {"filters": 3, "kernel_size": 2}, x=(2, 4, 5, 6, 3)),
        Case(
            "same-uneven-kernel-strides",
            {"filters": 3, "kernel_size": (3, 2, 1), "strides": (2, 1, 3), "padding": "same", "use_bias": False},
            x=(2, 6, 5, 4, 3),
        ),
        Case(
            "dilated-groups",
            {"filters": 4, "kernel_size": 2, "dilation_rate": (2, 1, 3), "groups": 2, "activation": "relu"},
            x=(3, 4, 5, 7, 2),
        ),
        Case(
            "same-unknown-size",
            {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"},
            x=(2, 4, 5, 6, 3),
            declared=(None, 5, None, 3),
        ),
        Case(
            "channels-first",
            {"filters": 3, "kernel_size": 2, "padding": "same", "data_format": "channels_first"},
            x=(2, 3, 4, 5, 6),
            oracle="torch",
            because=NO_KERNEL,
        ),
    ),
    differences=(
        Difference(
            "kernel-layout",
            "Keras keeps (depth, height, width, in, out), torch (out, in, depth, height, width): kernel.T has "
            "torch's shape where the kernel is a cube, but depth and width exchanged.",
            case="defaults",
            weights=(Weight("kernel", "weight", "d h w i o -> o i w h d"), _BIAS),
        ),
    ),
)._replace(defects=(bias_along_the_last_axis({"filters": 5, "kernel_size": 2, "padding": "same"}, (2, 3, 4, 6, 5)),))
