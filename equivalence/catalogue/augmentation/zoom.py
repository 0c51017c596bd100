"""RandomZoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.augmentation.affine import FORWARD, IMAGES, INIT, SAMPLED, affine
from equivalence.catalogue.augmentation.augmentation_parts import KERAS_2, pair, span
from equivalence.catalogue.mistaken_sources import naive
from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

RANDOM_ZOOM = f'''
class RandomZoom(nn.Module):
    """In training, zooms each image about its centre: a factor above 0 shrinks, below enlarges."""

    def __init__(
        self,
        height_factor: tuple[float, float],
        width_factor: tuple[float, float] | None = None,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
    ) -> None:
        super().__init__()
        self.height_factor, self.width_factor = height_factor, width_factor{INIT}
    def draw(self, x: Tensor) -> tuple[Tensor, Tensor]:
        low, high = self.height_factor
        height = torch.empty(len(x), device=x.device).uniform_(1 + low, 1 + high)
        if self.width_factor is None:
            return height, height
        low, high = self.width_factor
        return height, torch.empty(len(x), device=x.device).uniform_(1 + low, 1 + high)

    def transform(self, x: Tensor, height: Tensor, width: Tensor) -> Tensor:
        down, across = ((size - 1) / 2 for size in x.shape[2:])
        left, top = across * (1 - width), down * (1 - height)
        zero = torch.zeros_like(height)
        matrix = torch.stack([width, zero, left, zero, height, top, zero, zero], 1)
        return projected(x, matrix, self.interpolation, self.fill_mode, self.fill_value)
{FORWARD}'''


def emit_random_zoom(site: Site, source: str = RANDOM_ZOOM) -> Value:
    """A helper module; without a width_factor, width and height get one draw."""
    height = pair(span(site, "height_factor", -1, 1))
    width = None if site.config.value("width_factor") is None else pair(span(site, "width_factor", -1, 1))
    for factor in (height, width or height):
        if factor[0] == -1:
            site.refuse("it zooms by -1, which leaves nothing of an image")
    return affine(site, source, height, width)


RandomZoom = Entry(
    keras="keras.layers.RandomZoom",
    since="2.3.0-tf",
    torch=("torch.Tensor.uniform_", "torch.gather"),
    says="Zooms each image in training about its centre, in or out.",
    arguments=(
        Argument("height_factor", None, how="zoom = 1 + factor", note="above 0 the image shrinks, below 0 it grows"),
        Argument("width_factor", None, None, how="zoom = 1 + factor", note="None: the draw of the height"),
        *SAMPLED,
    ),
    legacy=KERAS_2,
    differences=(
        Difference(
            "zoom-direction",
            "height_factor=0.5 zooms out: the image becomes 1 / 1.5 as high. A scale of torchvision's above 1 "
            "enlarges it.",
            case="out",
            naive=naive(
                emit_random_zoom,
                RANDOM_ZOOM,
                ("left, top = across", "height, width = 1 / height, 1 / width\n        left, top = across"),
            ),
            seen_in="train",
        ),
        Difference(
            "zoom-shape",
            "Without a width_factor an image keeps its proportions: one draw for both. With one, even an equal one, "
            "height and width are drawn apart.",
            case="both",
            naive=naive(
                emit_random_zoom,
                RANDOM_ZOOM,
                (
                    "        return height, torch.empty(len(x), device=x.device).uniform_(1 + low, 1 + high)",
                    "        return height, height",
                ),
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case("out", {"height_factor": [0.1, 0.5], "seed": 1}, x=IMAGES),
        Case("both", {"height_factor": 0.4, "width_factor": 0.4, "seed": 2}, x=IMAGES),
        Case(
            "filled",
            {"height_factor": 0.4, "width_factor": [-0.2, 0.5], "fill_mode": "constant", "fill_value": 0.5, "seed": 3},
            x=IMAGES,
        ),
        Case("wrapped", {"height_factor": 0.9, "fill_mode": "wrap", "interpolation": "nearest", "seed": 4}, x=IMAGES),
        Case(
            "edges",
            {"height_factor": 0.5, "fill_mode": "nearest", "data_format": "channels_first", "seed": 5},
            x=(4, 2, 5, 6),
        ),
    ),
    aliases=("random_zoom", "transforms.RandomAffine scale"),
    emit=emit_random_zoom,
    training="random images",
    trains_by_default=True,
)
