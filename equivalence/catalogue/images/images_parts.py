"""What the operations on images have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import Argument

if TYPE_CHECKING:
    from equivalence.translation.call_site import Image, Site, Value

IMAGES = Argument("images", "input")
DATA_FORMAT = Argument("data_format", None, None, note="which axes are spatial; torch has the channels first")


def float_images(site: Site, value: Value | None = None, rank: int = 4) -> Image:
    """The input, channels first. Raises Refused where it is not of floats, or has no batch."""
    image = site.images(rank, value)
    if not image.value.dtype.startswith("float"):
        site.refuse(f"it is called on {image.value.dtype}; cast it to floats before")
    return image
