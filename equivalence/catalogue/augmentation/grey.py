"""RandomGrayscale and RandomColorDegeneration: images without colour, or with less."""

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
    short,
    span,
    value_range,
)
from equivalence.catalogue.mistaken_sources import naive
from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

IN_GREY = '''
def in_grey(x: Tensor) -> Tensor:
    """Images (N, 3, H, W) in grey, (N, 1, H, W)."""
    red, green, blue = x.split(1, 1)
    return 0.2989 * red + 0.587 * green + 0.114 * blue
'''

RANDOM_GRAYSCALE = f'''
class RandomGrayscale(nn.Module):
    """In training, makes images grey with the given probability; they keep three channels."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def draw(self, x: Tensor) -> tuple[Tensor]:
        return (torch.rand(len(x), 1, 1, 1, device=x.device) < self.probability,)

    def transform(self, x: Tensor, chosen: Tensor) -> Tensor:
        return torch.where(chosen, in_grey(x), x)
{FORWARD}'''

RANDOM_COLOR_DEGENERATION = f'''
class RandomColorDegeneration(nn.Module):
    """In training, moves each image towards grey, by a part of the way drawn from `factor`."""

    def __init__(self, factor: tuple[float, float], value_range: tuple[float, float]) -> None:
        super().__init__()
        self.factor, self.value_range = factor, value_range

    def draw(self, x: Tensor) -> tuple[Tensor]:
        return (torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(*self.factor),)

    def transform(self, x: Tensor, part: Tensor) -> Tensor:
        return (x + part * (in_grey(x) - x)).clamp(*self.value_range)
{FORWARD}'''


def emit_random_grayscale(site: Site, source: str = RANDOM_GRAYSCALE) -> Value:
    """A helper module; nothing for an image of one channel."""
    probability = site.config.number("factor")
    if not 0 <= probability <= 1:
        site.config.refuse("factor", probability, "should lie between 0 and 1")
    image = images(site, (1, 3))
    if image.channels == 1:
        return site.unchanged()
    return augmented(site, image, source, short(probability), helpers=(IN_GREY,))


def emit_random_color_degeneration(site: Site, source: str = RANDOM_COLOR_DEGENERATION) -> Value:
    """A helper module."""
    factor, limits = pair(span(site, "factor", -1, 1)), pair(value_range(site, ordered=True))
    return augmented(site, images(site, (3,)), source, factor, limits, helpers=(IN_GREY,))


RandomGrayscale = Entry(
    keras="keras.layers.RandomGrayscale",
    since="3.8",
    torch=("torch.where",),
    says="Makes some images grey in training; they keep three channels.",
    arguments=(Argument("factor", "p", 0.5), SEED, FORMAT, *GENERAL),
    differences=(
        Difference(
            "grey-weights",
            "Grey is 0.2989 red + 0.587 green + 0.114 blue, not the mean of the three.",
            case="half",
            naive=lambda site: emit_random_grayscale(
                site, RANDOM_GRAYSCALE.replace("in_grey(x)", "x.mean(1, keepdim=True)")
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case("half", {"factor": 0.5, "seed": 1}, x=(4, 4, 5, 3), draw="uniform"),
        Case("seldom", {"factor": 0.1, "data_format": "channels_first", "seed": 2}, x=(4, 3, 4, 5), draw="pixels"),
        Case("always", {"factor": 1.0}, x=(4, 4, 5, 3), draw="pixels", training="same"),
        Case("grey-already", {"factor": 0.5, "seed": 3}, x=(4, 4, 5, 1), draw="pixels", training="same"),
    ),
    aliases=("random_grayscale", "torchvision.transforms.v2.RandomGrayscale"),
    emit=emit_random_grayscale,
    training="random images",
    trains_by_default=True,
)

RandomColorDegeneration = Entry(
    keras="keras.layers.RandomColorDegeneration",
    since="3.8",
    torch=("torch.Tensor.uniform_", "torch.clamp"),
    says="Moves the colours of each image in training towards grey, or away from it.",
    arguments=(
        Argument(
            "factor", None, how="x + factor * (grey - x)", note="1 is grey, 0 the image; a number f: from -f to f"
        ),
        VALUE_RANGE,
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "degeneration-both-ways",
            "A single number f draws from -f to f: below 0, colours become stronger.",
            case="number",
            naive=naive(
                emit_random_color_degeneration,
                RANDOM_COLOR_DEGENERATION,
                ("uniform_(*self.factor)", "uniform_(0, self.factor[1])"),
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case("number", {"factor": 0.5, "seed": 1}, x=(4, 4, 5, 3), draw="pixels"),
        Case("towards-grey", {"factor": [0.2, 0.9], "value_range": [0, 1], "seed": 2}, x=(4, 4, 5, 3), draw="uniform"),
        Case(
            "channels-first", {"factor": 0.3, "data_format": "channels_first", "seed": 3}, x=(4, 3, 4, 5), draw="pixels"
        ),
    ),
    aliases=("random_color_degeneration", "RandomAdjustSaturation"),
    emit=emit_random_color_degeneration,
    training="random images",
    trains_by_default=True,
)
