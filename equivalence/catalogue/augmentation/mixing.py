"""MixUp and CutMix: each image with another one of the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.augmentation.affine import FORWARD
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

MIX_UP = f'''
class MixUp(nn.Module):
    """In training, blends each image with another one of the batch, by a weight of its own."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def draw(self, x: Tensor) -> tuple[Tensor, Tensor]:
        order = torch.randperm(len(x), device=x.device)
        weight = torch.distributions.Beta(self.alpha, self.alpha).sample((len(x), 1, 1, 1))
        return weight.to(x), order

    def transform(self, x: Tensor, weight: Tensor, order: Tensor) -> Tensor:
        return weight * x + (1 - weight) * x[order]
{FORWARD}'''

CUT_MIX = f'''
class CutMix(nn.Module):
    """In training, replaces a rectangle of each image by that of another one of the batch."""

    def __init__(self, factor: tuple[float, float]) -> None:
        super().__init__()
        self.factor = factor

    def draw(self, x: Tensor) -> tuple[Tensor, Tensor]:
        alpha = torch.empty((), device=x.device).uniform_(*self.factor) + 1e-6
        first, second = torch.distributions.Gamma(alpha, 1.0).sample((2, len(x), 1, 1, 1))
        # Keras divides zero by zero where both are too small for a float32, and replaces nothing.
        none = torch.maximum(first, second) <= torch.finfo(first.dtype).tiny
        part = torch.where(none, 0, second / (first + second)).sqrt()
        inside = ~none
        for dim in (3, 2):
            size = x.shape[dim]
            start = torch.rand_like(part) * (size - part * size)
            at = torch.arange(size, device=x.device)
            at = at if dim == 3 else at.unsqueeze(1)
            inside = inside & (at >= start) & (at < start + part * size)
        return inside, torch.randperm(len(x), device=x.device)

    def transform(self, x: Tensor, inside: Tensor, order: Tensor) -> Tensor:
        return torch.where(inside, x[order], x)
{FORWARD}'''


def emit_mix_up(site: Site, source: str = MIX_UP) -> Value:
    """A helper module."""
    alpha = site.config.number("alpha")
    if alpha < 0.05:
        site.config.refuse("alpha", alpha, "is so small that Keras gets numbers that are none")
    return augmented(site, images(site), source, short(alpha))


def emit_cut_mix(site: Site, source: str = CUT_MIX) -> Value:
    """A helper module."""
    return augmented(site, images(site, cast=True), source, pair(span(site, "factor", 0, 1)))


MixUp = Entry(
    keras="keras.layers.MixUp",
    since="3.8",
    torch=("torch.distributions.Beta", "torch.randperm"),
    says="Blends each image with another one of the batch in training.",
    arguments=(
        Argument("alpha", "alpha", 0.2, note="both parameters of the Beta distribution of a weight"),
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "mix-weight-per-image",
            "Every image has a weight of its own; torchvision's MixUp draws one for the batch.",
            case="even",
            naive=naive(emit_mix_up, MIX_UP, ("sample((len(x), 1, 1, 1))", "sample()")),
            seen_in="train",
        ),
        Difference(
            "mix-partner",
            "The partners are a random order of the batch, in which an image may meet itself; torchvision's MixUp "
            "takes the image before.",
            case="even",
            naive=naive(emit_mix_up, MIX_UP, ("x[order]", "x.roll(1, 0)")),
            seen_in="train",
        ),
    ),
    cases=(
        Case("even", {"alpha": 2.0, "seed": 1}, x=(4, 4, 5, 3), draw="uniform"),
        Case("default", {"alpha": 0.2, "seed": 2}, x=(4, 4, 5, 3), draw="pixels"),
        Case("channels-first", {"alpha": 1.0, "data_format": "channels_first", "seed": 3}, x=(4, 3, 4, 5)),
    ),
    aliases=("mixup", "mix_up", "torchvision.transforms.v2.MixUp"),
    emit=emit_mix_up,
    training="random images",
    trains_by_default=True,
)

CutMix = Entry(
    keras="keras.layers.CutMix",
    since="3.9",
    torch=("torch.distributions.Gamma", "torch.randperm"),
    says="Replaces a rectangle of each image by that of another one of the batch in training.",
    arguments=(
        Argument(
            "factor", "alpha", 1.0, note="where the Beta distribution's parameters are drawn from, once for a batch"
        ),
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "cut-per-image",
            "Every image has a rectangle of its own; torchvision's CutMix cuts one for the batch.",
            case="even",
            naive=naive(
                emit_cut_mix,
                CUT_MIX,
                (
                    "        return inside, torch",
                    "        inside = inside[:1].expand_as(inside)\n        return inside, torch",
                ),
            ),
            seen_in="train",
        ),
        Difference(
            "cut-inside",
            "The rectangle lies inside of the image, all of it; torchvision's CutMix draws its centre, and clips it.",
            case="even",
            naive=naive(emit_cut_mix, CUT_MIX, ("* (size - part * size)", "* size - part * size / 2")),
            seen_in="train",
        ),
    ),
    cases=(
        Case("even", {"factor": [0.9, 1.0], "seed": 1}, x=(4, 5, 6, 2), draw="uniform"),
        Case("default", {"factor": 1.0, "seed": 2}, x=(4, 5, 6, 3), draw="pixels"),
        Case("channels-first", {"factor": 0.5, "data_format": "channels_first", "seed": 3}, x=(4, 2, 5, 6)),
    ),
    aliases=("cutmix", "cut_mix", "torchvision.transforms.v2.CutMix"),
    emit=emit_cut_mix,
    training="random images",
    trains_by_default=True,
)
