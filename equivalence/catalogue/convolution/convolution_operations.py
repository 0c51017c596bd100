"""ops.conv, depthwise_conv, separable_conv: convolutions whose kernels are given with the call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.convolution.convolution_parts import DEFAULTS, NO_KERNEL, Window, padded
from equivalence.catalogue.convolution.transposed import ending, fitted_axes
from equivalence.catalogue.operations.operation_parts import is_constant, is_tensor, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call, squeeze

if TYPE_CHECKING:
    from equivalence.translation.call_site import Image, Site, Value


def emit_conv(site: Site) -> Value:
    """F.convNd with the kernel's output and input channels moved to the front."""
    image, (kernel, shape) = _given(site, "kernel")
    _same_channels(site, image, shape)
    dims = len(shape) - 2
    weight = f"{kernel}.permute({dims + 1}, {dims}, {_counted(dims)})"
    return site.new(_convolved(site, image, shape, weight, groups=1), image.order)


def emit_depthwise_conv(site: Site) -> Value:
    """F.convNd with as many groups as channels."""
    image, (kernel, shape) = _given(site, "kernel")
    return site.new(_depthwise(site, image, kernel, shape), image.order)


def emit_separable_conv(site: Site) -> Value:
    """F.convNd twice: each channel by itself, then across the channels."""
    image, (depthwise, shape), (pointwise, _) = _given(site, "depthwise_kernel", "pointwise_kernel")
    each = site.new(_depthwise(site, image, depthwise, shape), image.order, "depthwise")
    dims = len(shape) - 2
    weight = f"{pointwise}.permute({dims + 1}, {dims}, {_counted(dims)})"
    return site.new(f"F.conv{dims}d({each}, {weight})", image.order)


def emit_conv_transpose(site: Site) -> Value:
    """F.conv_transposeNd, cut as the layer's."""
    image, (kernel, shape) = _given(site, "kernel")
    if image.channels != shape[-1]:
        site.refuse(f"its input has {image.channels} channels, its kernel {shape[-1]}")
    dims, config = len(shape) - 2, site.config
    over = Window(shape[:dims], config.integers("strides", dims), config.integers("dilation_rate", dims))
    before, extra, cut = fitted_axes(site, over)
    options = {"stride": squeeze(over.strides), "dilation": squeeze(over.dilation)}
    options |= {"padding": squeeze(before), "output_padding": squeeze(extra)}
    weight = f"{kernel}.permute({dims + 1}, {dims}, {_counted(dims)})"
    omit = {**DEFAULTS, "output_padding": 0}
    text = call(f"F.conv_transpose{dims}d", f"{image}", weight, **options, omit=omit)
    return site.new(f"{text}{ending(cut)}", image.order)


def _given(site: Site, *names: str) -> Any:
    """The input, and each kernel's text and shape in Keras's order. Raises Refused where a shape is unknown."""
    x, *kernels = operands(site, "inputs", *names)
    if not is_tensor(x) or x.rank not in (3, 4, 5) or not x.dtype.startswith("float"):
        site.refuse("its input is no tensor of floats with 3 to 5 axes")
    found = []
    for name, kernel in zip(names, kernels, strict=True):
        if is_tensor(kernel):
            held = site.take(kernel, KERAS)
            text, shape = f"{held}", held.shape
        elif is_constant(kernel):
            text, shape = site.constant(kernel, name), _shape(kernel.value)
        else:
            site.refuse(f"its {name} is neither a tensor nor an array")
        if None in shape or len(shape) != x.rank:
            site.refuse(f"its {name} has shape {shape}; {x.rank} sizes should be known")
        found.append((text, shape))
    return (site.images(x.rank, x), *found)


def _same_channels(site: Site, image: Image, shape: tuple[int, ...]) -> None:
    if image.channels != shape[-2]:
        site.refuse(f"its input has {image.channels} channels, its kernel {shape[-2]}")


def _shape(nested: Any) -> tuple[int, ...]:
    return (len(nested), *_shape(nested[0])) if isinstance(nested, list) else ()


def _counted(dims: int) -> str:
    return ", ".join(map(str, range(dims)))


def _depthwise(site: Site, image: Image, kernel: str, shape: tuple[int, ...]) -> str:
    _same_channels(site, image, shape)
    dims = len(shape) - 2
    weight = f"{kernel}.permute({dims}, {dims + 1}, {_counted(dims)}).flatten(0, 1).unsqueeze(1)"
    return _convolved(site, image, shape, weight, shape[-2])


def _convolved(site: Site, image: Image, shape: tuple[int, ...], weight: str, groups: int) -> str:
    dims, config = len(shape) - 2, site.config
    over = Window(shape[:dims], config.integers("strides", dims), config.integers("dilation_rate", dims))
    x, padding = padded(site, image, over)
    options = {"stride": squeeze(over.strides), "dilation": squeeze(over.dilation)}
    return call(f"F.conv{dims}d", x, weight, **options, padding=padding, groups=groups, omit=DEFAULTS)


def _array(*shape: int) -> dict[str, Any]:
    """An array of those sizes for a case: no two rows of it alike."""

    def filled(sizes: tuple[int, ...], start: int) -> Any:
        if not sizes:
            return (start * 37 % 23 - 11) / 16
        return [filled(sizes[1:], start * sizes[0] + index) for index in range(sizes[0])]

    return {"$array": filled(shape, 0), "dtype": "float32"}


def _case(id: str, x: tuple[int, ...], *kernels: tuple[int, ...], **config: Any) -> Case:
    kept = {key: config.pop(key) for key in ("declared", "oracle", "because", "by_call") if key in config}
    return Case(id, config, x, call={"$args": [{"$input": 0}, *(_array(*shape) for shape in kernels)]}, **kept)


def _entry(name: str, class_name: str, says: str, emit: Any, kernels: tuple[Argument, ...], **more: Any) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=("torch.nn.functional.conv2d", "torch.nn.functional.conv1d"),
        says=says,
        emit=emit,
        kind="operation",
        arguments=(
            Argument("inputs", "input"),
            *kernels,
            Argument("strides", "stride", 1),
            Argument("padding", "padding", "valid", note="same is computed; where it is uneven, F.pad stands before"),
            Argument("data_format", None, None, note="channels_last is moved to torch's channels first"),
            Argument("dilation_rate", "dilation", 1),
        ),
        stored=stored(class_name, "nn"),
        layout="spatial",
        **more,
    )


_FIRST = {"data_format": "channels_first", "oracle": "torch", "because": NO_KERNEL}
Conv = _entry(
    "conv",
    "Conv",
    "Convolves a sequence, an image or a volume with a kernel that is given.",
    emit_conv,
    (Argument("kernel", "weight", how="out and in to the front", note="(height, width, in, out) in Keras"),),
    differences=(
        Difference(
            "kernel-layout",
            "Keras's kernel is (height, width, in, out), torch's (out, in, height, width): kernel.T has torch's "
            "shape where the kernel is square, but height and width exchanged.",
            case="image",
            swap=((".permute(3, 2, 0, 1)", ".permute(3, 2, 1, 0)"),),
        ),
        Difference(
            "same-stride",
            "Strided padding='same' puts the odd pixel at the bottom and right; padding=k//2 in torch starts one "
            "pixel earlier: the same shape, other numbers.",
            case="same-stride-2-even-size",
            swap=(("F.pad({x}, (0, 1, 0, 1))", "{x}"), ("stride=2", "stride=2, padding=1")),
        ),
    ),
    cases=(
        _case("image", (2, 7, 9, 2), (3, 3, 2, 4)),
        _case("same-stride-2-even-size", (2, 8, 6, 2), (3, 3, 2, 3), strides=2, padding="same"),
        _case("sequence-dilated", (2, 9, 3), (3, 3, 4), dilation_rate=2),
        _case("volume", (2, 4, 5, 6, 2), (2, 1, 3, 2, 3), strides=[1, 2, 1]),
        _case("same-unknown-size", (2, 8, 7, 4), (3, 2, 4, 6), padding="same", strides=2, declared=(None, None, 4)),
        _case("channels-first", (2, 3, 6, 7), (2, 3, 3, 4), **_FIRST),
    ),
    aliases=("keras.ops.nn.conv", "tf.nn.convolution", "F.conv2d"),
)
DepthwiseConv = _entry(
    "depthwise_conv",
    "DepthwiseConv",
    "Convolves each channel by itself with a kernel that is given.",
    emit_depthwise_conv,
    (Argument("kernel", "weight", how="(h, w, in, multiplier) to (in * multiplier, 1, h, w)"),),
    differences=(
        Difference(
            "order-of-outputs",
            "Output channel c * multiplier + m belongs to input channel c; the kernel with its last axis first has "
            "torch's shape and the outputs in another order.",
            case="image",
            swap=((".permute(2, 3, 0, 1)", ".permute(3, 2, 0, 1)"),),
        ),
    ),
    cases=(
        _case("image", (2, 7, 9, 3), (3, 2, 3, 2)),
        _case("same-stride-2", (2, 8, 6, 2), (3, 3, 2, 1), strides=2, padding="same"),
        _case("sequence-dilated", (2, 9, 3), (3, 3, 2), dilation_rate=2, padding="same"),
        _case("channels-first", (2, 3, 6, 7), (2, 3, 3, 2), data_format="channels_first"),
    ),
    aliases=("keras.ops.nn.depthwise_conv", "tf.nn.depthwise_conv2d"),
)
SeparableConv = _entry(
    "separable_conv",
    "SeparableConv",
    "Convolves each channel by itself, then across the channels, with kernels that are given.",
    emit_separable_conv,
    (
        Argument("depthwise_kernel", "weight", how="(h, w, in, multiplier) to (in * multiplier, 1, h, w)"),
        Argument("pointwise_kernel", "weight", how="(1, 1, in, out) to (out, in, 1, 1)"),
    ),
    cases=(
        _case("image", (2, 7, 9, 3), (3, 2, 3, 2), (1, 1, 6, 4)),
        _case("same-stride-2", (2, 8, 6, 2), (3, 3, 2, 1), (1, 1, 2, 5), strides=2, padding="same"),
        _case("sequence-dilated", (2, 9, 3), (3, 3, 2), (1, 6, 4), dilation_rate=2, padding="same"),
        _case("channels-first", (2, 3, 6, 7), (2, 3, 3, 2), (1, 1, 6, 2), data_format="channels_first"),
    ),
    aliases=("keras.ops.nn.separable_conv", "tf.nn.separable_conv2d"),
)
_EXCHANGED = "Keras exchanges padding and output_padding in the node of a model (ConvTranspose.call)"
ConvTranspose = _entry(
    "conv_transpose",
    "ConvTranspose",
    "Spreads each element by a kernel that is given: the gradient of a convolution.",
    emit_conv_transpose,
    (Argument("kernel", "weight", how="in and out to the front", note="(height, width, out, in) in Keras"),),
    cases=(
        _case("image", (2, 5, 4, 2), (3, 3, 4, 2), by_call=_EXCHANGED),
        _case("same-odd-kernel", (2, 4, 5, 2), (3, 3, 3, 2), strides=2, padding="same", by_call=_EXCHANGED),
        _case("sequence", (2, 6, 3), (4, 2, 3), strides=3, padding="same", output_padding=2, by_call=_EXCHANGED),
    ),
    aliases=("keras.ops.nn.conv_transpose", "F.conv_transpose2d"),
)._replace(
    torch=("torch.nn.functional.conv_transpose2d", "torch.nn.functional.conv_transpose1d"),
    arguments=(
        Argument("inputs", "input"),
        Argument("kernel", "weight", how="in and out to the front", note="(height, width, out, in) in Keras"),
        Argument("strides", "stride", 1),
        Argument("padding", "padding", "valid", note="as in the layer: computed, with what is cut off behind"),
        Argument("output_padding", "output_padding", None, note="computed: Keras counts it from another size"),
        Argument("data_format", None, None, note="channels_last is moved to torch's channels first"),
        Argument("dilation_rate", "dilation", 1, note="refused by TensorFlow's CPU kernels"),
    ),
)
