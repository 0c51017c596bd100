"""RandomColorJitter: brightness, contrast, saturation and hue, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.augmentation.augmentation_parts import (
    FORMAT,
    GENERAL,
    SEED,
    VALUE_RANGE,
    images,
    pair,
    span,
    value_range,
)
from equivalence.catalogue.augmentation.brightness_and_contrast import RANDOM_BRIGHTNESS, RANDOM_CONTRAST
from equivalence.catalogue.augmentation.hue_and_saturation import FROM_HSV, RANDOM_HUE, RANDOM_SATURATION, TO_HSV
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: The steps in Keras's order, the least that their factor may be, and their modules.
STEPS = (
    ("brightness_factor", -1, (RANDOM_BRIGHTNESS,)),
    ("contrast_factor", 0, (RANDOM_CONTRAST,)),
    ("saturation_factor", -1, (TO_HSV, FROM_HSV, RANDOM_SATURATION)),
    ("hue_factor", 0, (TO_HSV, FROM_HSV, RANDOM_HUE)),
)


def emit_random_color_jitter(site: Site) -> Value:
    """The modules of its four layers, those that are asked for, in an nn.Sequential; nothing where none is."""
    return _jitter(site, STEPS)


def emit_other_order(site: Site) -> Value:
    """The naive form: the colours first."""
    return _jitter(site, STEPS[::-1])


def _jitter(site: Site, steps: tuple[tuple[str, int, tuple[str, ...]], ...]) -> Value:
    limits = pair(value_range(site))
    site.config.only(
        "data_format", "channels_last", None, because="is not handed on by Keras to the layers within, which then fail"
    )
    coloured = any(site.config.value(name) is not None for name in ("saturation_factor", "hue_factor"))
    image = images(site, (3,) if coloured else ())
    made = []
    for name, least, sources in steps:
        if site.config.value(name) is not None:
            *_, layer = [site.helper(source) for source in sources]
            made.append(call(layer, pair(span(site, name, least, 1)), limits))
    if not made:
        return site.unchanged()
    module = site.module(made[0] if len(made) == 1 else call("nn.Sequential", *made))
    return site.unchanged(site.new(f"{module}({image})", image.order))


_ALL = {
    "brightness_factor": [0.2, 0.5],
    "contrast_factor": [0.8, 0.9],
    "saturation_factor": [0.3, 0.6],
    "hue_factor": 0.3,
}

RandomColorJitter = Entry(
    keras="keras.layers.RandomColorJitter",
    since="3.8",
    torch=("torch.nn.Sequential", "torch.Tensor.uniform_"),
    says="Changes brightness, contrast, saturation and hue of each image in training, in this order.",
    arguments=(
        VALUE_RANGE,
        Argument("brightness_factor", "brightness", None, note="as RandomBrightness reads it"),
        Argument("contrast_factor", "contrast", None, note="as RandomContrast reads it"),
        Argument("saturation_factor", "saturation", None, note="as RandomSaturation reads it: 0.5 keeps an image"),
        Argument("hue_factor", "hue", None, note="as RandomHue reads it: 1 is half a turn"),
        SEED,
        FORMAT._replace(note="channels_last alone; Keras forgets it for the layers within"),
        *GENERAL,
    ),
    differences=(
        Difference(
            "jitter-order",
            "The four are always applied in the order brightness, contrast, saturation, hue; torchvision's ColorJitter "
            "draws the order for each batch.",
            case="all",
            naive=emit_other_order,
            seen_in="train",
        ),
    ),
    cases=(
        Case("all", {"value_range": [0, 1], **_ALL, "seed": 1}, x=(4, 4, 5, 3), draw="uniform"),
        Case("pixels", {"value_range": [0, 255], **_ALL, "seed": 2}, x=(4, 4, 5, 3), draw="pixels"),
        Case("one", {"contrast_factor": 0.5, "seed": 3}, x=(4, 4, 5, 2), draw="pixels"),
        Case("none", {}, x=(4, 4, 5, 3), draw="pixels", training="same"),
    ),
    aliases=("random_color_jitter", "ColorJitter", "torchvision.transforms.v2.ColorJitter"),
    emit=emit_random_color_jitter,
    training="random images",
    trains_by_default=True,
)
