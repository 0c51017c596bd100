"""The layers that RandAugment and AugMix draw from, with the settings that Keras gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.augmentation.affine import DEFAULTS, SAMPLING
from equivalence.catalogue.augmentation.augmentation_parts import pair
from equivalence.catalogue.augmentation.brightness_and_contrast import RANDOM_BRIGHTNESS, RANDOM_CONTRAST
from equivalence.catalogue.augmentation.filtering import RANDOM_SHARPNESS
from equivalence.catalogue.augmentation.grey import IN_GREY, RANDOM_COLOR_DEGENERATION
from equivalence.catalogue.augmentation.inverting import SOLARIZATION
from equivalence.catalogue.augmentation.levels import AUTO_CONTRAST, EQUALIZATION, RANDOM_POSTERIZATION, RESCALED
from equivalence.catalogue.augmentation.rotation import RANDOM_ROTATION
from equivalence.catalogue.augmentation.shear import RANDOM_SHEAR
from equivalence.catalogue.augmentation.shifting import RANDOM_TRANSLATION
from equivalence.translation.order import FIRST
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Image, Site

#: In Keras's order.
ALL = (
    RANDOM_SHEAR,
    RANDOM_TRANSLATION,
    RANDOM_ROTATION,
    RANDOM_BRIGHTNESS,
    RANDOM_COLOR_DEGENERATION,
    RANDOM_CONTRAST,
    RANDOM_SHARPNESS,
    RANDOM_POSTERIZATION,
    SOLARIZATION,
    AUTO_CONTRAST,
    EQUALIZATION,
)
COLOURS = (RANDOM_BRIGHTNESS, RANDOM_COLOR_DEGENERATION, RANDOM_CONTRAST, RANDOM_SHARPNESS)
WITHOUT_COLOURS = tuple(source for source in ALL if source not in COLOURS)


def layers_of(
    site: Site,
    image: Image,
    sources: tuple[str, ...],
    factor: tuple[float, float],
    limits: tuple[float, float],
    interpolation: str,
) -> str:
    """The list of modules as text, each with the factor, the range of values and the interpolation of the whole."""
    given, limits = pair(factor), pair(limits)
    pixels = pair((factor[0], factor[1] * 255))
    if pixels[0] > pixels[1]:
        site.config.refuse("factor", list(factor), "gives Solarization a range that ends before it starts")
    arguments: dict[str, tuple[Any, ...]] = {
        RANDOM_SHEAR: (given, given),
        RANDOM_TRANSLATION: (given, given),
        RANDOM_ROTATION: (given,),
        RANDOM_BRIGHTNESS: (given, limits),
        RANDOM_COLOR_DEGENERATION: (given, limits),
        RANDOM_CONTRAST: (given, limits),
        RANDOM_SHARPNESS: (given, limits),
        RANDOM_POSTERIZATION: ((1, max(1, int(8 * factor[1]))), limits),
        SOLARIZATION: (pixels, pixels, limits),
        AUTO_CONTRAST: (limits,) if image.order == FIRST else (limits, (1, 2)),
        EQUALIZATION: (limits,),
    }
    for helper in (*SAMPLING, IN_GREY, RESCALED):
        site.helper(helper)
    texts = []
    for source in sources:
        moves = source in (RANDOM_SHEAR, RANDOM_TRANSLATION, RANDOM_ROTATION)
        keywords = {"interpolation": f'"{interpolation}"'} if moves else {}
        texts.append(call(site.helper(source), *arguments[source], omit=DEFAULTS, **keywords))
    return f"[{', '.join(texts)}]"
