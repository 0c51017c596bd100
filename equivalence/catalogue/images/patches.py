"""ops.image.extract_patches, extract_patches_3d: the windows of an image, each laid into the channels of one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.convolution.convolution_parts import NO_KERNEL, Window, padded
from equivalence.catalogue.images.images_parts import DATA_FORMAT, IMAGES, float_images
from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call
from equivalence.translation.same_padding import pad_argument

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_patches(site: Site) -> Value:
    """Tensor.unfold along each axis; a window's positions are then counted before its channels, as in Keras."""
    size = site.config.value("size")
    dims = 3 if isinstance(size, (list, tuple)) and len(size) == 3 else 2
    image, config = float_images(site, rank=dims + 2), site.config
    strides = config.value("strides")
    over = Window(
        config.integers("size", dims),
        config.integers("size" if strides is None else "strides", dims),
        config.integers("dilation_rate", dims),
    )
    text, padding = padded(site, image, over)
    if padding:
        even = (padding,) * dims if isinstance(padding, int) else padding
        text = call("F.pad", text, pad_argument([(n, n) for n in even]))
    for axis, (span, stride, dilation) in enumerate(zip(over.spans, over.strides, over.dilation, strict=True)):
        text += f".unfold({axis + 2}, {span}, {stride})"
        text += f"[..., ::{dilation}]" if dilation > 1 else ""
    windows = (*range(dims + 2, 2 * dims + 2), 1)
    order = ", ".join(map(str, (0, *windows, *range(2, dims + 2))))
    return site.new(f"{text}.permute({order}).flatten(1, {dims + 1})", image.order)


_SETTINGS = (
    Argument("strides", "step", None, note="None: the size"),
    Argument("dilation_rate", None, 1, note="a slice of each window"),
    Argument("padding", None, "valid", note="same is F.pad before"),
    DATA_FORMAT,
)
_FIRST: dict[str, Any] = {"oracle": "torch", "because": NO_KERNEL}
ExtractPatches = Entry(
    keras="keras.ops.image.extract_patches",
    torch=("torch.Tensor.unfold",),
    says="The windows of an image (or volume), each with all its pixels in the channels of one place.",
    emit=emit_patches,
    kind="operation",
    arguments=(IMAGES, Argument("size", "size"), *_SETTINGS),
    differences=(
        Difference(
            "order-of-channels",
            "Keras counts the positions in a window first and the channels of each within; F.unfold has it the other "
            "way round.",
            case="apart",
            swap=((".permute(0, 4, 5, 1, 2, 3)", ".permute(0, 1, 4, 5, 2, 3)"),),
        ),
    ),
    cases=(
        Case("apart", {"size": 2}, x=(2, 6, 7, 3)),
        Case("overlapping", {"size": [3, 2], "strides": [2, 1]}, x=(2, 7, 6, 2)),
        Case("same", {"size": 3, "strides": 2, "padding": "same"}, x=(2, 8, 7, 2)),
        Case("same-unknown-size", {"size": 3, "padding": "same"}, x=(2, 8, 7, 2), declared=(None, None, 2)),
        Case("dilated", {"size": 3, "strides": 1, "dilation_rate": 2, "padding": "same"}, x=(2, 7, 6, 2)),
        Case("volume", {"size": [2, 1, 3], "strides": [1, 2, 1]}, x=(2, 3, 4, 5, 2)),
        Case("channels-first", {"size": 2, "data_format": "channels_first"}, x=(2, 3, 6, 7), **_FIRST),
    ),
    aliases=("tf.image.extract_patches", "patch embedding"),
    stored=stored("ExtractPatches", "image"),
    layout="spatial",
)
ExtractPatches3d = Entry(
    keras="keras.ops.image.extract_patches_3d",
    torch=("torch.Tensor.unfold",),
    says="The windows of a volume, each with all its elements in the channels of one place.",
    emit=emit_patches,
    kind="operation",
    arguments=(Argument("volumes", "input"), Argument("size", "size"), *_SETTINGS),
    cases=(
        Case("apart", {"size": 2}, x=(2, 4, 5, 6, 2)),
        Case("overlapping", {"size": [2, 1, 3], "strides": [1, 2, 1]}, x=(2, 3, 4, 5, 2)),
        Case("same", {"size": 2, "strides": 1, "padding": "same"}, x=(2, 3, 4, 5, 2)),
        Case("dilated", {"size": 2, "strides": 1, "dilation_rate": 2}, x=(2, 4, 5, 6, 2)),
    ),
    aliases=("tf.extract_volume_patches",),
    layout="spatial",
)
