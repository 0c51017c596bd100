"""depth_to_space, space_to_depth, unfold, fold: blocks of an image in its channels, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call, squeeze

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_DATA_FORMAT = Argument("data_format", None, "channels_last", note="torch has the channels first")


def emit_depth_to_space(site: Site) -> Value:
    """F.pixel_shuffle, after the channels are brought from (block, channel) into its (channel, block)."""
    image, size = site.images(4), site.config.integer("block_size", 2)
    ordered = f"{image}.unflatten(1, ({size * size}, -1)).transpose(1, 2).flatten(1, 2)"
    return site.new(f"F.pixel_shuffle({ordered}, {size})", image.order)


def emit_space_to_depth(site: Site) -> Value:
    """Both axes split into blocks, whose positions go before the channels: pixel_unshuffle has them after."""
    image, size = site.images(4), site.config.integer("block_size", 2)
    blocks = f"{image}.unflatten(2, (-1, {size})).unflatten(4, (-1, {size}))"
    return site.new(f"{blocks}.permute(0, 3, 5, 1, 2, 4).flatten(1, 3)", image.order)


def emit_unfold(site: Site) -> Value:
    """F.unfold: Keras's has the same arguments, and takes channels first."""
    return site.new(call("F.unfold", _in_keras_order(site, 4), *_sizes(site), **_window(site), omit=_ONE), KERAS)


def emit_fold(site: Site) -> Value:
    """F.fold, with the same arguments."""
    size = squeeze(site.config.integers("output_size", 2))
    size = (size, size) if isinstance(size, int) else size  # F.fold takes one number for a single axis
    return site.new(call("F.fold", _in_keras_order(site, 3), size, *_sizes(site), **_window(site), omit=_ONE), KERAS)


_ONE = {"dilation": 1, "padding": 0, "stride": 1}


def _in_keras_order(site: Site, rank: int) -> str:
    if site.x.rank != rank:
        site.refuse(f"its input has shape {site.x.shape}, not {rank} axes")
    if not site.x.dtype.startswith("float"):
        site.refuse(f"it is called on {site.x.dtype}; torch's takes floats alone")
    return f"{site.take(site.x, KERAS)}"


def _sizes(site: Site) -> tuple[int | tuple[int, ...]]:
    return (squeeze(site.config.integers("kernel_size", 2)),)


def _window(site: Site) -> dict[str, int | tuple[int, ...]]:
    return {
        "dilation": squeeze(site.config.integers("dilation", 2)),
        "padding": squeeze(site.config.integers("padding", 2, minimum=0)),
        "stride": squeeze(site.config.integers("stride", 2)),
    }


DepthToSpace = Entry(
    keras="keras.ops.depth_to_space",
    torch=("torch.nn.functional.pixel_shuffle",),
    says="Channels laid out as square blocks of an image that is larger by the block's size.",
    emit=emit_depth_to_space,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("block_size", "upscale_factor"), _DATA_FORMAT),
    differences=(
        Difference(
            "order-of-channels",
            "Keras counts a block's positions first and the channels of the result within each; pixel_shuffle has it "
            "the other way round: with more than one channel in the result, the same shape and other numbers.",
            case="two",
            swap=((".unflatten(1, (4, -1)).transpose(1, 2).flatten(1, 2)", ""),),
        ),
    ),
    cases=(
        Case("two", {"block_size": 2}, x=(2, 3, 4, 12)),
        Case("three-unknown-sizes", {"block_size": 3}, x=(2, 3, 4, 18), declared=(None, None, 18)),
        Case("channels-first", {"block_size": 2, "data_format": "channels_first"}, x=(2, 12, 3, 4)),
    ),
    aliases=("tf.nn.depth_to_space", "pixel shuffle", "sub-pixel convolution"),
    stored=stored("DepthToSpace", "nn", "nn.depth_to_space"),
    layout="spatial",
)
SpaceToDepth = Entry(
    keras="keras.ops.space_to_depth",
    torch=("torch.Tensor.unflatten", "torch.permute"),
    says="Square blocks of an image laid into the channels of one that is smaller by the block's size.",
    emit=emit_space_to_depth,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("block_size", None, note="of unflatten"),
        _DATA_FORMAT,
    ),
    differences=(
        Difference(
            "order-of-channels",
            "Keras counts a block's positions first and the image's channels within each; F.pixel_unshuffle has it "
            "the other way round: with more than one channel, the same shape and other numbers.",
            case="two",
            swap=((".permute(0, 3, 5, 1, 2, 4)", ".permute(0, 1, 3, 5, 2, 4)"),),
        ),
    ),
    cases=(
        Case("two", {"block_size": 2}, x=(2, 4, 6, 3)),
        Case("three-unknown-sizes", {"block_size": 3}, x=(2, 6, 3, 2), declared=(None, None, 2)),
        Case("channels-first", {"block_size": 2, "data_format": "channels_first"}, x=(2, 3, 4, 6)),
    ),
    aliases=("tf.nn.space_to_depth", "pixel unshuffle", "F.pixel_unshuffle"),
    stored=stored("SpaceToDepth", "nn", "nn.space_to_depth"),
    layout="spatial",
)
Unfold = Entry(
    keras="keras.ops.unfold",
    torch=("torch.nn.functional.unfold", "torch.nn.Unfold"),
    says="Every window of a channels-first image as a column: (N, C, H, W) to (N, C * window, windows).",
    emit=emit_unfold,
    kind="operation",
    arguments=(
        Argument("x", "input", note="channels first in both"),
        Argument("kernel_size", "kernel_size"),
        Argument("dilation", "dilation", 1),
        Argument("padding", "padding", 0),
        Argument("stride", "stride", 1),
    ),
    cases=(
        Case("window", {"kernel_size": 2}, x=(2, 3, 4, 5)),
        Case("uneven", {"kernel_size": [2, 3], "stride": [2, 1], "padding": [0, 1]}, x=(2, 3, 6, 5)),
        Case("dilated", {"kernel_size": 3, "dilation": 2, "padding": 1, "stride": 2}, x=(2, 2, 7, 8)),
    ),
    aliases=("im2col",),
    stored=stored("Unfold", "nn"),
    layout="last",
)
Fold = Entry(
    keras="keras.ops.fold",
    torch=("torch.nn.functional.fold", "torch.nn.Fold"),
    says="Columns of windows summed up to the image they are of: (N, C * window, windows) to (N, C, H, W).",
    emit=emit_fold,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("output_size", "output_size"),
        Argument("kernel_size", "kernel_size"),
        Argument("dilation", "dilation", 1),
        Argument("padding", "padding", 0),
        Argument("stride", "stride", 1),
    ),
    cases=(
        Case("overlapping", {"output_size": [4, 5], "kernel_size": 2}, x=(2, 12, 12)),
        Case("apart", {"output_size": 6, "kernel_size": [2, 3], "stride": [2, 3]}, x=(2, 12, 6)),
        Case(
            "dilated",
            {"output_size": [7, 8], "kernel_size": 3, "dilation": 2, "padding": 1, "stride": 2},
            x=(2, 18, 9),
        ),
    ),
    aliases=("col2im",),
    stored=stored("Fold", "nn"),
    layout="last",
)
