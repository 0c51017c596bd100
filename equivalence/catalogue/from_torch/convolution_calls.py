"""Convolutions and transposed ones: modules of torch.nn, functions of torch.nn.functional."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from equivalence.catalogue.from_torch.padding_parts import EDGES, as_tuple, padded
from equivalence.catalogue.from_torch.torch_rows import FromTorch, row
from equivalence.translation.keras_templates import Cannot, Given

_SAMPLE = ("seq", "image", "volume")
_DEVICES = "device=None, dtype=None"


def _padding(given: Given, dims: int) -> tuple[str, str]:
    """The input of a convolution, and its `padding`: a symmetric zero padding at stride 1 is Keras's "same"."""
    padding, mode = given.value("padding"), given.of("padding_mode", "zeros") if "padding_mode" in given else "zeros"
    if padding == "same" and mode != "zeros":
        kernel, dilation = (as_tuple(given.value(name), dims) for name in ("kernel_size", "dilation"))
        reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return padded("x", mode, [(each // 2, each - each // 2) for each in reach]), ""
    if isinstance(padding, str):
        return "x", ", padding='same'" if padding == "same" else ""
    before = as_tuple(padding, dims)
    if not any(before):
        return "x", ""
    if mode == "zeros":
        kernel, stride = given.of("kernel_size"), given.of("stride")
        dilation = as_tuple(given.of("dilation", 0), dims)
        reach = [d * (k - 1) for k, d in zip(as_tuple(kernel or 0, dims), dilation, strict=True)]
        if kernel and stride and set(as_tuple(stride, dims)) == {1} and reach == [2 * each for each in before]:
            return "x", ", padding='same'"
        return f"keras.layers.ZeroPadding{dims}D(padding)(x)", ""
    return padded("x", mode, [(each, each) for each in before]), ""


def _module(dims: int) -> Callable[[Given], str]:
    def write(given: Given) -> str:
        x, padding = _padding(given, dims)
        options = f"strides=stride{padding}, dilation_rate=dilation"
        groups, channels = given.of("groups"), given.of("in_channels") if given.has("in_channels") else None
        strides = as_tuple(given.of("stride", 0), dims)
        if groups and groups > 1 and groups == channels and dims < 3 and len(set(strides)) == 1:
            times = given.value("out_channels") // groups
            many = f", depth_multiplier={times}" if times > 1 else ""
            return f"keras.layers.DepthwiseConv{dims}D(kernel_size, {options}{many}, use_bias=bias)({x})"
        return f"keras.layers.Conv{dims}D(out_channels, kernel_size, {options}, groups=groups, use_bias=bias)({x})"

    return write


def _transposed(dims: int) -> Callable[[Given], str]:
    """Keras gives the whole of it, or more; torch cuts `padding` off both ends, and less at the end by
    `output_padding`."""

    def write(given: Given) -> str:
        kernel, stride, padding, more, dilation = (
            as_tuple(given.value(name), dims)
            for name in ("kernel_size", "stride", "padding", "output_padding", "dilation")
        )
        if given.value("groups") != 1:
            raise Cannot("Keras has no transposed convolution in groups; split the channels and concatenate")
        cut = []
        for k, s, p, extra, d in zip(kernel, stride, padding, more, dilation, strict=True):
            spare = max(s - (d * (k - 1) + 1), 0)  # what Keras gives beyond the last window
            if extra > p + spare:
                raise Cannot(
                    "output_padding above padding: pad with zeros before the bias is added, in code of your own"
                )
            cut.append((p, p - extra + spare))
        conv = (
            f"keras.layers.Conv{dims}DTranspose(out_channels, kernel_size, strides=stride, dilation_rate=dilation, "
            "use_bias=bias)(x)"
        )
        if not any(map(any, cut)):
            return conv
        return f"keras.layers.Cropping{dims}D({_short(cut)})({conv})"

    return write


def _short(cut: list[tuple[int, int]]) -> str:
    """The cropping as Keras takes it, in as few brackets as it can be."""
    if len(cut) == 1:
        return repr(cut[0])
    if all(first == last for first, last in cut):
        sizes = tuple(first for first, _ in cut)
        return repr(sizes[0] if len(set(sizes)) == 1 else sizes)
    return repr(tuple(cut))


def _function(dims: int) -> Callable[[Given], str]:
    axes = (*range(2, dims + 2), 1, 0)

    def write(given: Given) -> str:
        padding = given.value("padding")
        x, same = "input", ""
        if isinstance(padding, str):
            same = ", padding='same'" if padding == "same" else ""
        elif any(as_tuple(padding, dims)):
            x = padded("input", "zeros", [(each, each) for each in as_tuple(padding, dims)])
        conv = f"keras.ops.conv({x}, keras.ops.transpose(weight, {axes}), strides=stride{same}, dilation_rate=dilation)"
        return conv if given.is_none("bias") else f"{conv} + bias"

    return write


def _function_transposed(dims: int) -> Callable[[Given], str]:
    axes = (*range(2, dims + 2), 1, 0)

    def write(given: Given) -> str:
        padding, more = (as_tuple(given.value(name), dims) for name in ("padding", "output_padding"))
        if any(extra > p for extra, p in zip(more, padding, strict=True)):
            raise Cannot("output_padding above padding: pad with zeros before the bias is added, in code of your own")
        conv = f"keras.ops.conv_transpose(input, keras.ops.transpose(weight, {axes}), strides=stride)"
        if any(padding):
            ends = ((p, extra - p) for p, extra in zip(padding, more, strict=True))
            cut = ", ".join(f"{start or ''}:{end or ''}" for start, end in ends)
            conv = f"{conv}[:, {cut}]"
        return conv if given.is_none("bias") else f"{conv} + bias"

    return write


def _rows(dims: int) -> tuple[FromTorch, ...]:
    sample, weight, back = _SAMPLE[dims - 1], f"{_SAMPLE[dims - 1]}_weight", f"{_SAMPLE[dims - 1]}_back"
    channels = 3 if dims == 3 else 4
    options = f"stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode='zeros', {_DEVICES}"
    backward = (
        f"stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1, padding_mode='zeros', {_DEVICES}"
    )
    conv, transposed = f"nn.Conv{dims}d", f"nn.ConvTranspose{dims}d"
    cases = [
        f"{conv}({channels}, 6, 3, stride=2, padding=1)({sample})",
        f"{conv}({channels}, 6, 3)({sample})",
        f"{conv}({channels}, 6, 3, 1, 1)({sample})",
        f"{conv}({channels}, 6, 3, padding='same', bias=False)({sample})",
        f"{conv}({channels}, 6, 2, dilation=2)({sample})",
        f"{conv}({channels}, {2 * channels}, 3, groups={channels})({sample})",
    ]
    if dims < 3:
        cases += [
            f"{conv}(4, 6, 3, groups=2)({sample})",
            f"{conv}(4, 6, 3, padding=2, padding_mode='reflect')({sample})",
            f"{conv}(4, 6, 3, padding=1, padding_mode='replicate')({sample})",
            f"{conv}(4, 6, 4, padding='same', padding_mode='reflect')({sample})",
            f"{conv}(4, 6, 3, padding='same', dilation=2, padding_mode='circular')({sample})",
            f"{conv}(4, 6, 3, padding=1, padding_mode='circular')({sample})",
        ]
    cases_back = [
        f"{transposed}({channels}, 6, 3, stride=2, padding=1, output_padding=1)({sample})",
        f"{transposed}({channels}, 6, 3)({sample})",
        f"{transposed}({channels}, 6, 2, stride=2, bias=False)({sample})",
        f"{transposed}({channels}, 6, 2, stride=3, padding=1)({sample})",
    ]
    more: dict[str, Any] = {"helper": EDGES}
    if dims == 2:
        more["watch"] = (
            "padding=1 with stride=2 is ZeroPadding2D(1) and no padding: Keras's padding='same' puts the odd pixel at "
            "the bottom and right.",
        )
        cases.append("nn.Conv2d(4, 6, (3, 2), stride=(1, 2), padding=(1, 0))(image)")
    return (
        row(f"{conv}(in_channels, out_channels, kernel_size, {options})(x)", _module(dims), *cases, **more),
        row(
            f"nn.LazyConv{dims}d(out_channels, kernel_size, {options})(x)",
            _module(dims),
            f"nn.LazyConv{dims}d(6, 3, stride=2, padding=1)({sample})",
            **more,
        ),
        row(f"{transposed}(in_channels, out_channels, kernel_size, {backward})(x)", _transposed(dims), *cases_back),
        row(
            f"nn.LazyConvTranspose{dims}d(out_channels, kernel_size, {backward})(x)",
            _transposed(dims),
            f"nn.LazyConvTranspose{dims}d(6, 3, stride=2, padding=1, output_padding=1)({sample})",
        ),
        row(
            f"F.conv{dims}d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)",
            _function(dims),
            f"F.conv{dims}d({sample}, {weight}, {'five' if dims == 3 else 'six'}, 2, 1)",
            f"F.conv{dims}d({sample}, {weight}, padding='same')",
            *(
                ("F.conv2d(image, group_weight, groups=2)", "F.conv2d(image, image_weight, dilation=2)")
                if dims == 2
                else ()
            ),
            also=(f"torch.conv{dims}d",),
            notes={"groups": "Keras reads it off the kernel, whose axis of inputs is shorter"},
        ),
        row(
            f"F.conv_transpose{dims}d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, "
            "dilation=1)",
            _function_transposed(dims),
            f"F.conv_transpose{dims}d({sample}, {back}, {'five' if dims == 3 else 'six'})",
            f"F.conv_transpose{dims}d({sample}, {back}, stride=2, padding=1, output_padding=1)",
            also=(f"torch.conv_transpose{dims}d",),
            notes={"groups": "Keras has none of these in groups", "dilation": "dilation_rate, with stride 1 alone"},
        ),
    )


ROWS = (
    *_rows(1),
    *_rows(2),
    *_rows(3),
    row(
        "F.conv_tbc(input, weight, bias, pad=0)",
        "keras.ops.transpose(keras.ops.conv(keras.ops.pad(keras.ops.transpose(input, (1, 0, 2)), "
        "((0, 0), (pad, pad), (0, 0))), weight), (1, 0, 2)) + bias",
        "F.conv_tbc(time_first, tbc_weight, six, 1)",
        also=("torch.conv_tbc",),
    ),
    row(
        "torch.convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups)",
        _function(2),
        "torch.convolution(image, image_weight, six, (2, 2), (1, 1), (1, 1), False, (0, 0), 1)",
        says="What the convolutions of torch.nn.functional call; written for an image.",
        notes={
            "transposed": "True: keras.ops.conv_transpose",
            "output_padding": "of a transposed one",
            "groups": "as of the kernel",
        },
    ),
)
