"""RandAugment and AugMix: layers that draw which other layers to apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.augmentation.affine import FORWARD, INTERPOLATION
from equivalence.catalogue.augmentation.augmentation_parts import (
    FORMAT,
    GENERAL,
    SEED,
    VALUE_RANGE,
    augmented,
    images,
    pair,
    short,
    span,
    value_range,
)
from equivalence.catalogue.augmentation.policy_layers import ALL, WITHOUT_COLOURS, layers_of
from equivalence.catalogue.mistaken_sources import naive
from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

RAND_AUGMENT = f'''
class RandAugment(nn.Module):
    """In training, applies layers to the batch one after the other, which are drawn anew."""

    def __init__(self, layers: list[nn.Module], num_ops: int = 2) -> None:
        super().__init__()
        self.layers, self.num_ops = nn.ModuleList(layers), num_ops

    def draw(self, x: Tensor) -> tuple[list[int], list[tuple[Tensor, ...]]]:
        chosen = torch.randint(len(self.layers), (self.num_ops,)).tolist()
        return chosen, [layer.draw(x) for layer in self.layers]

    def transform(self, x: Tensor, chosen: list[int], drawn: list[tuple[Tensor, ...]]) -> Tensor:
        for index in chosen:  # a layer that is chosen twice does the same twice
            x = self.layers[index].transform(x, *drawn[index])
        return x
{FORWARD}'''

AUG_MIX = f'''
class AugMix(nn.Module):
    """In training, blends the batch with a mixture of chains of layers that are drawn anew."""

    def __init__(
        self,
        layers: list[nn.Module],
        value_range: tuple[float, float],
        num_chains: int = 3,
        chain_depth: int = 3,
        alpha: float = 1.0,
    ) -> None:
        super().__init__()
        self.layers, self.value_range = nn.ModuleList(layers), value_range
        self.num_chains, self.chain_depth, self.alpha = num_chains, chain_depth, alpha

    def draw(self, x: Tensor) -> tuple[Tensor, Tensor, list[list[tuple[int, tuple[Tensor, ...]]]]]:
        alpha = torch.full((self.num_chains,), self.alpha, dtype=torch.float, device=x.device)
        weights = torch.distributions.Dirichlet(alpha).sample()
        kept = torch.distributions.Beta(alpha[0], alpha[0]).sample()
        chains = []
        for _ in range(self.num_chains):
            chosen = torch.randint(len(self.layers) + 1, (self.chain_depth,)).tolist()
            chosen = [index for index in chosen if index < len(self.layers)]  # the last: none
            chains.append([(index, self.layers[index].draw(x)) for index in chosen])
        return weights, kept, chains

    def transform(
        self,
        x: Tensor,
        weights: Tensor,
        kept: Tensor,
        chains: list[list[tuple[int, tuple[Tensor, ...]]]],
    ) -> Tensor:
        mixed = torch.zeros_like(x)
        for weight, chain in zip(weights, chains, strict=True):
            made = x
            for index, drawn in chain:
                made = self.layers[index].transform(made, *drawn)
            mixed = mixed + weight * made
        return (kept * x + (1 - kept) * mixed).clamp(*self.value_range)
{FORWARD}'''


def emit_rand_augment(site: Site, source: str = RAND_AUGMENT) -> Value:
    """A helper module that holds those of its layers."""
    image, factor, limits = images(site, (3,), cast=True), span(site, "factor", 0, 1), value_range(site)
    interpolation = site.config.choice("interpolation", "bilinear", "nearest")
    layers = layers_of(site, image, ALL, factor, limits, interpolation)
    return augmented(site, image, source, layers, omit={"num_ops": 2}, num_ops=site.config.integer("num_ops"))


def emit_aug_mix(site: Site, source: str = AUG_MIX) -> Value:
    """A helper module that holds those of its layers."""
    image, factor, limits = images(site, (3,), cast=True), span(site, "factor", 0, 1), value_range(site)
    interpolation = site.config.choice("interpolation", "bilinear", "nearest")
    chosen = ALL if site.config.flag("all_ops") else WITHOUT_COLOURS
    layers = layers_of(site, image, chosen, factor, limits, interpolation)
    alpha = site.config.number("alpha")
    if alpha < 0.05:
        site.config.refuse("alpha", alpha, "is so small that Keras gets numbers that are none")
    sizes: dict[str, Any] = {
        "num_chains": site.config.integer("num_chains"),
        "chain_depth": site.config.integer("chain_depth"),
    }
    omit = {"num_chains": 3, "chain_depth": 3, "alpha": 1}
    return augmented(site, image, source, layers, pair(limits), omit=omit, **sizes, alpha=short(alpha))


_FACTOR = Argument("factor", "magnitude", 0.5, note="given to each layer; a number f: (0, f)")

RandAugment = Entry(
    keras="keras.layers.RandAugment",
    since="3.8",
    torch=("torch.randint", "torch.nn.ModuleList"),
    says="Applies layers drawn from eleven to the whole batch in training.",
    arguments=(
        VALUE_RANGE,
        Argument("num_ops", "num_ops", 2),
        _FACTOR,
        INTERPOLATION,
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "policy-per-batch",
            "The layers are drawn once for a batch, and each of them then draws for every image; torchvision's "
            "RandAugment, called on one image after another, draws the layers for each.",
            case="one",
            naive=naive(
                emit_rand_augment,
                RAND_AUGMENT,
                (
                    "return self.transform(x, *self.draw(x)) if",
                    "return torch.cat([self.transform(one, *self.draw(one)) for one in x.split(1)]) if",
                ),
            ),
            seen_in="train",
        ),
        Difference(
            "policy-with-identity",
            "The eleven layers are Keras's own; torchvision's RandAugment also draws the identity.",
            case="one",
            naive=naive(
                emit_rand_augment,
                RAND_AUGMENT,
                ("for index in chosen:", "for index in [index for index in chosen if torch.rand(()) > 0.5]:"),
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case("one", {"num_ops": 1, "value_range": [0, 1], "factor": 0.5, "seed": 1}, x=(3, 4, 5, 3), draw="uniform"),
        Case(
            "default", {"value_range": [0, 255], "interpolation": "bilinear", "seed": 2}, x=(3, 4, 5, 3), draw="pixels"
        ),
        Case(
            "channels-first",
            {"factor": [0.2, 0.4], "interpolation": "nearest", "data_format": "channels_first", "seed": 3},
            x=(3, 3, 4, 5),
            draw="pixels",
        ),
    ),
    aliases=("rand_augment", "torchvision.transforms.v2.RandAugment"),
    emit=emit_rand_augment,
    training="random images",
    trains_by_default=True,
)

AugMix = Entry(
    keras="keras.layers.AugMix",
    since="3.9",
    torch=("torch.distributions.Dirichlet", "torch.nn.ModuleList"),
    says="Blends each image with a mixture of chains of layers in training; chains and weights are those of the batch. "
    "Within a compiled function, as in fit, Keras draws the chains once, when it traces; here they are always redrawn.",
    arguments=(
        VALUE_RANGE,
        Argument("num_chains", "mixture_width", 3),
        Argument("chain_depth", "chain_depth", 3),
        _FACTOR._replace(torch="severity", default=0.3),
        Argument("alpha", "alpha", 1.0),
        Argument("all_ops", "all_ops", True, note="False: without brightness, colours, contrast and sharpness"),
        INTERPOLATION,
        SEED,
        FORMAT,
        *GENERAL,
    ),
    differences=(
        Difference(
            "mixture-per-batch",
            "Chains and weights are drawn once for a batch; torchvision's AugMix draws them for each image.",
            case="short",
            naive=naive(
                emit_aug_mix,
                AUG_MIX,
                (
                    "return self.transform(x, *self.draw(x)) if",
                    "return torch.cat([self.transform(one, *self.draw(one)) for one in x.split(1)]) if",
                ),
            ),
            seen_in="train",
        ),
    ),
    cases=(
        Case(
            "short",
            {"num_chains": 1, "chain_depth": 1, "alpha": 2.0, "factor": 0.3, "value_range": [0, 1], "seed": 1},
            x=(3, 4, 5, 3),
            draw="uniform",
        ),
        Case(
            "default", {"value_range": [0, 255], "interpolation": "bilinear", "seed": 2}, x=(3, 4, 5, 3), draw="pixels"
        ),
        Case(
            "channels-first",
            {"all_ops": False, "interpolation": "nearest", "data_format": "channels_first", "seed": 3},
            x=(3, 3, 4, 5),
            draw="pixels",
        ),
    ),
    aliases=("augmix", "aug_mix", "torchvision.transforms.v2.AugMix"),
    emit=emit_aug_mix,
    training="random images",
    trains_by_default=True,
)
