"""Conv1DTranspose, Conv2DTranspose, Conv3DTranspose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from equivalence.catalogue.convolution.convolution_parts import (
    DEFAULTS,
    KERAS_2,
    NO_KERNEL,
    Window,
    activated,
    arguments,
    window,
)
from equivalence.schema import Argument, Case, Difference, Entry, Weight
from equivalence.translation.python_text import call, squeeze

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_BIAS = Weight("bias", "bias", when="use_bias")
_DILATED = "TensorFlow has no CPU kernel for dilated transposed convolutions"


def fitted(span: int, stride: int, padding: str, output_padding: int | None) -> tuple[int, int, int]:
    """torch's `padding` and `output_padding` on one axis, and how many elements to cut off the end after that.

    The full transposed convolution has (size - 1) * stride + span elements, `span` being
    (kernel - 1) * dilation + 1; what Keras drops of it does not depend on the size. Lengths:
    keras/src/backend/common/backend_utils.py, _get_output_shape_given_tf_padding. An odd element is
    dropped at the end, as TensorFlow pads the forward convolution whose gradient this is.
    """
    if padding == "valid":
        return 0, max(stride - span, 0) if output_padding is None else output_padding, 0
    excess = span - (stride if output_padding is None else span % 2 + output_padding)
    before = max(excess, 0) // 2
    after = excess - before
    return before, max(before - after, 0), max(after - before, 0)


def fitted_axes(site: Site, over: Window) -> tuple[tuple[int, ...], ...]:
    """`fitted` on every axis, by the configuration: the paddings, the output paddings, what is cut off."""
    dims = len(over.strides)
    padding = site.config.choice("padding", "valid", "same")
    given: tuple[int | None, ...] = (None,) * dims
    if site.config.value("output_padding") is not None:
        given = site.config.integers("output_padding", dims, minimum=0)
    return tuple(zip(*map(fitted, over.spans, over.strides, (padding,) * dims, given), strict=True))


def ending(cut: Sequence[int]) -> str:
    """The index that cuts elements off the ends of the spatial axes, empty where nothing is cut."""
    return f"[:, :, {', '.join(f':-{n}' if n else ':' for n in cut)}]" if any(cut) else ""


def emit_transposed(site: Site) -> Value:
    """nn.ConvTransposeNd; where Keras drops one element more at the end than at the start, a slice after it."""
    dims = int(site.entry.name[4])
    image, over = site.images(dims + 2), window(site, dims)
    site.config.only("groups", 1)
    before, extra, cut = fitted_axes(site, over)
    conv = site.module(
        call(
            f"nn.ConvTranspose{dims}d",
            image.channels,
            site.config.integer("filters"),
            **over.options(),
            padding=squeeze(before),
            output_padding=squeeze(extra),
            bias=site.config.flag("use_bias"),
            omit={**DEFAULTS, "output_padding": 0},
        )
    )
    return activated(site, image, f"{conv}({image}){ending(cut)}")


def _entry(dims: int, axes: str, over: str, cases: tuple[Case, ...], differences: tuple[Difference, ...]) -> Entry:
    return Entry(
        keras=f"keras.layers.Conv{dims}DTranspose",
        since="2.4" if dims == 1 else "",
        torch=(f"torch.nn.ConvTranspose{dims}d", f"torch.nn.functional.conv_transpose{dims}d"),
        says=f"Spreads each element of {over} by a learned kernel: the gradient of a convolution, used to enlarge.",
        arguments=(
            Argument("filters", "out_channels"),
            *arguments(
                dims,
                "kernel",
                own=(
                    Argument(
                        "output_padding",
                        "output_padding",
                        None,
                        note="Keras counts it from another size than torch: padding and output_padding are computed",
                        since=None,
                    ),
                ),
            ),
        ),
        legacy=KERAS_2[:1],
        weights=(Weight("kernel", "weight", f"{axes} o i -> i o {axes}"), _BIAS),
        differences=differences,
        cases=cases,
        aliases=(
            f"Deconvolution{dims}D",
            f"Convolution{dims}DTranspose",
            f"ConvTranspose{dims}D",
            f"tf.nn.conv{dims}d_transpose",
        ),
        emit=emit_transposed,
        layout="spatial",
        linear=True,
    )


def _shifted(case: str, trim: str, stride: int) -> Difference:
    return Difference(
        "same-odd-kernel",
        "padding='same' gives size * stride and drops the odd element at the end; padding=k//2 with "
        "output_padding=1 has that shape, but is shifted by one.",
        case=case,
        swap=((trim, ""), (f"stride={stride}", f"stride={stride}, padding=1, output_padding=1")),
    )


Conv1DTranspose = _entry(
    1,
    "t",
    "a sequence",
    cases=(
        Case("defaults", {"filters": 5, "kernel_size": 3}, x=(2, 7, 4)),
        Case(
            "same-odd-kernel-unknown-length",
            {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "relu"},
            x=(2, 6, 4),
            declared=(None, 4),
        ),
        Case(
            "same-even-kernel-output-padding",
            {"filters": 5, "kernel_size": 4, "strides": 3, "padding": "same", "output_padding": 2},
            x=(2, 5, 4),
        ),
        Case("kernel-below-stride", {"filters": 5, "kernel_size": 2, "strides": 3, "use_bias": False}, x=(3, 5, 4)),
        Case(
            "dilated",
            {"filters": 5, "kernel_size": 3, "dilation_rate": 2, "padding": "same"},
            x=(2, 7, 4),
            oracle="torch",
            because=_DILATED,
        ),
        Case(
            "channels-first",
            {"filters": 5, "kernel_size": 3, "strides": 2, "data_format": "channels_first"},
            x=(2, 4, 7),
            oracle="torch",
            because=NO_KERNEL,
        ),
    ),
    differences=(_shifted("same-odd-kernel-unknown-length", "[:, :, :-1]", 2),),
)

Conv2DTranspose = _entry(
    2,
    "h w",
    "an image",
    cases=(
        Case("defaults", {"filters": 5, "kernel_size": 3}, x=(2, 6, 7, 4)),
        Case(
            "same-odd-kernel",
            {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "relu"},
            x=(2, 5, 6, 4),
        ),
        Case(
            "same-uneven-unknown-size",
            {"filters": 5, "kernel_size": (4, 5), "strides": (2, 3), "padding": "same"},
            x=(2, 5, 6, 4),
            declared=(None, None, 4),
        ),
        Case(
            "same-output-padding",
            {"filters": 5, "kernel_size": (3, 5), "strides": (2, 3), "padding": "same", "output_padding": (1, 0)},
            x=(2, 5, 6, 4),
        ),
        Case(
            "valid-output-padding-without-bias",
            {"filters": 5, "kernel_size": 3, "strides": (2, 3), "output_padding": 1, "use_bias": False},
            x=(2, 5, 6, 4),
        ),
        Case(
            "kernel-below-stride",
            {"filters": 5, "kernel_size": 2, "strides": (3, 4), "padding": "same"},
            x=(3, 5, 6, 4),
        ),
        Case(
            "dilated",
            {"filters": 4, "kernel_size": (3, 2), "dilation_rate": (2, 3), "padding": "same"},
            x=(2, 6, 7, 4),
            oracle="torch",
            because=_DILATED,
        ),
        Case(
            "same-output-padding-0-even-kernel",
            {"filters": 5, "kernel_size": 4, "strides": 2, "padding": "same", "output_padding": 0},
            x=(2, 5, 6, 4),
            oracle="torch",
            because="TensorFlow refuses the output size that Keras computes here",
        ),
        Case(
            "channels-first",
            {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same", "data_format": "channels_first"},
            x=(2, 4, 5, 6),
            oracle="torch",
            because=NO_KERNEL,
        ),
    ),
    differences=(
        _shifted("same-odd-kernel", "[:, :, :-1, :-1]", 2),
        Difference(
            "kernel-layout",
            "Keras keeps (height, width, out, in), torch (in, out, height, width): placed like a convolution's "
            "kernel, with as many filters as channels, the two exchange roles.",
            case="dilated",
            weights=(Weight("kernel", "weight", "h w i o -> i o h w"), _BIAS),
        ),
    ),
)

Conv3DTranspose = _entry(
    3,
    "d h w",
    "a volume",
    cases=(
        Case("defaults", {"filters": 3, "kernel_size": 2}, x=(2, 3, 4, 5, 2)),
        Case(
            "same-uneven-unknown-size",
            {"filters": 3, "kernel_size": (3, 2, 1), "strides": (2, 1, 2), "padding": "same", "activation": "relu"},
            x=(2, 3, 4, 5, 2),
            declared=(None, 4, None, 2),
        ),
        Case(
            "output-padding-without-bias",
            {"filters": 3, "kernel_size": 3, "strides": 2, "output_padding": (0, 1, 1), "use_bias": False},
            x=(2, 3, 4, 2, 5),
        ),
        Case("same-odd-kernel", {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}, x=(2, 3, 4, 5, 2)),
        Case(
            "dilated-channels-first",
            {"filters": 3, "kernel_size": 2, "dilation_rate": (1, 2, 3), "data_format": "channels_first"},
            x=(3, 2, 3, 4, 5),
            oracle="torch",
            because=NO_KERNEL,
        ),
    ),
    differences=(_shifted("same-odd-kernel", "[:, :, :-1, :-1, :-1]", 2),),
)
