"""RandomSharpness and RandomGaussianBlur: a filter over each channel, zeros around the image."""

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

RANDOM_SHARPNESS = f'''
class RandomSharpness(nn.Module):
    """In training, blends images with smoothed ones: `factor` 0 smooths, 0.5 keeps, 1 sharpens."""

    def __init__(self, factor: tuple[float, float], value_range: tuple[float, float]) -> None:
        super().__init__()
        self.factor, self.value_range = factor, value_range

    def draw(self, x: Tensor) -> tuple[Tensor]:
        return (torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(*self.factor),)

    def transform(self, x: Tensor, factor: Tensor) -> Tensor:
        kernel = torch.full((x.shape[1], 1, 3, 3), 1 / 13, dtype=x.dtype, device=x.device)
        kernel[:, :, 1, 1] = 5 / 13
        smooth = F.conv2d(x, kernel, padding=1, groups=x.shape[1])
        return (x + (1 - 2 * factor) * (smooth - x)).clamp(*self.value_range)
{FORWARD}'''

RANDOM_GAUSSIAN_BLUR = f'''
class RandomGaussianBlur(nn.Module):
    """In training, blurs images with a probability drawn from `factor`, one width for the batch."""

    def __init__(
        self,
        factor: tuple[float, float],
        kernel_size: tuple[int, int],
        sigma: tuple[float, float],
        value_range: tuple[float, float],
    ) -> None:
        super().__init__()
        self.factor, self.kernel_size, self.sigma = factor, kernel_size, sigma
        self.value_range = value_range

    def draw(self, x: Tensor) -> tuple[Tensor, Tensor]:
        probability = torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(*self.factor)
        sigma = torch.empty(2, device=x.device).uniform_(*self.sigma) + 1e-6
        return torch.rand_like(probability) < probability, sigma

    def transform(self, x: Tensor, chosen: Tensor, sigma: Tensor) -> Tensor:
        first, second = (
            torch.exp(-0.5 * ((torch.arange(size).to(x) - (size - 1) / 2) / width) ** 2)
            for size, width in zip(self.kernel_size, sigma.to(x.dtype), strict=True)
        )
        kernel = torch.outer(second / second.sum(), first / first.sum())
        kernel = kernel.reshape(1, 1, *self.kernel_size).expand(x.shape[1], -1, -1, -1)
        padding = tuple(size // 2 for size in self.kernel_size)
        blurred = F.conv2d(x, kernel, padding=padding, groups=x.shape[1])
        return torch.where(chosen, blurred, x).clamp(*self.value_range)
{FORWARD}'''


def emit_random_sharpness(site: Site, source: str = RANDOM_SHARPNESS) -> Value:
    """A helper module."""
    factor, limits = pair(span(site, "factor", 0, 1)), pair(value_range(site, ordered=True))
    return augmented(site, images(site, cast=True), source, factor, limits)


def emit_random_gaussian_blur(site: Site, source: str = RANDOM_GAUSSIAN_BLUR) -> Value:
    """A helper module."""
    size = site.config.integers("kernel_size", 2)
    if not (size[0] % 2 and size[1] % 2):
        site.config.refuse("kernel_size", size, "should be odd")
    if size[0] != size[1]:
        site.config.refuse("kernel_size", size, "is not square, of which Keras makes no Gaussian")
    factor, sigma = pair(span(site, "factor", 0, 1)), pair(span(site, "sigma", 0, 1))
    return augmented(site, images(site, cast=True), source, factor, size, sigma, pair(value_range(site)))


RandomSharpness = Entry(
    keras="keras.layers.RandomSharpness",
    since="3.8",
    torch=("torch.nn.functional.conv2d", "torch.clamp"),
    says="Sharpens or smooths each image in training.",
    arguments=(
        Argument(
            "factor", None, how="2 * factor", note="0 smooths, 0.5 keeps the image, 1 sharpens; a number f: from 0 to f"
        ),
        VALUE_RANGE,
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "sharpness-border",
            "The border is smoothed too, with zeros around the image; torchvision's adjust_sharpness keeps it.",
            case="number",
            naive=naive(
                emit_random_sharpness,
                RANDOM_SHARPNESS,
                (
                    "smooth = F.conv2d(x, kernel, padding=1, groups=x.shape[1])",
                    "inside = F.conv2d(x, kernel, groups=x.shape[1])\n"
                    "        smooth = x.clone()\n        smooth[:, :, 1:-1, 1:-1] = inside",
                ),
            ),
            seen_in="train",
        ),
        Difference(
            "sharpness-scale",
            "factor=0.5 keeps an image, and 0 is the smoothed one; torchvision's sharpness_factor keeps it at 1.",
            case="number",
            naive=naive(emit_random_sharpness, RANDOM_SHARPNESS, ("(1 - 2 * factor)", "(1 - factor)")),
            seen_in="train",
        ),
    ),
    cases=(
        Case("number", {"factor": 0.9, "seed": 1}, x=(4, 5, 6, 3), draw="pixels"),
        Case("from-0-to-1", {"factor": [0.5, 1.0], "value_range": [0, 1], "seed": 2}, x=(4, 5, 6, 2), draw="uniform"),
        Case(
            "channels-first", {"factor": 0.4, "data_format": "channels_first", "seed": 3}, x=(4, 3, 5, 6), draw="pixels"
        ),
    ),
    aliases=("random_sharpness", "RandomAdjustSharpness", "torchvision.transforms.v2.RandomAdjustSharpness"),
    emit=emit_random_sharpness,
    training="random images",
    trains_by_default=True,
)

RandomGaussianBlur = Entry(
    keras="keras.layers.RandomGaussianBlur",
    since="3.9",
    torch=("torch.nn.functional.conv2d", "torch.where"),
    says="Blurs some images in training, all of a batch with one width.",
    arguments=(
        Argument("factor", None, 1.0, note="where each image's probability is drawn from; a number f: from 0 to f"),
        Argument("kernel_size", None, 3, note="odd; the same in both directions"),
        Argument(
            "sigma", None, 1.0, note="where the width is drawn from, for rows and columns; a number f: from 0 to f"
        ),
        VALUE_RANGE,
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "blur-widths",
            "The width of a Gaussian is drawn for rows and for columns; torchvision's GaussianBlur draws one for both.",
            case="wide",
            naive=naive(
                emit_random_gaussian_blur,
                RANDOM_GAUSSIAN_BLUR,
                (
                    "torch.empty(2, device=x.device).uniform_(*self.sigma)",
                    "torch.empty(1, device=x.device).uniform_(*self.sigma).expand(2)",
                ),
            ),
            seen_in="train",
        ),
        Difference(
            "blur-border",
            "Zeros surround the image, and its border gets darker; torchvision's GaussianBlur reflects it.",
            case="wide",
            naive=naive(
                emit_random_gaussian_blur,
                RANDOM_GAUSSIAN_BLUR,
                (
                    "F.conv2d(x, kernel, padding=padding,",
                    'F.conv2d(F.pad(x, (padding[1],) * 2 + (padding[0],) * 2, "reflect"), kernel,',
                ),
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case(
            "wide",
            {"factor": [0.6, 0.9], "kernel_size": 5, "sigma": [0.3, 1.0], "value_range": [0, 1], "seed": 1},
            x=(4, 5, 6, 2),
            draw="uniform",
        ),
        Case("default", {"factor": 1.0, "kernel_size": 3, "sigma": 1.0, "seed": 2}, x=(4, 5, 6, 3), draw="pixels"),
        Case(
            "channels-first", {"factor": 0.8, "data_format": "channels_first", "seed": 3}, x=(4, 3, 5, 6), draw="pixels"
        ),
    ),
    aliases=("random_gaussian_blur", "torchvision.transforms.v2.GaussianBlur"),
    emit=emit_random_gaussian_blur,
    training="random images",
    trains_by_default=True,
)
