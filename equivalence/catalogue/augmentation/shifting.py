"""RandomTranslation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.augmentation.affine import FORWARD, IMAGES, INIT, SAMPLED, affine
from equivalence.catalogue.augmentation.augmentation_parts import KERAS_2, pair, span
from equivalence.catalogue.mistaken_sources import naive
from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

RANDOM_TRANSLATION = f'''
class RandomTranslation(nn.Module):
    """In training, moves each image down and to the right by a fraction of its height and width."""

    def __init__(
        self,
        height_factor: tuple[float, float],
        width_factor: tuple[float, float],
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
    ) -> None:
        super().__init__()
        self.height_factor, self.width_factor = height_factor, width_factor{INIT}
    def draw(self, x: Tensor) -> tuple[Tensor, Tensor]:
        height, width = x.shape[2:]
        low, high = self.height_factor
        down = torch.empty(len(x), device=x.device).uniform_(low, high) * height
        low, high = self.width_factor
        return down, torch.empty(len(x), device=x.device).uniform_(low, high) * width

    def transform(self, x: Tensor, down: Tensor, right: Tensor) -> Tensor:
        zero, one = torch.zeros_like(down), torch.ones_like(down)
        matrix = torch.stack([one, zero, -right, zero, one, -down, zero, zero], 1)
        return projected(x, matrix, self.interpolation, self.fill_mode, self.fill_value)
{FORWARD}'''


def emit_random_translation(site: Site, source: str = RANDOM_TRANSLATION) -> Value:
    """A helper module."""
    height, width = span(site, "height_factor", -1, 1), span(site, "width_factor", -1, 1)
    return affine(site, source, pair(height), pair(width))


RandomTranslation = Entry(
    keras="keras.layers.RandomTranslation",
    since="2.3.0-tf",
    torch=("torch.Tensor.uniform_", "torch.gather"),
    says="Moves each image in training by a fraction of its height and of its width.",
    arguments=(
        Argument("height_factor", None, how="factor * height", note="above 0 the image moves down"),
        Argument("width_factor", None, how="factor * width", note="above 0 the image moves to the right"),
        *SAMPLED,
    ),
    legacy=KERAS_2,
    differences=(
        Difference(
            "translation-direction",
            "A positive factor moves the image down and to the right: pixels are read from above and from the left.",
            case="filled",
            naive=naive(
                emit_random_translation,
                RANDOM_TRANSLATION,
                ("one, zero, -right, zero, one, -down", "one, zero, right, zero, one, down"),
            ),
            seen_in="train",
        ),
        Difference(
            "translation-between-pixels",
            "Images move by fractions of a pixel, and are interpolated; torchvision's RandomAffine moves them by "
            "whole ones.",
            case="reflect",
            naive=naive(
                emit_random_translation,
                RANDOM_TRANSLATION,
                ("-right, zero, one, -down", "-right.round(), zero, one, -down.round()"),
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case("reflect", {"height_factor": 0.4, "width_factor": 0.6, "seed": 1}, x=IMAGES),
        Case(
            "filled",
            {
                "height_factor": [0.1, 0.3],
                "width_factor": [0.2, 0.5],
                "fill_mode": "constant",
                "fill_value": 0.5,
                "seed": 2,
            },
            x=IMAGES,
        ),
        Case(
            "wrapped",
            {"height_factor": 1.0, "width_factor": 1.0, "fill_mode": "wrap", "interpolation": "nearest", "seed": 3},
            x=IMAGES,
        ),
        Case(
            "edges",
            {
                "height_factor": 0.4,
                "width_factor": 0.3,
                "fill_mode": "nearest",
                "data_format": "channels_first",
                "seed": 4,
            },
            x=(4, 2, 5, 6),
        ),
    ),
    aliases=(
        "random_translation",
        "transforms.RandomAffine translate",
        "width_shift_range",
        "height_shift_range",
    ),
    emit=emit_random_translation,
    training="random images",
    trains_by_default=True,
)
