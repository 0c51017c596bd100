"""GaussianNoise and GaussianDropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.regularization.dropout import fraction
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

GAUSSIAN_NOISE = '''
class GaussianNoise(nn.Module):
    """Adds normal noise of the given standard deviation in training."""

    def __init__(self, stddev: float) -> None:
        super().__init__()
        self.stddev = stddev

    def forward(self, x: Tensor) -> Tensor:
        return x + self.stddev * torch.randn_like(x) if self.training else x
'''

GAUSSIAN_DROPOUT = '''
class GaussianDropout(nn.Module):
    """In training, multiplies by normal noise of mean 1 and deviation sqrt(rate / (1 - rate))."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.stddev = (rate / (1 - rate)) ** 0.5

    def forward(self, x: Tensor) -> Tensor:
        return x * (1 + self.stddev * torch.randn_like(x)) if self.training else x
'''


def emit_gaussian_noise(site: Site) -> Value:
    """A helper module. Nothing for a deviation of 0."""
    return _noise(site, GAUSSIAN_NOISE, fraction(site, "stddev"))


def emit_gaussian_dropout(site: Site) -> Value:
    """A helper module. Nothing for rate 0."""
    rate = fraction(site, "rate")
    if rate == 1:
        site.config.refuse("rate", rate, "gives noise without bound")
    return _noise(site, GAUSSIAN_DROPOUT, rate)


def _noise(site: Site, source: str, strength: float) -> Value:
    if strength == 0:
        return site.unchanged()
    layer = site.module(f"{site.helper(source)}({strength!r})")
    return site.unchanged(site.new(f"{layer}({site.x})", site.x.order))


GaussianNoise = Entry(
    keras="keras.layers.GaussianNoise",
    torch=("torch.randn_like",),
    says="Adds normal noise in training.",
    arguments=(
        Argument("stddev", None, note="multiplies torch.randn_like(x)"),
        Argument("seed", None, None, inert=True, since="2.7"),
        *LAYER_ARGUMENTS,
    ),
    cases=(
        Case("half", {"stddev": 0.5}, x=(3, 5, 7)),
        Case("none", {"stddev": 0.0}, x=(3, 7)),
    ),
    aliases=("gaussian_noise", "additive noise"),
    emit=emit_gaussian_noise,
    mask="inherit",
    training="random",
)

GaussianDropout = Entry(
    keras="keras.layers.GaussianDropout",
    torch=("torch.randn_like",),
    says="Multiplies by normal noise of mean 1 in training.",
    arguments=(
        Argument("rate", None, note="the noise's standard deviation is sqrt(rate / (1 - rate))"),
        Argument("seed", None, None, inert=True, since="2.7"),
        *LAYER_ARGUMENTS,
    ),
    cases=(
        Case("quarter", {"rate": 0.25}, x=(3, 5, 7)),
        Case("none", {"rate": 0.0}, x=(3, 7)),
    ),
    aliases=("gaussian_dropout", "multiplicative noise"),
    emit=emit_gaussian_dropout,
    mask="inherit",
    training="random",
)
