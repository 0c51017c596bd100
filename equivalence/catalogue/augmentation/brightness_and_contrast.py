"""RandomBrightness and RandomContrast."""

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
    span,
    value_range,
)
from equivalence.catalogue.mistaken_sources import naive
from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

RANDOM_BRIGHTNESS = f'''
class RandomBrightness(nn.Module):
    """In training, adds to each image a part of the range of values, drawn from `factor`."""

    def __init__(self, factor: tuple[float, float], value_range: tuple[float, float]) -> None:
        super().__init__()
        self.factor, self.value_range = factor, value_range

    def draw(self, x: Tensor) -> tuple[Tensor]:
        low, high = self.value_range
        part = torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(*self.factor)
        return (part * (high - low),)

    def transform(self, x: Tensor, delta: Tensor) -> Tensor:
        return (x + delta).clamp(*self.value_range)
{FORWARD}'''

RANDOM_CONTRAST = f'''
class RandomContrast(nn.Module):
    """In training, scales the distance of each image's pixels from the mean of their channel."""

    def __init__(self, factor: tuple[float, float], value_range: tuple[float, float]) -> None:
        super().__init__()
        self.factor, self.value_range = factor, value_range

    def draw(self, x: Tensor) -> tuple[Tensor]:
        low, high = self.factor
        return (torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(1 - low, 1 + high),)

    def transform(self, x: Tensor, contrast: Tensor) -> Tensor:
        mean = x.mean((2, 3), keepdim=True)
        return ((x - mean) * contrast + mean).clamp(*self.value_range)
{FORWARD}'''


def emit_random_brightness(site: Site, source: str = RANDOM_BRIGHTNESS) -> Value:
    """A helper module."""
    factor = pair(span(site, "factor", -1, 1))
    return augmented(site, images(site), source, factor, pair(value_range(site, ordered=True)))


def emit_random_contrast(site: Site, source: str = RANDOM_CONTRAST) -> Value:
    """A helper module."""
    return augmented(site, images(site), source, pair(span(site, "factor", 0, 1)), pair(value_range(site)))


RandomBrightness = Entry(
    keras="keras.layers.RandomBrightness",
    since="2.9",
    torch=("torch.Tensor.uniform_", "torch.clamp"),
    says="Adds a number to each image in training, and clips it to the range of values.",
    arguments=(
        Argument("factor", None, how="delta = factor * (highest - lowest value)", note="a number f: from -f to f"),
        VALUE_RANGE,
        SEED,
        FORMAT,
        *GENERAL,
    ),
    legacy=KERAS_2,
    differences=(
        Difference(
            "brightness-adds",
            "A part of the range of values is added; torchvision's ColorJitter multiplies by 1 + factor.",
            case="pixels",
            naive=naive(
                emit_random_brightness,
                RANDOM_BRIGHTNESS,
                ("(x + delta)", "(x * (1 + delta / (self.value_range[1] - self.value_range[0])))"),
            ),
            seen_in="train",
        ),
        Difference(
            "brightness-range",
            "How much is added goes by value_range, which is (0, 255) by default: images from 0 to 1 need (0, 1) "
            "stated, or most of them become black or far too bright.",
            case="from-0-to-1",
            naive=naive(emit_random_brightness, RANDOM_BRIGHTNESS, ("= factor, value_range", "= factor, (0, 255)")),
            seen_in="train",
        ),
    ),
    cases=(
        Case("pixels", {"factor": 0.3, "seed": 1}, x=(4, 4, 5, 3), draw="pixels"),
        Case("from-0-to-1", {"factor": [-0.1, 0.4], "value_range": [0, 1], "seed": 2}, x=(4, 4, 5, 3), draw="uniform"),
        Case(
            "channels-first", {"factor": 0.2, "data_format": "channels_first", "seed": 3}, x=(4, 3, 4, 5), draw="pixels"
        ),
    ),
    aliases=("random_brightness", "tf.image.random_brightness", "ColorJitter brightness"),
    emit=emit_random_brightness,
    training="random images",
    trains_by_default=True,
)

RandomContrast = Entry(
    keras="keras.layers.RandomContrast",
    since="2.3.0-tf",
    torch=("torch.Tensor.uniform_", "torch.clamp"),
    says="Scales the contrast of each image in training, and clips it to the range of values.",
    arguments=(
        Argument("factor", None, how="from 1 - factor[0] to 1 + factor[1]", note="a number f: from 1 to 1 + f"),
        VALUE_RANGE._replace(since="3.8"),
        SEED,
        FORMAT,
        *GENERAL,
    ),
    legacy=KERAS_2,
    differences=(
        Difference(
            "contrast-per-channel",
            "Contrast is scaled about the mean of each image and channel; torchvision's ColorJitter takes the mean "
            "of the whole image in grey.",
            case="pixels",
            naive=naive(
                emit_random_contrast,
                RANDOM_CONTRAST,
                ("x.mean((2, 3), keepdim=True)", "x.mean((1, 2, 3), keepdim=True)"),
            ),
            seen_in="train",
        ),
        Difference(
            "contrast-of-the-batch",
            "The mean is that of one image, not of the batch.",
            case="pixels",
            naive=naive(
                emit_random_contrast,
                RANDOM_CONTRAST,
                ("x.mean((2, 3), keepdim=True)", "x.mean((0, 2, 3), keepdim=True)"),
            ),
            seen_in="train",
        ),
        Difference(
            "contrast-from-one",
            "A single number f draws from 1 to 1 + f in Keras 3: contrast only grows. Its documentation says from "
            "1 - f to 1 + f, as torchvision does; [f, f] gives that.",
            case="pixels",
            naive=naive(emit_random_contrast, RANDOM_CONTRAST, ("uniform_(1 - low,", "uniform_(1 - high,")),
            seen_in="train",
        ),
    ),
    cases=(
        Case("pixels", {"factor": 0.6, "seed": 1}, x=(4, 4, 5, 3), draw="pixels"),
        Case("from-0-to-1", {"factor": [0.5, 0.9], "value_range": [0, 1], "seed": 2}, x=(4, 4, 5, 3), draw="uniform"),
        Case(
            "channels-first",
            {"factor": [0.5, 0.5], "data_format": "channels_first", "seed": 3},
            x=(4, 3, 4, 5),
            draw="pixels",
        ),
    ),
    aliases=("random_contrast", "tf.image.random_contrast", "ColorJitter contrast"),
    emit=emit_random_contrast,
    training="random images",
    trains_by_default=True,
)
