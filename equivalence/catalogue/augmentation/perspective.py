"""RandomPerspective."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.augmentation.affine import DEFAULTS, FILL_VALUE, FORWARD, INTERPOLATION, SAMPLING
from equivalence.catalogue.augmentation.augmentation_parts import (
    FORMAT,
    GENERAL,
    SEED,
    augmented,
    images,
    pair,
    short,
    span,
)
from equivalence.catalogue.mistaken_sources import naive
from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

RANDOM_PERSPECTIVE = f'''
class RandomPerspective(nn.Module):
    """In training, moves the corners of some images, with a probability drawn from `factor`.

    The upper left corner stays; the others' coordinates move by up to half of `scale` of them.
    """

    def __init__(
        self,
        factor: tuple[float, float],
        scale: float,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
    ) -> None:
        super().__init__()
        self.factor, self.scale = factor, scale
        self.interpolation, self.fill_value = interpolation, fill_value

    def draw(self, x: Tensor) -> tuple[Tensor, Tensor]:
        probability = torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(*self.factor)
        moved = torch.empty(len(x), 4, 2, device=x.device).uniform_(-self.scale / 2, self.scale / 2)
        return torch.rand_like(probability) < probability, moved

    def transform(self, x: Tensor, chosen: Tensor, moved: Tensor) -> Tensor:
        bottom, right = (size - 1 for size in x.shape[2:])
        start = torch.tensor([[0, 0], [right, 0], [0, bottom], [right, bottom]]).to(moved)
        start = start.expand_as(moved)
        (across, down), (column, row) = start.unbind(2), (start + start * moved).unbind(2)
        zero, one = torch.zeros_like(row), torch.ones_like(row)
        first = [column, row, one, zero, zero, zero, -across * column, -across * row]
        second = [zero, zero, zero, column, row, one, -down * column, -down * row]
        rows = torch.cat([torch.stack(first, 2), torch.stack(second, 2)], 1)
        matrix = torch.linalg.solve(rows, torch.cat([across, down], 1))
        made = projected(x, matrix, self.interpolation, "constant", self.fill_value)
        return torch.where(chosen, made, x)
{FORWARD}'''


def emit_random_perspective(site: Site, source: str = RANDOM_PERSPECTIVE) -> Value:
    """A helper module."""
    image, factor = images(site, cast=True), pair(span(site, "factor", 0, 1))
    scale = span(site, "scale", 0, 1)[1]
    if 1 in image.sizes:
        site.refuse(f"its images of shape {site.x.shape} have no four corners")
    interpolation = f'"{site.config.choice("interpolation", "bilinear", "nearest")}"'
    keywords: dict[str, Any] = {"interpolation": interpolation, "fill_value": site.config.number("fill_value")}
    return augmented(site, image, source, factor, short(scale), helpers=SAMPLING, omit=DEFAULTS, **keywords)


RandomPerspective = Entry(
    keras="keras.layers.RandomPerspective",
    since="3.9",
    torch=("torch.linalg.solve", "torch.gather"),
    says="Moves the corners of some images in training, and reads the pixels in between accordingly.",
    arguments=(
        Argument("factor", "p", 1.0, note="where each image's probability is drawn from; a number f: from 0 to f"),
        Argument(
            "scale",
            "distortion_scale",
            1.0,
            note="each coordinate of a corner moves by up to half of this part of itself",
        ),
        INTERPOLATION,
        FILL_VALUE._replace(note="what is put outside of the image"),
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "perspective-corners",
            "Coordinates of corners are multiplied, so that the upper left corner stays and corners leave the image "
            "as well; torchvision's RandomPerspective moves all four inwards.",
            case="often",
            naive=naive(
                emit_random_perspective,
                RANDOM_PERSPECTIVE,
                ("start * moved", "torch.where(start > 0, -moved.abs(), moved.abs()) * start.amax(1, keepdim=True)"),
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case("often", {"factor": [0.7, 1.0], "scale": 0.5, "fill_value": 0.5, "seed": 1}, x=(4, 6, 5, 2)),
        Case(
            "default",
            {"factor": 1.0, "scale": 1.0, "interpolation": "nearest", "seed": 2},
            x=(4, 6, 5, 3),
            draw="uniform",
        ),
        Case(
            "channels-first",
            {"scale": 0.8, "interpolation": "bilinear", "data_format": "channels_first", "seed": 3},
            x=(4, 2, 5, 6),
        ),
    ),
    aliases=("random_perspective", "torchvision.transforms.v2.RandomPerspective"),
    emit=emit_random_perspective,
    training="random images",
    trains_by_default=True,
)
