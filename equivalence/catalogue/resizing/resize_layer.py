"""Resizing, ops.image.resize: images in a given size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.catalogue.resizing.aspect_ratio import cropped_to_ratio, padded_to_ratio
from equivalence.catalogue.resizing.interpolation import METHODS, interpolated
from equivalence.catalogue.resizing.resizing_parts import only_images
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_resizing(site: Site) -> Value:
    """The layer."""
    only_images(site)
    return _resized(site, (site.config.integer("height"), site.config.integer("width")))


def emit_resize(site: Site) -> Value:
    """The operation."""
    height, width = site.config.integers("size", 2)
    return _resized(site, (height, width))


def _resized(site: Site, size: tuple[int, int]) -> Value:
    image, config = site.images(4), site.config
    method, antialias = config.choice("interpolation", *METHODS), config.flag("antialias")
    crop, pad = config.flag("crop_to_aspect_ratio"), config.flag("pad_to_aspect_ratio")
    config.only("fill_mode", "constant")
    value = config.number("fill_value")
    if crop and pad:
        config.refuse("pad_to_aspect_ratio", pad, "is given with crop_to_aspect_ratio")
    if crop:
        image = cropped_to_ratio(site, image, size)
    if pad:
        image = padded_to_ratio(site, image, size, value)
    return interpolated(site, image, size, method, antialias)


_FLOAT32 = "Keras on TensorFlow resizes in float32 whatever the dtype"
_COMMON = (
    Argument(
        "interpolation",
        "mode",
        "bilinear",
        note="nearest is nearest-exact; torch lacks some of bicubic, and lanczos; area is refused",
        old=("method",),
    ),
    Argument("antialias", "antialias", False, since="3.9"),
    Argument("crop_to_aspect_ratio", None, False, note="a slice before", since="2.6"),
    Argument("pad_to_aspect_ratio", None, False, note="F.pad before", since="3.3"),
    Argument("fill_mode", None, "constant", note="Keras has no other; the port refuses any", since="3.3"),
    Argument("fill_value", "value", 0.0, note="of F.pad", since="3.3"),
    Argument("data_format", None, None, note="torch has the channels first", since="3"),
)
_DIFFERENCES = (
    Difference(
        "nearest",
        "Keras takes the pixel at the centre of the new one, which is mode='nearest-exact'; torch's 'nearest' takes "
        "the one at its corner.",
        case="nearest",
        swap=(("nearest-exact", "nearest"),),
    ),
    Difference(
        "half-pixel-centres",
        "Keras interpolates between pixel centres, which is align_corners=False (or leaving it out).",
        case="bilinear",
        swap=(("mode='bilinear'", "mode='bilinear', align_corners=True"),),
    ),
    Difference(
        "antialias",
        "Keras does not smooth when it shrinks an image unless antialias=True; torchvision's resize and Pillow's do.",
        case="bilinear",
        swap=(("mode='bilinear'", "mode='bilinear', antialias=True"),),
    ),
    Difference(
        "bicubic-coefficient",
        "Keras's cubic has a = -0.5 and leaves out what lies beyond the edge; torch's has -0.75 and repeats the "
        "edge, unless antialias=True.",
        case="bicubic-twofold",
        swap=((", antialias=True", ""),),
    ),
)


def _cases(layer: bool) -> tuple[Case, ...]:
    def case(id: str, size: tuple[int, int], x: Any = (2, 5, 7, 3), exact: str = "", **more: Any) -> Case:
        """`exact`: the backend that has float64; else TensorFlow's float32 is the bound."""
        kept: dict[str, Any] = {key: more.pop(key) for key in ("declared", "draw") if key in more}
        config = {"height": size[0], "width": size[1], **more} if layer else {"size": list(size), **more}
        if exact != "tensorflow":
            kept |= {"oracle": "torch"} if exact else {"max_rel": 2e-5}
            kept |= {"because": _FLOAT32}
        return Case(id, config, x, **kept)

    nearest: dict[str, Any] = {"interpolation": "nearest", "exact": "tensorflow"}
    unknown: dict[str, Any] = {"declared": (None, None, 3)}
    crop: dict[str, Any] = {"crop_to_aspect_ratio": True}
    pad: dict[str, Any] = {"pad_to_aspect_ratio": True}
    return (
        case("bilinear", (9, 4), exact="torch"),
        case("bilinear-of-keras-on-tensorflow", (4, 9)),
        case("bilinear-unknown-sizes", (9, 4), exact="torch", **unknown),
        case("bilinear-antialias", (4, 3), (2, 9, 11, 3), exact="torch", antialias=True),
        case("nearest", (9, 4), **nearest),
        case("nearest-on-an-edge", (141, 3), (2, 2, 4, 3), **nearest),
        case("nearest-unknown-sizes", (9, 4), **nearest, **unknown),
        case("nearest-whole-numbers", (9, 4), **nearest, draw="ids:256"),
        case("bicubic", (9, 4), interpolation="bicubic"),
        case("bicubic-twofold", (10, 14), interpolation="bicubic"),
        case("bicubic-antialias", (3, 11), exact="torch", interpolation="bicubic", antialias=True),
        case("lanczos3", (4, 7), (2, 8, 14, 3), interpolation="lanczos3"),
        case("lanczos5-antialias", (3, 4), (2, 11, 7, 3), interpolation="lanczos5", antialias=True),
        case("crop", (6, 4), **crop, **nearest),
        case("crop-unknown-sizes", (3, 4), (2, 9, 7, 3), **crop, **nearest, **unknown),
        case("crop-bilinear", (6, 4), exact="torch", **crop),
        case("pad", (6, 4), **pad, **nearest),
        case("pad-unknown-sizes", (3, 7), (2, 9, 6, 3), fill_value=0.5, **pad, **nearest, **unknown),
        case("pad-bilinear", (6, 4), exact="torch", fill_value=-1.5, **pad),
        case("channels-first", (9, 4), (2, 3, 5, 7), exact="torch", data_format="channels_first"),
    )


Resizing = Entry(
    keras="keras.layers.Resizing",
    since="2.2.4-tf",
    trains_by_default=True,
    torch=("torch.nn.functional.interpolate",),
    says="Images in a given size, distorted, or cropped or padded to its ratio before.",
    emit=emit_resizing,
    arguments=(
        Argument("height", "size"),
        Argument("width", "size"),
        *_COMMON,
        *LAYER_ARGUMENTS,
    ),
    differences=_DIFFERENCES,
    cases=_cases(layer=True),
    aliases=(
        "keras.layers.experimental.preprocessing.Resizing",
        "torchvision.transforms.v2.Resize",
        "transforms.Resize",
    ),
    layout="spatial",
)
Resize = Entry(
    keras="keras.ops.image.resize",
    torch=("torch.nn.functional.interpolate",),
    says="Images in a given size.",
    emit=emit_resize,
    kind="operation",
    arguments=(Argument("images", "input"), Argument("size", "size"), *_COMMON),
    differences=_DIFFERENCES,
    cases=_cases(layer=False),
    aliases=("tf.image.resize", "resize images"),
    stored=stored("Resize", "image", "image.resize"),
    layout="spatial",
)
