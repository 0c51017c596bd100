"""CenterCrop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.resizing.aspect_ratio import cropped_to_ratio, middle
from equivalence.catalogue.resizing.interpolation import interpolated
from equivalence.catalogue.resizing.resizing_parts import DATA_FORMAT, only_images
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_CROP = '''
def center_crop(x: Tensor, height: int, width: int) -> Tensor:
    """The middle of images that are no smaller."""
    top, left = (x.shape[2] - height) // 2, (x.shape[3] - width) // 2
    if top < 0 or left < 0:
        raise ValueError(
            f"images of {x.shape[2]} x {x.shape[3]} are smaller than {height} x {width}"
        )
    return x[:, :, top : top + height, left : left + width]
'''


def emit_center_crop(site: Site) -> Value:
    """A slice; of an image that is too small, the middle of the crop's ratio, enlarged as Resizing does.

    Where sizes are unknown, Keras crops in a compiled function and enlarges outside of one: the port takes none that
    is too small.
    """
    only_images(site)
    image, size = site.images(4), (site.config.integer("height"), site.config.integer("width"))
    height, width = image.sizes
    if not image.value.dtype.startswith("float"):
        image = site.images(4, site.new(f"{image}.to(torch.float32)", image.order))
    if height is None or width is None:
        return site.new(call(site.helper(_CROP), f"{image}", *size), image.order)
    if height < size[0] or width < size[1]:
        return interpolated(site, cropped_to_ratio(site, image, size), size, "bilinear", antialias=False)
    if (height, width) == size:
        return site.new(f"{image}[:]", image.order)
    return middle(site, image, ((height - size[0]) // 2, (width - size[1]) // 2), size).value


_FLOAT32 = "Keras on TensorFlow resizes in float32 whatever the dtype"
CenterCrop = Entry(
    keras="keras.layers.CenterCrop",
    since="2.2.4-tf",
    trains_by_default=True,
    torch=("torch.Tensor.__getitem__", "torch.nn.functional.interpolate"),
    says="The middle of an image; where the image is smaller, as much of it as has the ratio, enlarged.",
    emit=emit_center_crop,
    arguments=(Argument("height", "size"), Argument("width", "size"), DATA_FORMAT, *LAYER_ARGUMENTS),
    differences=(
        Difference(
            "odd-pixel",
            "Where the middle is half a pixel off, Keras begins at the pixel before; torchvision's CenterCrop rounds "
            "half a pixel to the even one, and so may begin at the pixel after.",
            case="odd",
            swap=(("[:, :, 1:4, 1:5]", "[:, :, 2:5, 2:6]"),),
        ),
    ),
    cases=(
        Case("odd", {"height": 3, "width": 4}, x=(2, 6, 7, 3)),
        Case("even", {"height": 3, "width": 8}, x=(2, 7, 8, 3)),
        Case("all-of-it", {"height": 4, "width": 5}, x=(2, 4, 5, 3)),
        Case("unknown-sizes", {"height": 3, "width": 4}, x=(2, 6, 7, 3), declared=(None, None, 3)),
        Case("whole-numbers", {"height": 2, "width": 4}, x=(2, 6, 7, 3), draw="ids:256"),
        Case("too-small", {"height": 8, "width": 6}, x=(2, 5, 7, 3), oracle="torch", because=_FLOAT32),
        Case("too-small-one-way", {"height": 8, "width": 3}, x=(2, 5, 7, 3), max_rel=2e-5, because=_FLOAT32),
        Case(
            "channels-first",
            {"height": 3, "width": 4, "data_format": "channels_first"},
            x=(2, 3, 6, 7),
        ),
    ),
    aliases=("keras.layers.experimental.preprocessing.CenterCrop", "torchvision.transforms.v2.CenterCrop"),
    layout="spatial",
)
