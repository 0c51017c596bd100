"""RandomShear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.augmentation.affine import FORWARD, IMAGES, INIT, SAMPLED, affine
from equivalence.catalogue.augmentation.augmentation_parts import pair, span
from equivalence.catalogue.mistaken_sources import naive
from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

RANDOM_SHEAR = f'''
class RandomShear(nn.Module):
    """In training, shears each image about its upper left corner, in either direction."""

    def __init__(
        self,
        x_factor: tuple[float, float],
        y_factor: tuple[float, float],
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
    ) -> None:
        super().__init__()
        self.x_factor, self.y_factor = x_factor, y_factor{INIT}
    def draw(self, x: Tensor) -> tuple[Tensor, Tensor]:
        sign = torch.where(torch.rand(len(x), device=x.device) > 0.5, -1.0, 1.0)
        across = torch.empty(len(x), device=x.device).uniform_(*self.x_factor)
        return sign * across, sign * torch.empty(len(x), device=x.device).uniform_(*self.y_factor)

    def transform(self, x: Tensor, across: Tensor, down: Tensor) -> Tensor:
        zero, one = torch.zeros_like(across), torch.ones_like(across)
        matrix = torch.stack([one, across, zero, down, one, zero, zero, zero], 1)
        return projected(x, matrix, self.interpolation, self.fill_mode, self.fill_value)
{FORWARD}'''


def emit_random_shear(site: Site, source: str = RANDOM_SHEAR) -> Value:
    """A helper module."""
    return affine(site, source, pair(span(site, "x_factor", -1, 1)), pair(span(site, "y_factor", -1, 1)))


RandomShear = Entry(
    keras="keras.layers.RandomShear",
    since="3.6",
    torch=("torch.Tensor.uniform_", "torch.gather"),
    says="Shears each image in training about its upper left corner.",
    arguments=(
        Argument("x_factor", None, 0.0, note="columns moved for each row, to either side"),
        Argument("y_factor", None, 0.0, note="rows moved for each column, to the same side"),
        *SAMPLED,
    ),
    differences=(
        Difference(
            "shear-centre",
            "Images are sheared about their upper left corner; torchvision shears them about their centre.",
            case="reflect",
            naive=naive(
                emit_random_shear,
                RANDOM_SHEAR,
                (
                    "[one, across, zero, down, one, zero, zero, zero]",
                    "[one, across, across * (1 - x.shape[2]) / 2, down, one, down * (1 - x.shape[3]) / 2, zero, zero]",
                ),
            ),
            seen_in="train",
        ),
        Difference(
            "shear-as-slope",
            "A factor is a slope, columns for each row; torchvision takes angles in degrees.",
            case="reflect",
            naive=naive(
                emit_random_shear,
                RANDOM_SHEAR,
                (
                    "[one, across, zero, down, one, zero, zero, zero]",
                    "[one, (across * math.pi / 180).tan(), zero, (down * math.pi / 180).tan(), one, zero, zero, zero]",
                ),
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case("reflect", {"x_factor": [0.1, 0.6], "y_factor": [0.0, 0.4], "seed": 1}, x=IMAGES),
        Case("filled", {"x_factor": [0.3, 0.8], "fill_mode": "constant", "fill_value": 0.5, "seed": 2}, x=IMAGES),
        Case("wrapped", {"y_factor": [0.5, 1.0], "fill_mode": "wrap", "interpolation": "nearest", "seed": 3}, x=IMAGES),
        Case(
            "edges",
            {"x_factor": [0.2, 0.9], "fill_mode": "nearest", "data_format": "channels_first", "seed": 4},
            x=(4, 2, 5, 6),
        ),
    ),
    aliases=("random_shear", "transforms.RandomAffine shear"),
    emit=emit_random_shear,
    training="random images",
    trains_by_default=True,
)
