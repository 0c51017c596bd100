"""ContrastLimitedAdaptiveHistogramEqualization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.augmentation.augmentation_parts import (
    FORMAT,
    GENERAL,
    VALUE_RANGE,
    augmented,
    images,
    pair,
    short,
    value_range,
)
from equivalence.catalogue.augmentation.levels import RESCALED
from equivalence.catalogue.mistaken_sources import naive
from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

CLAHE = '''
class AdaptiveEqualization(nn.Module):
    """Equalizes each tile of an image by a clipped histogram, and blends between tiles; always."""

    def __init__(
        self, value_range: tuple[float, float], clip_limit: float, grid: tuple[int, int]
    ) -> None:
        super().__init__()
        self.value_range, self.clip_limit, self.grid = value_range, clip_limit, grid

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        down, across = (
            -(-size // count) for size, count in zip((height, width), self.grid, strict=True)
        )
        # In float32, as in Keras; images are mirrored at their lower right until tiles are full.
        pixels = rescaled(x.float(), self.value_range, (0, 255))
        rows = torch.arange(down * self.grid[0], device=x.device)
        columns = torch.arange(across * self.grid[1], device=x.device)
        pixels = pixels[:, :, torch.where(rows < height, rows, 2 * height - 1 - rows)]
        pixels = pixels[..., torch.where(columns < width, columns, 2 * width - 1 - columns)]
        level = pixels.clamp(0, 255).long()
        table = self.tables(level.unflatten(3, (-1, across)).unflatten(2, (-1, down)))
        top, low = self.neighbours(rows, down, self.grid[0])
        left, right = self.neighbours(columns, across, self.grid[1])
        below, beside = low[1].unsqueeze(1), right[1]
        image = torch.arange(len(x), device=x.device).view(-1, 1, 1, 1)
        channel = torch.arange(x.shape[1], device=x.device).view(-1, 1, 1)
        upper, lower = (
            table[image, channel, tile.unsqueeze(1), left, level] * (1 - beside)
            + table[image, channel, tile.unsqueeze(1), right[0], level] * beside
            for tile in (top, low[0])
        )
        made = (upper * (1 - below) + lower * below)[:, :, :height, :width]
        return rescaled(made, (0, 255), self.value_range).to(x.dtype)

    def tables(self, tiles: Tensor) -> Tensor:
        """What each of 256 levels becomes, in each tile."""
        tiles = tiles.transpose(3, 4).flatten(4)
        count = tiles.shape[4]
        counts = torch.zeros(*tiles.shape[:4], 256, device=tiles.device, dtype=torch.float)
        counts = counts.scatter_add(4, tiles, torch.ones_like(tiles, dtype=torch.float))
        if self.clip_limit > 0:
            clipped = counts.clamp(max=self.clip_limit * count / 256)
            counts = clipped + (counts - clipped).sum(4, keepdim=True) / 256
        total = counts.cumsum(4)
        least = total.amin(4, keepdim=True)
        rest = count - least
        return ((total - least) * 255 / torch.where(rest == 0, 1, rest)).clamp(0, 255)

    def neighbours(self, at: Tensor, size: int, count: int) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The tile before each pixel and the one after it, and the weight of the latter."""
        place = (at.float() - size / 2) / size
        before = place.floor()
        last = count - 1
        return before.long().clamp(0, last), ((before + 1).long().clamp(0, last), place - before)
'''


def emit_clahe(site: Site, source: str = CLAHE) -> Value:
    """A helper module."""
    image = images(site)
    grid, limit = site.config.integers("tile_grid_size", 2), short(site.config.number("clip_limit"))
    for size, count in zip(image.sizes, grid, strict=True):
        if size is not None and -(-size // count) * count > 2 * size:
            site.refuse(f"its images of shape {site.x.shape} are too small for {grid} tiles, in Keras too")
    limits = pair(value_range(site))
    return augmented(site, image, source, limits, limit, grid, helpers=(RESCALED,), fresh=True)


_NARROW = "Keras equalizes in float32"

ContrastLimitedAdaptiveHistogramEqualization = Entry(
    keras="keras.layers.ContrastLimitedAdaptiveHistogramEqualization",
    since="3.14",
    trains_by_default=True,
    torch=("torch.Tensor.scatter_add", "torch.cumsum"),
    says="Equalizes each image tile by tile, with clipped histograms, in training and in inference.",
    arguments=(
        VALUE_RANGE,
        Argument("clip_limit", "clip_limit", 4.0, note="a multiple of the mean of a histogram; 0 clips nothing"),
        Argument("tile_grid_size", "grid_size", (8, 8)),
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "clahe-in-inference",
            "Not random, and applied in inference as in training.",
            case="pixels",
            naive=naive(
                emit_clahe,
                CLAHE,
                (
                    "return rescaled(made, (0, 255), self.value_range).to(x.dtype)",
                    "made = rescaled(made, (0, 255), self.value_range).to(x.dtype)\n"
                    "        return made if self.training else x",
                ),
            ),
        ),
    ),
    cases=(
        Case(
            "pixels",
            {"value_range": [0, 255], "clip_limit": 4.0, "tile_grid_size": [2, 3]},
            x=(2, 8, 9, 3),
            draw="pixels",
            max_rel=2e-6,
            because=_NARROW,
        ),
        Case(
            "not-filled",
            {"value_range": [0, 1], "clip_limit": 20.0, "tile_grid_size": [3, 2]},
            x=(2, 10, 7, 2),
            draw="uniform",
            max_rel=2e-6,
            because=_NARROW,
        ),
        Case("default", {}, x=(2, 17, 24, 1), draw="pixels", declared=(None, None, 1), max_rel=2e-6, because=_NARROW),
        Case(
            "channels-first",
            {"clip_limit": 0.0, "tile_grid_size": [2, 2], "data_format": "channels_first"},
            x=(2, 2, 6, 5),
            draw="pixels",
            max_rel=2e-6,
            because=_NARROW,
        ),
    ),
    aliases=("CLAHE", "adaptive histogram equalization", "kornia.enhance.equalize_clahe"),
    emit=emit_clahe,
)
