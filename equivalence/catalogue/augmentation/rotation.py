"""RandomRotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.augmentation.affine import FORWARD, IMAGES, INIT, SAMPLED, affine
from equivalence.catalogue.augmentation.augmentation_parts import KERAS_2, pair, span
from equivalence.catalogue.mistaken_sources import naive
from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

RANDOM_ROTATION = f'''
class RandomRotation(nn.Module):
    """In training, rotates each image about its centre, by between two fractions of a full turn."""

    def __init__(
        self,
        factor: tuple[float, float],
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
    ) -> None:
        super().__init__()
        self.factor = factor{INIT}
    def draw(self, x: Tensor) -> tuple[Tensor]:
        low, high = self.factor
        return (torch.empty(len(x), device=x.device).uniform_(360 * low, 360 * high),)

    def transform(self, x: Tensor, angle: Tensor) -> Tensor:
        cos, sin = torch.cos(angle * math.pi / 180), torch.sin(angle * math.pi / 180)
        down, across = ((size - 1) / 2 for size in x.shape[2:])
        left, top = across - across * cos + down * sin, down - across * sin - down * cos
        zero = torch.zeros_like(angle)
        matrix = torch.stack([cos, -sin, left, sin, cos, top, zero, zero], 1)
        return projected(x, matrix, self.interpolation, self.fill_mode, self.fill_value)
{FORWARD}'''


def emit_random_rotation(site: Site, source: str = RANDOM_ROTATION) -> Value:
    """A helper module."""
    return affine(site, source, pair(span(site, "factor", -1, 1)))


RandomRotation = Entry(
    keras="keras.layers.RandomRotation",
    since="2.3.0-tf",
    torch=("torch.Tensor.uniform_", "torch.gather"),
    says="Rotates each image in training about its centre, by an angle of its own.",
    arguments=(Argument("factor", "degrees", how="360 * factor", note="fractions of a full turn"), *SAMPLED),
    legacy=(
        *KERAS_2,
        Argument("value_range", None, None, inert=True, note="written by Keras 3.0 to 3.5, and never used"),
    ),
    differences=(
        Difference(
            "fraction-of-a-turn",
            "factor=0.1 draws from -36 to 36 degrees, a tenth of a full turn each way; torchvision takes degrees, and "
            "it is no angle in radians.",
            case="reflect",
            naive=naive(
                emit_random_rotation,
                RANDOM_ROTATION,
                ("uniform_(360 * low, 360 * high)", "uniform_(low, high) * 180 / math.pi"),
            ),
            seen_in="train",
        ),
        Difference(
            "rotation-outside",
            "What is turned in from outside is by default the mirrored image; torchvision fills it with zeros.",
            case="reflect",
            naive=naive(
                emit_random_rotation, RANDOM_ROTATION, ("self.fill_mode, self.fill_value)", '"constant", 0.0)')
            ),
            seen_in="train",
        ),
        Difference(
            "rotation-direction",
            "A positive angle turns what is seen counterclockwise: each pixel is read where its position is turned "
            "to, with rows counted downwards. The opposite sign turns it the other way.",
            case="one-way",
            naive=naive(
                emit_random_rotation,
                RANDOM_ROTATION,
                (
                    "draw(self, x: Tensor) -> tuple[Tensor]:\n        low, high = self.factor",
                    "draw(self, x: Tensor) -> tuple[Tensor]:\n        high, low = (-bound for bound in self.factor)",
                ),
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case("reflect", {"factor": 0.25, "seed": 1}, x=IMAGES),
        Case("one-way", {"factor": [0.05, 0.2], "fill_mode": "constant", "fill_value": 0.5, "seed": 2}, x=IMAGES),
        Case("wrapped", {"factor": 0.5, "fill_mode": "wrap", "interpolation": "nearest", "seed": 3}, x=IMAGES),
        Case(
            "edges",
            {"factor": 0.125, "fill_mode": "nearest", "data_format": "channels_first", "seed": 4},
            x=(4, 2, 5, 6),
        ),
        Case("any-size", {"factor": 0.25, "seed": 5}, x=IMAGES, declared=(None, None, 2)),
        Case("whole-numbers", {"factor": 0.25, "seed": 6}, x=IMAGES, draw="ids:256"),
    ),
    aliases=("random_rotation", "transforms.RandomRotation", "torchvision.transforms.functional.rotate"),
    emit=emit_random_rotation,
    training="random images",
    trains_by_default=True,
)
