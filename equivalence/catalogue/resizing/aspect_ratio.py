"""The part of an image, or the image with bands around it, that has the ratio of a target size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Image, Site

_CROP = '''
def crop_to_ratio(x: Tensor, height: int, width: int) -> Tensor:
    """The middle of the image that has the ratio of height to width, as Keras rounds it."""
    rows = max(min(x.shape[2], x.shape[3] * height // width), 1)
    columns = max(min(x.shape[3], x.shape[2] * width // height), 1)
    top, left = (x.shape[2] - rows) // 2, (x.shape[3] - columns) // 2
    return x[:, :, top : top + rows, left : left + columns]
'''

_PAD = '''
def pad_to_ratio(x: Tensor, height: int, width: int, value: float) -> Tensor:
    """The image between bands that give it the ratio of height to width, as Keras rounds them."""
    top = max(x.shape[3] * height // width - x.shape[2], 0) // 2
    left = max(x.shape[2] * width // height - x.shape[3], 0) // 2
    return F.pad(x, (left, left, top, top), value=value)
'''


def cropped_to_ratio(site: Site, image: Image, size: tuple[int, int]) -> Image:
    """The middle of the image, in the ratio of `size`."""
    height, width = image.sizes
    if height is None or width is None:
        return _image(site, image, call(site.helper(_CROP), f"{image}", *size))
    rows = max(min(height, width * size[0] // size[1]), 1)
    columns = max(min(width, height * size[1] // size[0]), 1)
    top, left = (height - rows) // 2, (width - columns) // 2
    return image if (rows, columns) == (height, width) else middle(site, image, (top, left), (rows, columns))


def middle(site: Site, image: Image, start: tuple[int, int], size: tuple[int, int]) -> Image:
    """`size` pixels from `start` on."""
    slices = [
        f"{begin or ''}:{begin + count if begin + count != whole else ''}"
        for begin, count, whole in zip(start, size, image.sizes, strict=True)
    ]
    return _image(site, image, f"{image}[:, :, {', '.join(slices)}]")


def padded_to_ratio(site: Site, image: Image, size: tuple[int, int], value: float) -> Image:
    """The image between bands of `value`, in the ratio of `size`."""
    height, width = image.sizes
    if height is None or width is None:
        return _image(site, image, call(site.helper(_PAD), f"{image}", *size, value))
    top = max(width * size[0] // size[1] - height, 0) // 2
    left = max(height * size[1] // size[0] - width, 0) // 2
    if not top and not left:
        return image
    text = call("F.pad", f"{image}", (left, left, top, top), value=value, omit={"value": 0.0})
    return _image(site, image, text)


def _image(site: Site, image: Image, text: str) -> Image:
    return site.images(4, site.new(text, image.order))
