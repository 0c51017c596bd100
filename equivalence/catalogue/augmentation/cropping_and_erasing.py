"""RandomCrop and RandomErasing: a rectangle of each image, kept or filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.augmentation.affine import FORWARD
from equivalence.catalogue.augmentation.augmentation_parts import (
    FORMAT,
    GENERAL,
    KERAS_2,
    SEED,
    VALUE_RANGE,
    augmented,
    images,
    pair,
    short,
    span,
    value_range,
)
from equivalence.catalogue.mistaken_sources import naive
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

RANDOM_CROP = f'''
class RandomCrop(nn.Module):
    """In training, one window for the whole batch; images not larger than it are resized."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height, self.width = height, width

    def draw(self, x: Tensor) -> tuple[int, int]:
        height, width = x.shape[2:]
        if height > self.height and width > self.width:
            top = torch.randint(height - self.height + 1, ())
            return int(top), int(torch.randint(width - self.width + 1, ()))
        high = max(min(height, int(width * self.height / self.width)), 1)
        wide = max(min(width, int(height * self.width / self.height)), 1)
        return (height - high) // 2, (width - wide) // 2

    def transform(self, x: Tensor, top: int, left: int) -> Tensor:
        x = x[:, :, top : top + self.height, left : left + self.width]
        if x.shape[2:] != (self.height, self.width):
            x = F.interpolate(x, (self.height, self.width), mode="bilinear")
        return x
{FORWARD}'''

RANDOM_ERASING = f'''
class RandomErasing(nn.Module):
    """In training, fills a rectangle of some images, with a probability drawn from `factor`."""

    def __init__(
        self,
        factor: tuple[float, float],
        scale: tuple[float, float],
        fill_value: float | tuple[float, ...] | None,
        value_range: tuple[float, float],
    ) -> None:
        super().__init__()
        self.factor, self.scale = factor, scale
        self.fill_value, self.value_range = fill_value, value_range

    def draw(self, x: Tensor) -> tuple[Tensor, Tensor]:
        inside = torch.ones(len(x), 1, 1, 1, dtype=torch.bool, device=x.device)
        for dim in (3, 2):
            size = x.shape[dim]
            area = torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(*self.scale)
            length = area.sqrt() * size
            start = torch.rand_like(length) * (size - length)
            at = torch.arange(size, device=x.device)
            at = at if dim == 3 else at.unsqueeze(1)
            inside = inside & (at >= start) & (at < start + length)
        probability = torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(*self.factor)
        erased = inside & (torch.rand_like(probability) < probability)
        if self.fill_value is None:
            return erased, (torch.randn_like(x) * self.value_range[1]).clamp(*self.value_range)
        fill = torch.tensor(self.fill_value).to(x).reshape(1, -1, 1, 1)
        return erased, fill.clamp(*self.value_range)

    def transform(self, x: Tensor, erased: Tensor, fill: Tensor) -> Tensor:
        return torch.where(erased, fill, x)
{FORWARD}'''


def emit_random_crop(site: Site, source: str = RANDOM_CROP) -> Value:
    """A helper module; in inference Keras leaves images as they are, whatever their size."""
    height, width = site.config.integer("height"), site.config.integer("width")
    return augmented(site, images(site), source, height, width)


def emit_random_erasing(site: Site, source: str = RANDOM_ERASING) -> Value:
    """A helper module; without a fill value the rectangle is filled with normal noise."""
    image = images(site, cast=True)
    fill = site.config.value("fill_value")
    if isinstance(fill, (list, tuple)):
        if len(fill) != 3 or not all(isinstance(part, (int, float)) for part in fill):
            site.config.refuse("fill_value", fill, "should be a number, or one for each of three channels")
        if image.order == KERAS or image.channels != 3:
            site.config.refuse("fill_value", fill, "goes along the last axis in Keras, which holds no three channels")
        fill = tuple(short(float(part)) for part in fill)
    elif fill is not None:
        fill = short(site.config.number("fill_value"))
    ranges = pair(span(site, "factor", 0, 1)), pair(span(site, "scale", 0, 1))
    return augmented(site, image, source, *ranges, fill, pair(value_range(site)))


RandomCrop = Entry(
    keras="keras.layers.RandomCrop",
    since="2.2.4-tf",
    torch=("torch.randint", "torch.nn.functional.interpolate"),
    says="Cuts one window out of all images of a batch in training. In inference Keras 3.15 passes images on uncut.",
    arguments=(Argument("height", None), Argument("width", None), SEED, FORMAT, *GENERAL),
    legacy=KERAS_2,
    differences=(
        Difference(
            "crop-per-batch",
            "All images of a batch are cut at one place; torchvision's RandomCrop, called on one image after another, "
            "draws a place for each.",
            case="smaller",
            naive=naive(
                emit_random_crop,
                RANDOM_CROP,
                (
                    "return self.transform(x, *self.draw(x)) if",
                    "return torch.cat([self.transform(one, *self.draw(one)) for one in x.split(1)]) if",
                ),
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case("smaller", {"height": 4, "width": 3, "seed": 1}, x=(4, 6, 7, 2), draw="uniform"),
        Case("channels-first", {"height": 4, "width": 3, "data_format": "channels_first", "seed": 2}, x=(4, 2, 6, 5)),
        Case("larger", {"height": 7, "width": 5, "seed": 3}, x=(4, 6, 6, 2)),
        Case("one-side", {"height": 6, "width": 3, "seed": 4}, x=(4, 6, 8, 2)),
    ),
    aliases=("random_crop", "tf.image.random_crop", "torchvision.transforms.v2.RandomCrop"),
    emit=emit_random_crop,
    training="random images",
    trains_by_default=True,
)

RandomErasing = Entry(
    keras="keras.layers.RandomErasing",
    since="3.9",
    torch=("torch.where", "torch.randn_like"),
    says="Fills a rectangle of some images in training, with noise or a value.",
    arguments=(
        Argument("factor", "p", 1.0, note="where each image's probability is drawn from; a number f: from 0 to f"),
        Argument(
            "scale", "scale", (0.02, 0.33), note="the square of a side over the image's, drawn for both sides apart"
        ),
        Argument(
            "fill_value", "value", None, note="None: normal noise times the highest value, clipped to value_range"
        ),
        VALUE_RANGE,
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "erasing-probability",
            "factor=1.0, the default, erases half of the images: each draws its probability from 0 to 1. p=1.0 of "
            "torchvision's RandomErasing erases all.",
            case="default",
            naive=naive(emit_random_erasing, RANDOM_ERASING, ("uniform_(*self.factor)", "fill_(self.factor[1])")),
            seen_in="train",
        ),
        Difference(
            "erasing-fill",
            "Unless a value is stated, noise as wide as the range of values fills the rectangle; torchvision's "
            "RandomErasing fills it with 0.",
            case="default",
            naive=naive(emit_random_erasing, RANDOM_ERASING, ("torch.randn_like(x) *", "0.0 * torch.randn_like(x) *")),
            seen_in="train",
        ),
    ),
    cases=(
        Case(
            "default",
            {"factor": 1.0, "scale": [0.02, 0.33], "value_range": [0, 255], "seed": 1},
            x=(4, 5, 6, 2),
            draw="pixels",
        ),
        Case(
            "value",
            {"factor": [0.5, 0.9], "scale": 0.8, "fill_value": 0.25, "value_range": [0, 1], "seed": 2},
            x=(4, 5, 6, 2),
        ),
        Case("colour", {"scale": [0.3, 0.6], "fill_value": [10, 300, 90], "seed": 3}, x=(4, 5, 6, 3), draw="pixels"),
        Case(
            "channels-first",
            {"fill_value": 7, "data_format": "channels_first", "seed": 4},
            x=(4, 2, 5, 6),
            draw="pixels",
        ),
    ),
    aliases=("random_erasing", "RandomCutout", "cutout", "torchvision.transforms.v2.RandomErasing"),
    emit=emit_random_erasing,
    training="random images",
    trains_by_default=True,
)
