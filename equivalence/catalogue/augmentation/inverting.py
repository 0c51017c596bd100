"""RandomInvert and Solarization: 255 minus a pixel, of some images or some pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.augmentation.affine import FORWARD
from equivalence.catalogue.augmentation.augmentation_parts import (
    FORMAT,
    GENERAL,
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

RANDOM_INVERT = f'''
class RandomInvert(nn.Module):
    """In training, takes pixels off the highest value, with a probability drawn from `factor`."""

    def __init__(self, factor: tuple[float, float], highest: float) -> None:
        super().__init__()
        self.factor, self.highest = factor, highest

    def draw(self, x: Tensor) -> tuple[Tensor]:
        probability = torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(*self.factor)
        return (torch.rand_like(probability) < probability,)

    def transform(self, x: Tensor, inverted: Tensor) -> Tensor:
        return torch.where(inverted, self.highest - x, x)
{FORWARD}'''

SOLARIZATION = f'''
class Solarization(nn.Module):
    """In training, adds a number to each image and inverts pixels not below a threshold then."""

    def __init__(
        self,
        additions: tuple[float, float],
        thresholds: tuple[float, float],
        value_range: tuple[float, float],
    ) -> None:
        super().__init__()
        self.additions, self.thresholds, self.value_range = additions, thresholds, value_range

    def draw(self, x: Tensor) -> tuple[Tensor, Tensor]:
        addition = torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(*self.additions)
        return addition, torch.empty_like(addition).uniform_(*self.thresholds)

    def transform(self, x: Tensor, addition: Tensor, threshold: Tensor) -> Tensor:
        low, high = self.value_range
        x = ((x - low) / (high - low) * 255 + addition).clamp(0, 255)
        return torch.where(x < threshold, x, 255 - x) / 255 * (high - low) + low
{FORWARD}'''


def emit_random_invert(site: Site, source: str = RANDOM_INVERT) -> Value:
    """A helper module."""
    factor = pair(span(site, "factor", 0, 1))
    return augmented(site, images(site), source, factor, pair(value_range(site))[1])


def emit_solarization(site: Site, source: str = SOLARIZATION) -> Value:
    """A helper module; of a factor, the upper end alone is meant on the scale of pixels."""
    ranges = []
    for name in ("addition_factor", "threshold_factor"):
        low, high = span(site, name, 0, 1, mirrored=False)
        ranges.append(pair((low, high * 255)))
        if low > high * 255:
            site.config.refuse(name, [low, high], "gives a range that ends before it starts")
    return augmented(site, images(site, cast=True), source, *ranges, pair(value_range(site, ordered=True)))


RandomInvert = Entry(
    keras="keras.layers.RandomInvert",
    since="3.9",
    torch=("torch.where",),
    says="Inverts some images in training: the highest value minus each pixel.",
    arguments=(
        Argument(
            "factor",
            "p",
            1.0,
            how="p between factor[0] and factor[1]",
            note="a number f: each image draws its p from 0 to f",
        ),
        VALUE_RANGE,
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "invert-probability",
            "A number f is the upper end of a range from which each image's probability is drawn: factor=1.0 inverts "
            "half of them, where torchvision's p=1.0 inverts all.",
            case="default",
            naive=naive(emit_random_invert, RANDOM_INVERT, ("uniform_(*self.factor)", "fill_(self.factor[1])")),
            seen_in="train",
        ),
    ),
    cases=(
        Case("default", {"factor": 1.0, "seed": 1}, x=(4, 4, 5, 3), draw="pixels"),
        Case("from-0-to-1", {"factor": [0.2, 0.4], "value_range": [0, 1], "seed": 2}, x=(4, 4, 5, 3), draw="uniform"),
        Case("always", {"factor": [1.0, 1.0]}, x=(4, 4, 5, 3), draw="pixels", training="same"),
        Case("never", {"factor": 0.0, "data_format": "channels_first"}, x=(4, 3, 4, 5), draw="pixels", training="same"),
    ),
    aliases=("random_invert", "torchvision.transforms.v2.RandomInvert"),
    emit=emit_random_invert,
    training="random images",
    trains_by_default=True,
)

Solarization = Entry(
    keras="keras.layers.Solarization",
    since="3.6",
    torch=("torch.where", "torch.clamp"),
    says="Adds a number to each image in training, and inverts the pixels that are not below a threshold.",
    arguments=(
        Argument(
            "addition_factor",
            None,
            0.0,
            how="from addition_factor[0] to 255 * addition_factor[1]",
            note="a number f: from 0",
        ),
        Argument(
            "threshold_factor",
            "threshold",
            0.0,
            how="from threshold_factor[0] to 255 * threshold_factor[1]",
            note="a number f: from 0",
        ),
        VALUE_RANGE,
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "solarize-threshold",
            "The threshold is drawn for each image; the default draws none, and inverts every pixel. torchvision's "
            "RandomSolarize has one threshold for all images.",
            case="threshold",
            naive=naive(emit_solarization, SOLARIZATION, (".uniform_(*self.thresholds)", ".fill_(self.thresholds[1])")),
            seen_in="train",
        ),
        Difference(
            "solarize-lower-end",
            "Of [0.2, 0.6] the upper end means 153 of 255, and the lower end 0.2 of 255: Keras scales only the upper.",
            case="ranges",
            naive=naive(
                emit_solarization,
                SOLARIZATION,
                (
                    "= additions, thresholds, value_range",
                    "= (additions[0] * 255, additions[1]), (thresholds[0] * 255, thresholds[1]), value_range",
                ),
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case("threshold", {"threshold_factor": 0.8, "seed": 1}, x=(4, 4, 5, 3), draw="pixels"),
        Case(
            "ranges",
            {"addition_factor": [0.2, 0.6], "threshold_factor": [0.3, 0.9], "value_range": [0, 1], "seed": 2},
            x=(4, 4, 5, 3),
            draw="uniform",
        ),
        Case("inverted", {"data_format": "channels_first"}, x=(4, 3, 4, 5), draw="pixels", training="same"),
    ),
    aliases=("solarize", "torchvision.transforms.v2.RandomSolarize"),
    emit=emit_solarization,
    training="random images",
    trains_by_default=True,
)
