"""ops.image.crop_images, pad_images: less, or zeros, at the borders of an image, by amounts or up to a size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.images.images_parts import DATA_FORMAT, IMAGES
from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call
from equivalence.translation.same_padding import pad_argument

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_AXES = (("top", "bottom", "height"), ("left", "right", "width"))
Given = tuple[int | None, int | None, int | None]


def emit_crop(site: Site) -> Value:
    """A slice."""
    image = site.images(4)
    slices = [_slice(*given) for given in _given(site, "cropping")]
    if slices == [":", ":"]:
        return site.new(f"{image}[:]", image.order)
    return site.new(f"{image}[:, :, {', '.join(slices)}]", image.order)


def emit_pad(site: Site) -> Value:
    """F.pad. Raises Refused where an amount depends on a size that is unknown."""
    image, pads = site.images(4), []
    for (before, after, target), size in zip(_given(site, "padding"), image.sizes, strict=True):
        if target is not None and size is None:
            site.refuse(f"it pads images of unknown size {image.value.shape} up to {target}")
        left = (target or 0) - (size or 0)
        first = left - (after or 0) if before is None else before
        pads.append((first, left - first if after is None else after))
    if any(amount < 0 for pair in pads for amount in pair):
        site.refuse(f"its image of {image.sizes} is larger than what it is padded to")
    return site.new(call("F.pad", f"{image}", pad_argument(pads)), image.order)


def _given(site: Site, what: str) -> list[Given]:
    """(before, after, target) of each axis: two of them are numbers."""
    found: list[Given] = []
    for before, after, target in _AXES:
        names = (f"{before}_{what}", f"{after}_{what}", f"target_{target}")
        values = [
            None if site.config.value(name) is None else site.config.integer(name, int(name.startswith("target")))
            for name in names
        ]
        if values.count(None) != 1:
            site.config.refuse(
                names[0], values[0], f"should be given, or one of {names[1]} and {names[2]}: two of three"
            )
        found.append((values[0], values[1], values[2]))
    return found


def _slice(before: int | None, after: int | None, target: int | None) -> str:
    if before is None:
        return f"-{(after or 0) + (target or 0)}:{-after if after else ''}"
    return f"{before or ''}:{before + target if target is not None else -after if after else ''}"


def _arguments(what: str, note: str) -> tuple[Argument, ...]:
    sides = ("top", "left", "bottom", "right")
    return (
        IMAGES,
        *(Argument(f"{side}_{what}", None, None, note=note) for side in sides),
        Argument("target_height", None, None, note="two of three are given for each axis"),
        Argument("target_width", None, None, note="two of three are given for each axis"),
        DATA_FORMAT,
    )


def _cases(what: str, height: int, width: int) -> tuple[Case, ...]:
    def config(**more: Any) -> dict[str, Any]:
        return {f"{key}_{what}" if "target" not in key and key != "data_format" else key: v for key, v in more.items()}

    return (
        Case("amounts", config(top=1, bottom=2, left=3, right=0), x=(2, 5, 7, 3)),
        Case("up-to-a-size", config(top=1, target_height=height, left=2, target_width=width), x=(2, 5, 7, 3)),
        Case("from-the-end", config(bottom=1, target_height=height, right=2, target_width=width), x=(2, 5, 7, 3)),
        Case(
            "channels-first",
            config(top=1, bottom=2, right=2, target_width=width, data_format="channels_first"),
            x=(2, 3, 5, 7),
        ),
        Case("whole-numbers", config(top=1, bottom=2, left=3, right=0), x=(2, 5, 7, 3), draw="ids:256"),
    )


CropImages = Entry(
    keras="keras.ops.image.crop_images",
    torch=("torch.Tensor.__getitem__",),
    says="Cuts pixels off the borders of an image, by amounts, or down to a size.",
    emit=emit_crop,
    kind="operation",
    arguments=_arguments("cropping", "a slice"),
    cases=(
        *_cases("cropping", 3, 4),
        Case(
            "unknown-sizes",
            {"top_cropping": 1, "target_height": 3, "right_cropping": 2, "target_width": 4},
            x=(2, 5, 7, 3),
            declared=(None, None, 3),
        ),
    ),
    aliases=("tf.image.crop_to_bounding_box",),
    stored=stored("CropImages", "image"),
    layout="spatial",
)
PadImages = Entry(
    keras="keras.ops.image.pad_images",
    torch=("torch.nn.functional.pad",),
    says="Adds zeros around an image, by amounts, or up to a size.",
    emit=emit_pad,
    kind="operation",
    arguments=_arguments("padding", "F.pad lists the last axis first"),
    differences=(
        Difference(
            "order-of-axes",
            "Keras names top and bottom, left and right; F.pad takes left and right first.",
            case="square",
            swap=(("(3, 0, 1, 2)", "(1, 2, 3, 0)"),),
        ),
    ),
    cases=(
        *_cases("padding", 8, 10),
        Case(
            "square",
            {"top_padding": 1, "bottom_padding": 2, "left_padding": 3, "right_padding": 0},
            x=(2, 5, 5, 3),
            declared=(None, None, 3),
        ),
    ),
    aliases=("tf.image.pad_to_bounding_box",),
    stored=stored("PadImages", "image"),
    layout="spatial",
)
