"""Images under a projective map, as TensorFlow reads and fills them: what the geometric layers share.

torch's grid_sample has neither of Keras's `reflect` (edges twice, but for what lies within half a pixel of the
first), `wrap` nor a fill value, so that the sampling is written out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.augmentation.augmentation_parts import FORMAT, GENERAL, SEED, augmented, images
from equivalence.schema import Argument

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
FILL_MODE = Argument("fill_mode", None, "reflect", note="where a position outside of the image is read")
FILL_VALUE = Argument("fill_value", None, 0.0, note="what fill_mode='constant' puts outside of the image", since="2.5")
INTERPOLATION = Argument("interpolation", None, "bilinear", note="or nearest, halves away from zero")

FILLED = '''
def filled(position: Tensor, size: int, fill_mode: str) -> Tensor:
    """Positions along an axis of `size` pixels; those outside come inside as TensorFlow has it."""
    if fill_mode == "constant":
        return position
    if fill_mode == "reflect":
        before = position + 2 * size * (-position / (2 * size)).trunc()
        before = torch.where(before < -size, before + 2 * size, -before - 1)
        after = position - 2 * size * (position / (2 * size)).trunc()
        after = torch.where(after >= size, 2 * size - after - 1, after)
        position = torch.where(position < 0, before, after)
    elif fill_mode == "wrap":
        turn = max(size - 1, 1)
        before = position + size * ((-position / turn).trunc() + 1)
        after = position - size * (position / turn).trunc()
        after = torch.where(position > size - 1, after, position)
        position = torch.where(position < 0, before, after)
    return position.clamp(0, size - 1)
'''

PIXELS_AT = '''
def pixels_at(x: Tensor, row: Tensor, column: Tensor, fill_value: float) -> Tensor:
    """The pixels of images (N, C, H, W) in rows and columns (N, H, W); `fill_value` outside."""
    height, width = x.shape[2:]
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    index = (row.clamp(0, height - 1) * width + column.clamp(0, width - 1)).long()
    found = x.flatten(2).gather(2, index.flatten(1).unsqueeze(1).expand(-1, x.shape[1], -1))
    return torch.where(inside.unsqueeze(1), found.view_as(x), fill_value)
'''

PROJECTED = '''
def projected(
    x: Tensor, matrix: Tensor, interpolation: str, fill_mode: str, fill_value: float
) -> Tensor:
    """Images (N, C, H, W), each pixel read where its matrix (N, 8) sends it, as TensorFlow does.

    A matrix (a, b, c, d, e, f, g, h) sends column x, row y to column (ax + by + c) / (gx + hy + 1),
    row (dx + ey + f) / (gx + hy + 1).
    """
    height, width = x.shape[2:]
    row = torch.arange(height, dtype=x.dtype, device=x.device).unsqueeze(1)
    column = torch.arange(width, dtype=x.dtype, device=x.device)
    a, b, c, d, e, f, g, h = matrix.to(x.dtype)[:, :, None, None].unbind(1)
    scale = g * column + h * row + 1
    across = filled((a * column + b * row + c) / scale, width, fill_mode)
    down = filled((d * column + e * row + f) / scale, height, fill_mode)
    if interpolation == "nearest":
        across, down = (p.trunc() + (2 * p.frac()).trunc() for p in (across, down))
        return pixels_at(x, down, across, fill_value)
    left, top = across.floor(), down.floor()
    right, below = (across - left).unsqueeze(1), (down - top).unsqueeze(1)
    upper = (1 - right) * pixels_at(x, top, left, fill_value)
    upper = upper + right * pixels_at(x, top, left + 1, fill_value)
    lower = (1 - right) * pixels_at(x, top + 1, left, fill_value)
    lower = lower + right * pixels_at(x, top + 1, left + 1, fill_value)
    return (1 - below) * upper + below * lower
'''
#: How the modules that sample keep what they are told, and start.
INIT = """
        self.interpolation, self.fill_mode, self.fill_value = interpolation, fill_mode, fill_value
"""
FORWARD = """
    def forward(self, x: Tensor) -> Tensor:
        return self.transform(x, *self.draw(x)) if self.training else x
"""
SAMPLED = (FILL_MODE, INTERPOLATION, SEED, FILL_VALUE, FORMAT, *GENERAL)
IMAGES = (4, 6, 5, 2)
SAMPLING = (FILLED, PIXELS_AT, PROJECTED)


#: What the modules that sample take where nothing is said.
DEFAULTS = {"interpolation": '"bilinear"', "fill_mode": '"reflect"', "fill_value": 0.0}


def sampling(site: Site) -> dict[str, Any]:
    """Interpolation, fill mode and fill value, as keyword arguments of a module."""
    interpolation = site.config.choice("interpolation", "bilinear", "nearest")
    fill_mode, fill_value = site.config.choice("fill_mode", *FILL_MODES), site.config.number("fill_value")
    return {"interpolation": f'"{interpolation}"', "fill_mode": f'"{fill_mode}"', "fill_value": fill_value}


def affine(site: Site, source: str, *factors: tuple[float, float] | None) -> Value:
    """The batch after a module that samples."""
    image = images(site, cast=True)
    return augmented(site, image, source, *factors, helpers=SAMPLING, omit=DEFAULTS, **sampling(site))
