"""Modules and functions that move, cut or copy numbers: flattening, shuffling, unfolding, resizing."""

from __future__ import annotations

from collections.abc import Callable

from equivalence.catalogue.from_torch.torch_rows import row
from equivalence.translation.keras_templates import Cannot, Given

PIXELS = '''
def pixel_shuffle(x, factor):
    """Channels, the last axis, to pixels; keras.ops.depth_to_space takes them in another order."""
    height, width, channels = x.shape[1], x.shape[2], x.shape[3] // factor**2
    x = keras.ops.reshape(x, (-1, height, width, channels, factor, factor))
    x = keras.ops.transpose(x, (0, 1, 4, 2, 5, 3))
    return keras.ops.reshape(x, (-1, height * factor, width * factor, channels))


def pixel_unshuffle(x, factor):
    """Pixels to channels, the last axis."""
    height, width, channels = x.shape[1] // factor, x.shape[2] // factor, x.shape[3]
    x = keras.ops.reshape(x, (-1, height, factor, width, factor, channels))
    x = keras.ops.transpose(x, (0, 1, 3, 5, 2, 4))
    return keras.ops.reshape(x, (-1, height, width, channels * factor**2))
'''
SHUFFLE = '''
def channel_shuffle(x, groups):
    """Takes the channels, the last axis, of the groups by turns."""
    parts = keras.ops.reshape(x, (-1, *x.shape[1:-1], groups, x.shape[-1] // groups))
    return keras.ops.reshape(keras.ops.swapaxes(parts, -1, -2), (-1, *x.shape[1:]))
'''
ALIGNED = '''
def resize_linear(x, sizes, aligned):
    """Linear in each position of a batch with its channels last; `aligned`: the corners stay where they are."""
    for axis, size in enumerate(sizes, start=1):
        old = x.shape[axis]
        places = (np.arange(size) + 0.5) * old / size - 0.5
        if aligned:
            places = np.arange(size) * ((old - 1) / max(size - 1, 1))
        places = np.clip(places, 0, old - 1)
        low = np.floor(places).astype("int32")
        high = np.minimum(low + 1, old - 1)
        share = np.reshape(places - low, (-1,) + (1,) * (len(x.shape) - axis - 1))
        share = keras.ops.cast(share, x.dtype)
        x = (
            keras.ops.take(x, low, axis=axis) * (1 - share)
            + keras.ops.take(x, high, axis=axis) * share
        )
    return x


def resize_nearest(x, sizes):
    """The number at the place rounded down, as torch's mode="nearest" has it."""
    for axis, size in enumerate(sizes, start=1):
        places = np.floor(np.arange(size) * (x.shape[axis] / size)).astype("int32")
        x = keras.ops.take(x, places, axis=axis)
    return x


def scaled(x, factor):
    """The sizes of the positions times a factor, or one for each."""
    sizes = x.shape[1:-1]
    factors = factor if isinstance(factor, (tuple, list)) else (factor,) * len(sizes)
    return tuple(int(size * each) for size, each in zip(sizes, factors))
'''


def _flatten(given: Given) -> str:
    return _flattened("x", given.value("start_dim"), given.value("end_dim"))


def _flat_function(given: Given) -> str:
    return _flattened("input", given.value("start_dim"), given.value("end_dim"))


def _flattened(x: str, start: int, end: int) -> str:
    if (start, end) == (1, -1):
        return f"keras.layers.Flatten()({x})"
    before = f"*{x}.shape[:{start}], " if start else ""
    after = "" if end == -1 else f", *{x}.shape[{end + 1}:]"
    return f"keras.ops.reshape({x}, ({before}-1{after or ','}))"


def _unflattened(x: str, size: str) -> Callable[[Given], str]:
    def write(given: Given) -> str:
        dim = given.value("dim")
        before = f"-1, *{x}.shape[1:{dim}]" if dim else ""
        after = "" if dim == -1 else f", *{x}.shape[{dim + 1}:]"
        return f"keras.ops.reshape({x}, ({before}, *{size}{after}))".replace("(, ", "(")

    return write


def _whole(factor: object) -> bool:
    """Whether it is a whole factor, or one for height and one for width."""
    return type(factor) is int or (isinstance(factor, tuple) and [type(each) for each in factor] == [int, int])


def _resized(x: str) -> Callable[[Given], str]:
    def write(given: Given) -> str:
        mode = given.value("mode")
        if given.has("antialias") and given.value("antialias"):
            raise Cannot(
                "antialias: keras.ops.image.resize(..., antialias=True), whose weights are others at the edges"
            )
        sizes = "size" if not given.is_none("size") else f"scaled({x}, scale_factor)"
        if not given.is_none("size") and isinstance(given.of("size"), int):
            sizes = f"(size,) * len({x}.shape[1:-1])"
        if mode == "nearest" and given.is_none("size") and _whole(given.of("scale_factor")):
            return f"keras.layers.UpSampling2D(scale_factor)({x})"
        if mode == "nearest":
            return f"resize_nearest({x}, {sizes})"
        if mode in ("linear", "bilinear", "trilinear"):
            aligned = bool(given.of("align_corners"))
            return f"resize_linear({x}, {sizes}, {aligned})"
        raise Cannot(
            f"mode={mode!r}: of Keras, keras.ops.image.resize has 'bicubic' (another coefficient), 'area' is average "
            f"pooling"
        )

    return write


ROWS = (
    row("nn.Identity()(x)", "keras.layers.Identity", "nn.Identity()(x)"),
    row(
        "nn.Flatten(start_dim=1, end_dim=-1)(x)",
        _flatten,
        "nn.Flatten()(x)",
        "nn.Flatten(0, 1)(x)",
        "nn.Flatten(0)(x)",
        watch=(
            "Of an image, Keras flattens (H, W, C) and torch (C, H, W): the weights behind it lie in another order "
            '(equivalence.transfer(..., flatten="channels_first") carries them).',
        ),
    ),
    row(
        "torch.flatten(input, start_dim=0, end_dim=-1)",
        _flat_function,
        "torch.flatten(x)",
        "torch.flatten(x, 1)",
        "torch.flatten(x, 0, 1)",
    ),
    row(
        "nn.Unflatten(dim, unflattened_size)(x)",
        _unflattened("x", "unflattened_size"),
        "nn.Unflatten(1, (3, 1))(x)",
        "nn.Unflatten(-1, (2, 2))(x)",
    ),
    row(
        "torch.unflatten(input, dim, sizes)",
        _unflattened("input", "sizes"),
        "torch.unflatten(x, 1, (3, 1))",
        "x.unflatten(-1, (2, 2))",
    ),
    row(
        "nn.PixelShuffle(upscale_factor)(x)",
        "pixel_shuffle(x, upscale_factor)",
        "nn.PixelShuffle(2)(image)",
        helper=PIXELS,
    ),
    row(
        "F.pixel_shuffle(input, upscale_factor)",
        "pixel_shuffle(input, upscale_factor)",
        "F.pixel_shuffle(nine_image, 3)",
        helper=PIXELS,
        also=("torch.pixel_shuffle",),
    ),
    row(
        "nn.PixelUnshuffle(downscale_factor)(x)",
        "pixel_unshuffle(x, downscale_factor)",
        "nn.PixelUnshuffle(2)(even_image)",
        helper=PIXELS,
    ),
    row(
        "F.pixel_unshuffle(input, downscale_factor)",
        "pixel_unshuffle(input, downscale_factor)",
        "F.pixel_unshuffle(even_image, 2)",
        helper=PIXELS,
        also=("torch.pixel_unshuffle",),
    ),
    row(
        "nn.ChannelShuffle(groups)(x)", "channel_shuffle(x, groups)", "nn.ChannelShuffle(3)(six_image)", helper=SHUFFLE
    ),
    row(
        "F.channel_shuffle(input, groups)",
        "channel_shuffle(input, groups)",
        "F.channel_shuffle(six_image, 2)",
        helper=SHUFFLE,
        also=("torch.channel_shuffle", "F.native_channel_shuffle", "torch.native_channel_shuffle"),
    ),
    row(
        "nn.Unfold(kernel_size, dilation=1, padding=0, stride=1)(x)",
        "keras.ops.unfold(x, kernel_size, dilation=dilation, padding=padding, stride=stride)",
        "nn.Unfold((2, 3), stride=2, padding=1)(map_1)",
    ),
    row(
        "F.unfold(input, kernel_size, dilation=1, padding=0, stride=1)",
        "keras.ops.unfold",
        "F.unfold(map_1, (2, 3), stride=2, padding=1)",
        "F.unfold(map_1, 2, dilation=2)",
    ),
    row(
        "nn.Fold(output_size, kernel_size, dilation=1, padding=0, stride=1)(x)",
        "keras.ops.fold(x, output_size, kernel_size, dilation=dilation, padding=padding, stride=stride)",
        "nn.Fold((4, 5), (2, 2))(columns)",
    ),
    row(
        "F.fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1)",
        "keras.ops.fold",
        "F.fold(columns, (4, 5), (2, 2))",
    ),
    row(
        "nn.Upsample(size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None)(x)",
        _resized("x"),
        "nn.Upsample(scale_factor=2)(image)",
        "nn.Upsample(size=(5, 9))(image)",
        "nn.Upsample(scale_factor=2, mode='bilinear')(image)",
        "nn.Upsample(scale_factor=2, mode='bilinear', align_corners=True)(image)",
        "nn.Upsample(scale_factor=2, mode='linear')(seq)",
        helper=ALIGNED,
        watch=(
            "With whole factors, keras.layers.UpSampling2D(factor, interpolation=...) does the same where corners "
            "are not "
            "aligned; on TensorFlow it computes in float32. Of a sequence it is UpSampling1D, of a volume "
            "UpSampling3D.",
        ),
        notes={"recompute_scale_factor": "the sizes are whole numbers either way"},
    ),
    row(
        "nn.UpsamplingNearest2d(size=None, scale_factor=None)(x)",
        "resize_nearest(x, scaled(x, scale_factor) if size is None else size)",
        "nn.UpsamplingNearest2d(scale_factor=2)(image)",
        "nn.UpsamplingNearest2d((5, 9))(image)",
        helper=ALIGNED,
    ),
    row(
        "nn.UpsamplingBilinear2d(size=None, scale_factor=None)(x)",
        "resize_linear(x, scaled(x, scale_factor) if size is None else size, True)",
        "nn.UpsamplingBilinear2d(scale_factor=2)(image)",
        "nn.UpsamplingBilinear2d((5, 9))(image)",
        helper=ALIGNED,
        watch=("It aligns corners, which Keras's UpSampling2D does not.",),
    ),
    row(
        "F.upsample_nearest(input, size=None, scale_factor=None)",
        "resize_nearest(input, scaled(input, scale_factor) if size is None else size)",
        "F.upsample_nearest(image, scale_factor=2)",
        helper=ALIGNED,
    ),
    row(
        "F.upsample_bilinear(input, size=None, scale_factor=None)",
        "resize_linear(input, scaled(input, scale_factor) if size is None else size, True)",
        "F.upsample_bilinear(image, (5, 9))",
        helper=ALIGNED,
    ),
    row(
        "F.interpolate(input, size=None, scale_factor=None, mode='nearest', align_corners=None, "
        "recompute_scale_factor=None, antialias=False)",
        _resized("input"),
        "F.interpolate(image, scale_factor=2)",
        "F.interpolate(image, size=(5, 9), mode='bilinear')",
        "F.interpolate(image, (5, 9), mode='bilinear', align_corners=True)",
        "F.interpolate(volume, scale_factor=2, mode='trilinear')",
        helper=ALIGNED,
        notes={"recompute_scale_factor": "the sizes are whole numbers either way"},
    ),
    row(
        "F.upsample(input, size=None, scale_factor=None, mode='nearest', align_corners=None)",
        _resized("input"),
        "F.upsample(image, scale_factor=2)",
        helper=ALIGNED,
    ),
)
