"""RandomElasticTransform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.augmentation.affine import (
    DEFAULTS,
    FILL_MODE,
    FILL_VALUE,
    FORWARD,
    INTERPOLATION,
    PIXELS_AT,
    sampling,
)
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

RANDOM_ELASTIC_TRANSFORM = f'''
class RandomElasticTransform(nn.Module):
    """In training, moves the pixels of some images by smooth noise, as far down as to the right.

    The strength is drawn once for a batch, and whether an image is transformed for each.
    """

    def __init__(
        self,
        factor: tuple[float, float],
        scale: tuple[float, float],
        value_range: tuple[float, float],
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
    ) -> None:
        super().__init__()
        self.factor, self.scale, self.value_range = factor, scale, value_range
        self.interpolation, self.fill_mode, self.fill_value = interpolation, fill_mode, fill_value

    def draw(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        probability = torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(*self.factor)
        strength = torch.empty((), device=x.device).uniform_(*self.scale)
        return torch.rand_like(probability) < probability, strength, torch.randn_like(x[:, 0])

    def transform(self, x: Tensor, chosen: Tensor, strength: Tensor, noise: Tensor) -> Tensor:
        height, width = x.shape[2:]
        sigma = min(height, width) * (0.05 * strength)
        size = 6 * int(sigma) + 1
        weight = torch.exp(-0.5 * ((torch.arange(size).to(x) - size // 2) / sigma) ** 2)
        weight = weight / weight.sum()
        kernel = torch.outer(weight, weight).to(x.dtype).expand(1, 1, -1, -1)
        shift = F.conv2d((noise * sigma).unsqueeze(1), kernel, padding=size // 2).squeeze(1)
        shift = max(height, width) * (0.1 * strength) * shift
        down = torch.arange(height, device=x.device).unsqueeze(1) + shift
        across = torch.arange(width, device=x.device) + shift
        if self.interpolation == "nearest":
            made = self.pixels(x, down.round(), across.round())
        else:
            top, left = down.floor(), across.floor()
            below, right = (down - top).unsqueeze(1), (across - left).unsqueeze(1)
            upper = (1 - right) * self.pixels(x, top, left) + right * self.pixels(x, top, left + 1)
            lower = (1 - right) * self.pixels(x, top + 1, left)
            lower = lower + right * self.pixels(x, top + 1, left + 1)
            made = (1 - below) * upper + below * lower
        return torch.where(chosen, made, x).clamp(*self.value_range)

    def pixels(self, x: Tensor, row: Tensor, column: Tensor) -> Tensor:
        """The pixels in whole rows and columns, those outside read as `fill_mode` says."""
        height, width = x.shape[2:]
        row, column = self.inside(row, height), self.inside(column, width)
        return pixels_at(x, row, column, self.fill_value)

    def inside(self, at: Tensor, size: int) -> Tensor:
        if self.fill_mode == "reflect":
            at = at.abs() % (2 * size)
            return torch.where(at < size, at, 2 * size - at - 1)
        if self.fill_mode == "wrap":
            return at % size
        return at if self.fill_mode == "constant" else at.clamp(0, size - 1)
{FORWARD}'''


def emit_random_elastic_transform(site: Site, source: str = RANDOM_ELASTIC_TRANSFORM) -> Value:
    """A helper module; nothing where nothing is ever transformed."""
    image, limits = images(site, cast=True), pair(value_range(site))
    factor, scale = pair(span(site, "factor", 0, 1)), pair(span(site, "scale", 0, 1))
    keywords = sampling(site)
    if factor[1] == 0 or scale[1] == 0:
        return site.unchanged() if site.x.dtype.startswith("float") else image.value
    return augmented(site, image, source, factor, scale, limits, helpers=(PIXELS_AT,), omit=DEFAULTS, **keywords)


RandomElasticTransform = Entry(
    keras="keras.layers.RandomElasticTransform",
    since="3.10",
    torch=("torch.nn.functional.conv2d", "torch.gather"),
    says="Moves the pixels of some images by smooth noise in training, of the strength drawn for the batch. In a "
    "compiled function in which the size of the batch is unknown, Keras 3.15 puts the first image in the place of "
    "all that it transforms; this is what it does otherwise.",
    arguments=(
        Argument("factor", None, 1.0, note="where each image's probability is drawn from; a number f: from 0 to f"),
        Argument("scale", None, 1.0, note="where the strength is drawn from; a number f: from 0 to f"),
        INTERPOLATION,
        FILL_MODE,
        FILL_VALUE,
        VALUE_RANGE,
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "elastic-diagonal",
            "Keras draws the same noise for both directions: pixels move along a diagonal. torchvision's "
            "ElasticTransform draws two.",
            case="often",
            naive=naive(
                emit_random_elastic_transform,
                RANDOM_ELASTIC_TRANSFORM,
                (
                    "torch.arange(width, device=x.device) + shift",
                    "torch.arange(width, device=x.device) + shift.roll(1, 0)",
                ),
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case(
            "often",
            {"factor": [0.6, 1.0], "scale": [0.8, 1.0], "value_range": [0, 1], "seed": 1},
            x=(4, 22, 24, 1),
            draw="uniform",
        ),
        Case(
            "default",
            {"factor": 1.0, "scale": 1.0, "fill_mode": "reflect", "interpolation": "bilinear", "seed": 2},
            x=(4, 8, 9, 2),
            draw="pixels",
        ),
        Case(
            "filled",
            {"fill_mode": "constant", "fill_value": 7, "data_format": "channels_first", "seed": 3},
            x=(4, 2, 9, 8),
            draw="pixels",
        ),
        Case("wrapped", {"fill_mode": "wrap", "interpolation": "nearest", "seed": 4}, x=(4, 9, 8, 2), draw="pixels"),
        Case("never", {"factor": 0.0}, x=(4, 5, 6, 2), training="same"),
    ),
    aliases=("random_elastic_transform", "ElasticTransform", "torchvision.transforms.v2.ElasticTransform"),
    emit=emit_random_elastic_transform,
    training="random images",
    trains_by_default=True,
)
