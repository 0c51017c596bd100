"""ops.image.rgb_to_grayscale, rgb_to_hsv, hsv_to_rgb: colours in other terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.images.images_parts import DATA_FORMAT, IMAGES, float_images
from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Image, Site, Value

RGB_TO_HSV = '''
def rgb_to_hsv(x: Tensor) -> Tensor:
    """Hue, saturation and value of red, green and blue, all from 0 to 1; a grey has hue 0."""
    red, green, blue = x.unbind(1)
    value, spread = x.amax(1), x.amax(1) - x.amin(1)
    sixth = 1 / (6 * torch.where(spread > 0, spread, 1))
    from_green, from_blue = sixth * (blue - red) + 1 / 3, sixth * (red - green) + 2 / 3
    hue = torch.where(
        value == red, sixth * (green - blue), torch.where(value == green, from_green, from_blue)
    )
    hue = torch.where(spread > 0, torch.where(hue < 0, hue + 1, hue), 0)
    saturation = torch.where(value > 0, spread / torch.where(value > 0, value, 1), 0)
    return torch.stack([hue, saturation, value], 1)
'''

HSV_TO_RGB = '''
def hsv_to_rgb(x: Tensor) -> Tensor:
    """Red, green and blue of hue, saturation and value, all from 0 to 1."""
    hue, saturation, value = 6 * x[:, :1], x[:, 1:2], x[:, 2:]
    pure = torch.cat([(hue - 3).abs() - 1, 2 - (hue - 2).abs(), 2 - (hue - 4).abs()], 1).clamp(0, 1)
    return (1 - saturation + saturation * pure) * value
'''


def emit_grayscale(site: Site) -> Value:
    """The weighted sum of the three channels; one channel stays as it is."""
    image = float_images(site)
    if image.channels == 1:
        return site.new(f"{image}.clone()", image.order)
    _three_channels(site, image)
    text = f"0.2989 * {image}[:, :1] + 0.587 * {image}[:, 1:2] + 0.114 * {image}[:, 2:]"
    return site.new(text, image.order)


def emit_conversion(site: Site) -> Value:
    """A function of its own: torch has none."""
    image = float_images(site)
    _three_channels(site, image)
    source = RGB_TO_HSV if site.entry.name == "rgb_to_hsv" else HSV_TO_RGB
    return site.new(f"{site.helper(source)}({image})", image.order)


def _three_channels(site: Site, image: Image) -> None:
    if image.channels != 3:
        site.refuse(f"its input has {image.channels} channels, not 3")


RGBToGrayscale = Entry(
    keras="keras.ops.image.rgb_to_grayscale",
    torch=("torch.Tensor.__getitem__",),
    says="The grey of each pixel: 0.2989 of its red, 0.587 of its green, 0.114 of its blue.",
    emit=emit_grayscale,
    kind="operation",
    arguments=(IMAGES, DATA_FORMAT),
    differences=(
        Difference(
            "weights",
            "Keras's weights are 0.2989, 0.587 and 0.114; the mean of the channels is another grey.",
            case="images",
            swap=(("0.2989 *", "0.3333 *"), ("0.587 *", "0.3333 *"), ("0.114 *", "0.3333 *")),
        ),
    ),
    cases=(
        Case("images", {}, x=(2, 4, 5, 3)),
        Case("grey-already", {}, x=(2, 4, 5, 1)),
        Case("channels-first", {"data_format": "channels_first"}, x=(2, 3, 4, 5)),
        Case("unknown-sizes", {}, x=(2, 4, 5, 3), declared=(None, None, 3)),
    ),
    aliases=("tf.image.rgb_to_grayscale", "transforms.Grayscale", "torchvision.transforms.v2.Grayscale"),
    stored=stored("RGBToGrayscale", "image", "image.rgb_to_grayscale"),
    layout="spatial",
)
RGBToHSV = Entry(
    keras="keras.ops.image.rgb_to_hsv",
    torch=("torch.stack",),
    says="Hue, saturation and value of each pixel, all from 0 to 1.",
    emit=emit_conversion,
    kind="operation",
    arguments=(IMAGES, DATA_FORMAT),
    cases=(
        Case("images", {}, x=(2, 4, 5, 3), draw="uniform"),
        Case("channels-first", {"data_format": "channels_first"}, x=(2, 3, 4, 5), draw="uniform"),
    ),
    aliases=("tf.image.rgb_to_hsv",),
    stored=stored("RGBToHSV", "image", "image.rgb_to_hsv"),
    layout="spatial",
)
_NO_GRADIENT = "TensorFlow has no gradient of it"
HSVToRGB = Entry(
    keras="keras.ops.image.hsv_to_rgb",
    torch=("torch.cat",),
    says="Red, green and blue of each pixel's hue, saturation and value, all from 0 to 1.",
    emit=emit_conversion,
    kind="operation",
    arguments=(IMAGES, DATA_FORMAT),
    cases=(
        Case("images", {}, x=(2, 4, 5, 3), draw="uniform", oracle="torch", because=_NO_GRADIENT),
        Case(
            "channels-first",
            {"data_format": "channels_first"},
            x=(2, 3, 4, 5),
            draw="uniform",
            oracle="torch",
            because=_NO_GRADIENT,
        ),
    ),
    aliases=("tf.image.hsv_to_rgb",),
    stored=stored("HSVToRGB", "image", "image.hsv_to_rgb"),
    layout="spatial",
)
