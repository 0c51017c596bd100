"""RandomHue and RandomSaturation, by way of hue, saturation and value."""

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

TO_HSV = '''
def to_hsv(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue and saturation, from 0 to 1, and value of images (N, 3, H, W), as TensorFlow has them."""
    red, green, blue = x.unbind(1)
    value = x.amax(1)
    spread = value - x.amin(1)
    sixth = 1 / (6 * torch.where(spread > 0, spread, 1))
    hue = torch.where(value == green, sixth * (blue - red) + 1 / 3, sixth * (red - green) + 2 / 3)
    hue = torch.where(value == red, sixth * (green - blue), hue)
    hue = torch.where(spread > 0, torch.where(hue < 0, hue + 1, hue), 0)
    return hue, torch.where(value > 0, spread / torch.where(value > 0, value, 1), 0), value
'''

FROM_HSV = '''
def from_hsv(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """Images (N, 3, H, W) of hue, saturation and value."""
    red = ((6 * hue - 3).abs() - 1).clamp(0, 1)
    green = (2 - (6 * hue - 2).abs()).clamp(0, 1)
    blue = (2 - (6 * hue - 4).abs()).clamp(0, 1)
    return torch.stack(
        [(1 - saturation + saturation * part) * value for part in (red, green, blue)], 1
    )
'''

RANDOM_SATURATION = f'''
class RandomSaturation(nn.Module):
    """In training, multiplies each image's saturation by f / (1 - f), f drawn from `factor`."""

    def __init__(self, factor: tuple[float, float], value_range: tuple[float, float]) -> None:
        super().__init__()
        self.factor, self.value_range = factor, value_range

    def draw(self, x: Tensor) -> tuple[Tensor]:
        factor = torch.empty(len(x), 1, 1, device=x.device).uniform_(*self.factor)
        return (factor / (1 - factor + 1e-7),)

    def transform(self, x: Tensor, factor: Tensor) -> Tensor:
        hue, saturation, value = to_hsv(x)
        return from_hsv(hue, (saturation * factor).clamp(*self.value_range), value)
{FORWARD}'''

RANDOM_HUE = f'''
class RandomHue(nn.Module):
    """In training, turns each image's hue by up to half a turn: half of what `factor` gives."""

    def __init__(self, factor: tuple[float, float], value_range: tuple[float, float]) -> None:
        super().__init__()
        self.factor, self.value_range = factor, value_range

    def draw(self, x: Tensor) -> tuple[Tensor]:
        sign = torch.where(torch.rand(len(x), 1, 1, device=x.device) > 0.5, -1.0, 1.0)
        return (sign * torch.empty_like(sign).uniform_(*self.factor) / 2,)

    def transform(self, x: Tensor, turn: Tensor) -> Tensor:
        low, high = self.value_range
        hue, saturation, value = to_hsv((x - low) / (high - low))
        hue = hue + turn
        hue = torch.where(hue > 1, hue - 1, hue)
        hue = torch.where(hue < 0, hue + 1, hue)
        return from_hsv(hue, saturation, value).clamp(0, 1) * (high - low) + low
{FORWARD}'''


def emit_random_saturation(site: Site, source: str = RANDOM_SATURATION) -> Value:
    """A helper module; it takes the values as they are, and clips the saturation to their range."""
    factor = pair(span(site, "factor", -1, 1))
    limits = pair(value_range(site, ordered=True))
    return augmented(site, images(site, (3,)), source, factor, limits, helpers=(TO_HSV, FROM_HSV))


def emit_random_hue(site: Site, source: str = RANDOM_HUE) -> Value:
    """A helper module."""
    factor = pair(span(site, "factor", 0, 1))
    return augmented(site, images(site, (3,)), source, factor, pair(value_range(site)), helpers=(TO_HSV, FROM_HSV))


RandomSaturation = Entry(
    keras="keras.layers.RandomSaturation",
    since="3.8",
    torch=("torch.Tensor.uniform_", "torch.where"),
    says="Multiplies the saturation of each image in training.",
    arguments=(
        Argument(
            "factor", None, how="f / (1 - f)", note="f=0.5 keeps an image, 0 makes it grey; a number f: from -f to f"
        ),
        VALUE_RANGE._replace(note="what the saturation, which is at most 1, is clipped to"),
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "saturation-scale",
            "f=0.5 keeps an image as it is, as the saturation is multiplied by f / (1 - f); a saturation of "
            "torchvision's ColorJitter multiplies by 1 + f or 1 - f.",
            case="about-a-half",
            naive=naive(
                emit_random_saturation, RANDOM_SATURATION, ("(factor / (1 - factor + 1e-7),)", "(1 + factor,)")
            ),
            seen_in="train",
        ),
        Difference(
            "saturation-mirrored",
            "A single number f draws from -f to f, and whatever is below 0 makes an image grey: half of them.",
            case="number",
            naive=naive(
                emit_random_saturation, RANDOM_SATURATION, ("uniform_(*self.factor)", "uniform_(0, self.factor[1])")
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case("about-a-half", {"factor": [0.3, 0.7], "value_range": [0, 255], "seed": 1}, x=(4, 4, 5, 3), draw="pixels"),
        Case("number", {"factor": 0.6, "value_range": [0, 1], "seed": 2}, x=(4, 4, 5, 3), draw="uniform"),
        Case(
            "channels-first",
            {"factor": [0.4, 0.9], "value_range": [0, 1], "data_format": "channels_first", "seed": 3},
            x=(4, 3, 4, 5),
            draw="uniform",
        ),
    ),
    aliases=("random_saturation", "tf.image.random_saturation", "ColorJitter saturation"),
    emit=emit_random_saturation,
    training="random images",
    trains_by_default=True,
)

RandomHue = Entry(
    keras="keras.layers.RandomHue",
    since="3.8",
    torch=("torch.Tensor.uniform_", "torch.where"),
    says="Turns the hue of each image in training.",
    arguments=(
        Argument("factor", "hue", how="a turn of -factor / 2 to factor / 2", note="factor=1 is half a turn either way"),
        VALUE_RANGE,
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "hue-half",
            "factor=1.0 turns the hue by up to half a turn, which is hue=0.5 of torchvision's ColorJitter.",
            case="from-0-to-1",
            naive=naive(emit_random_hue, RANDOM_HUE, ("uniform_(*self.factor) / 2", "uniform_(*self.factor)")),
            seen_in="train",
        ),
    ),
    cases=(
        Case("from-0-to-1", {"factor": [0.1, 0.5], "value_range": [0, 1], "seed": 1}, x=(4, 4, 5, 3), draw="uniform"),
        Case("pixels", {"factor": 0.6, "value_range": [0, 255], "seed": 2}, x=(4, 4, 5, 3), draw="pixels"),
        Case(
            "channels-first", {"factor": 1.0, "data_format": "channels_first", "seed": 3}, x=(4, 3, 4, 5), draw="pixels"
        ),
    ),
    aliases=("random_hue", "tf.image.random_hue", "ColorJitter hue"),
    emit=emit_random_hue,
    training="random images",
    trains_by_default=True,
)
