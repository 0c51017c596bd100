"""RandomPosterization, AutoContrast and Equalization: pixels put on other levels."""

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
    value_range,
)
from equivalence.catalogue.mistaken_sources import naive
from equivalence.schema import Argument, Case, Difference, Entry, refuse_without_counterpart
from equivalence.translation.order import FIRST

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

RESCALED = '''
def rescaled(x: Tensor, source: tuple[float, float], target: tuple[float, float]) -> Tensor:
    """Values of one range, brought to another."""
    if source == target:
        return x
    return (x - source[0]) / (source[1] - source[0]) * (target[1] - target[0]) + target[0]
'''

RANDOM_POSTERIZATION = f'''
class RandomPosterization(nn.Module):
    """In training, keeps upper bits of each image's pixels: how many is drawn, below `bits[1]`."""

    def __init__(self, bits: tuple[int, int], value_range: tuple[float, float]) -> None:
        super().__init__()
        self.bits, self.value_range = bits, value_range

    def draw(self, x: Tensor) -> tuple[Tensor]:
        low, high = self.bits
        return (8 - torch.randint(low, max(high, low + 1), (len(x), 1, 1, 1), device=x.device),)

    def transform(self, x: Tensor, dropped: Tensor) -> Tensor:
        level = rescaled(x, self.value_range, (0, 255)).to(torch.uint8)
        return rescaled((level >> dropped << dropped).to(x.dtype), (0, 255), self.value_range)
{FORWARD}'''

AUTO_CONTRAST = '''
class AutoContrast(nn.Module):
    """Stretches values over their range, of each image and channel by itself; in inference, too."""

    def __init__(self, value_range: tuple[float, float], dims: tuple[int, int] = (2, 3)) -> None:
        super().__init__()
        self.value_range, self.dims = value_range, dims

    def draw(self, x: Tensor) -> tuple[()]:
        return ()

    def transform(self, x: Tensor) -> Tensor:
        pixels = rescaled(x, self.value_range, (0, 255))
        low, high = pixels.amin(self.dims, keepdim=True), pixels.amax(self.dims, keepdim=True)
        scale = 255 / (high - low)
        made = rescaled((pixels * scale - low * scale).clamp(0, 255), (0, 255), self.value_range)
        return torch.where(made.isnan(), x, made)  # one level only: there is nothing to stretch

    def forward(self, x: Tensor) -> Tensor:
        return self.transform(x)
'''

EQUALIZATION = f'''
class Equalization(nn.Module):
    """In training, spreads each channel's values evenly over their range, of all images at once."""

    def __init__(self, value_range: tuple[float, float], bins: int = 256) -> None:
        super().__init__()
        self.value_range, self.bins = value_range, bins

    def draw(self, x: Tensor) -> tuple[()]:
        return ()

    def transform(self, x: Tensor) -> Tensor:
        (low, high), last, channels = self.value_range, self.bins - 1, x.shape[1]
        pixels = x * (255 / (high - low)) - low * (255 / (high - low))
        first = self.bins * torch.arange(channels, device=x.device).view(-1, 1, 1)
        counted = (pixels.float() * last / 255).int().clamp(0, last) + first
        counts = torch.bincount(counted.flatten(), minlength=self.bins * channels)
        counts = counts.view(channels, -1)
        total = counts.cumsum(1)
        least = torch.where(total > 0, total, total[:, -1:]).amin(1, keepdim=True)
        table = ((total - least) * 255).double() / (total[:, -1:] - least).clamp(min=1)
        level = (pixels / 255 * last).clamp(0, last).long()
        spread = table.round().clamp(0, 255).to(x.dtype).flatten()[level + first]
        single = (counts > 0).sum(1).view(-1, 1, 1) <= 1
        return torch.where(single, pixels, spread) * ((high - low) / 255) + low
{FORWARD}'''


def emit_random_posterization(site: Site, source: str = RANDOM_POSTERIZATION) -> Value:
    """A helper module; a number of bits n means from 1 to n, without n."""
    bits = site.config.value("factor")
    bits = (1, bits) if isinstance(bits, (int, float)) and not isinstance(bits, bool) else bits
    fits = isinstance(bits, (list, tuple)) and len(bits) == 2
    if not fits or not all(isinstance(bit, (int, float)) and bit == int(bit) and 1 <= bit <= 8 for bit in bits):
        site.config.refuse("factor", bits, "should be whole numbers of bits from 1 to 8")
    bits = tuple(int(bit) for bit in sorted(bits))
    return augmented(site, images(site), source, bits, limits(site), helpers=(RESCALED,))


def emit_auto_contrast(site: Site, source: str = AUTO_CONTRAST) -> Value:
    """A helper module. Keras stretches along axes 1 and 2, which with channels_first are channels and rows."""
    image = images(site, cast=True)
    dims = (2, 3) if image.order == FIRST else (1, 2)
    omit = {"dims": (2, 3)}
    return augmented(site, image, source, limits(site), helpers=(RESCALED,), fresh=True, omit=omit, dims=dims)


def limits(site: Site) -> tuple[float, float]:
    """The range of values, in order."""
    return pair(value_range(site, ordered=True))


RandomPosterization = Entry(
    keras="keras.layers.RandomPosterization",
    since="3.8",
    torch=("torch.randint", "torch.uint8"),
    says="Keeps the upper bits of each image's pixels in training.",
    arguments=(
        Argument(
            "factor", "bits", None, note="bits kept, drawn from factor[0] to factor[1] - 1; a number n: from 1 to n - 1"
        ),
        VALUE_RANGE,
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "posterize-below",
            "factor=n draws from 1 to n - 1 bits, n itself never; bits=n of torchvision's RandomPosterize keeps n.",
            case="number",
            naive=naive(
                emit_random_posterization,
                RANDOM_POSTERIZATION,
                ("torch.randint(low, max(high, low + 1), (", "torch.randint(high, high + 1, ("),
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case("number", {"factor": 5, "seed": 1}, x=(4, 4, 5, 3), draw="pixels"),
        Case("from-0-to-1", {"factor": [2, 6], "value_range": [0, 1], "seed": 2}, x=(4, 4, 5, 3), draw="uniform"),
        Case(
            "always-3",
            {"factor": [3, 3], "value_range": [0, 255], "data_format": "channels_first"},
            x=(4, 3, 4, 5),
            draw="pixels",
            training="same",
        ),
    ),
    aliases=("random_posterization", "posterize", "torchvision.transforms.v2.RandomPosterize"),
    emit=emit_random_posterization,
    training="random images",
    trains_by_default=True,
)

AutoContrast = Entry(
    keras="keras.layers.AutoContrast",
    since="3.6",
    trains_by_default=True,
    torch=("torch.amin", "torch.amax"),
    says="Stretches the values of each image and channel over their range, in training and in inference.",
    arguments=(VALUE_RANGE, FORMAT._replace(note="channels_first: Keras stretches over channels and rows"), *GENERAL),
    differences=(
        Difference(
            "contrast-in-inference",
            "Not random, and applied in inference as in training; an augmentation that only training sees is not it.",
            case="pixels",
            naive=naive(
                emit_auto_contrast,
                AUTO_CONTRAST,
                ("return self.transform(x)", "return self.transform(x) if self.training else x"),
            ),
        ),
        Difference(
            "contrast-of-each-channel",
            "Each channel is stretched by itself, not the image as one.",
            case="pixels",
            naive=naive(emit_auto_contrast, AUTO_CONTRAST, ("= value_range, dims", "= value_range, (1, 2, 3)")),
        ),
    ),
    cases=(
        Case("pixels", {"value_range": [0, 255]}, x=(3, 4, 5, 3), draw="pixels"),
        Case("from-0-to-1", {"value_range": [0, 1]}, x=(3, 4, 5, 3), draw="uniform"),
        Case("any-size", {"value_range": [-1, 2]}, x=(3, 4, 5, 2), declared=(None, None, 2), draw="uniform"),
        Case("channels-first", {"data_format": "channels_first"}, x=(3, 2, 4, 5), draw="pixels"),
        Case("whole-numbers", {}, x=(3, 4, 5, 3), draw="ids:200"),
    ),
    aliases=("autocontrast", "auto_contrast", "torchvision.transforms.v2.RandomAutocontrast"),
    emit=emit_auto_contrast,
)

_REFUSED = "refused with the layer"
Equalization = Entry(
    keras="keras.layers.Equalization",
    since="3.8",
    trains_by_default=True,
    torch=(),
    says="Equalizes the histogram of each channel in training, one histogram for all images of the batch.",
    arguments=(
        VALUE_RANGE._replace(note=_REFUSED, since=None),
        Argument("bins", None, 256, note=_REFUSED, since=None),
        FORMAT._replace(note=_REFUSED),
        *GENERAL,
    ),
    aliases=("equalize", "histogram equalization", "torchvision.transforms.v2.RandomEqualize"),
    emit=refuse_without_counterpart,
    no_counterpart="Keras 3.15 makes no model with this layer, so that no file holds it (inside of RandAugment and "
    "AugMix it is translated); torchvision's equalize takes each image by itself, where Keras equalizes a channel of "
    "the whole batch by one histogram.",
)
