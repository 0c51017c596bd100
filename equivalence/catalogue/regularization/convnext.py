"""The layers that keras.applications' ConvNeXt brings along: a scale for each channel, and paths dropped at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

STOCHASTIC_DEPTH = """
class StochasticDepth(nn.Module):
    \"\"\"In training, drops each sample's path with the given rate and enlarges those kept.\"\"\"

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        shape = (x.shape[0], *[1] * (x.dim() - 1))
        kept = torch.rand(shape, dtype=x.dtype, device=x.device) >= self.rate
        return x / (1 - self.rate) * kept
"""


def emit_layer_scale(site: Site) -> Value:
    """x times a parameter that broadcasts along the channels."""
    site.config.value("init_values")
    size = site.config.integer("projection_dim")
    if site.x.rank < 2:
        site.refuse(f"its input of shape {site.x.shape} has no channels")
    behind = site.x.rank - 1 - site.x.dim(-1)
    gamma = site.module(f"nn.Parameter(torch.zeros({size}))", weights=(Weight("gamma", ""),))
    index = "[:" + ", None" * behind + "]" if behind else ""
    return site.new(f"{site.x} * {gamma}{index}", site.x.order)


def emit_stochastic_depth(site: Site) -> Value:
    """A module that draws one number for each sample of the batch."""
    rate = site.config.number("drop_path_rate")
    if not 0 <= rate < 1:
        site.config.refuse("drop_path_rate", rate, "should be at least 0 and below 1")
    if rate == 0:
        return site.unchanged()
    site.helper(STOCHASTIC_DEPTH)
    return site.unchanged(site.new(f"{site.module(f'StochasticDepth({rate!r})')}({site.x})", site.x.order))


LayerScale = Entry(
    keras="keras.src.applications.convnext.LayerScale",
    torch=("torch.nn.Parameter",),
    says="A learned factor for each channel: ConvNeXt's residual branches begin near zero with it.",
    emit=emit_layer_scale,
    arguments=(
        Argument("init_values", None, inert=True, note="what the factors begin with"),
        Argument("projection_dim", "size", note="channels"),
        *LAYER_ARGUMENTS,
    ),
    weights=(Weight("gamma", ""),),
    differences=(
        Difference(
            "scale",
            "The branch is scaled before it is added; a plain residual connection forgets it.",
            case="image",
            swap=((" * self.layer_scale", " * 1 + 0 * self.layer_scale"),),
        ),
    ),
    cases=(
        Case("image", {"init_values": 0.5, "projection_dim": 3}, x=(2, 4, 5, 3)),
        Case("sequence", {"init_values": 0.5, "projection_dim": 5}, x=(2, 4, 5)),
    ),
    aliases=("layer scale", "gamma scaling"),
)
StochasticDepth = Entry(
    trains_by_default=None,
    keras="keras.src.applications.convnext.StochasticDepth",
    torch=("torch.rand",),
    says="Drops whole residual branches at random, sample by sample: what timm calls DropPath.",
    emit=emit_stochastic_depth,
    arguments=(Argument("drop_path_rate", "rate"), *LAYER_ARGUMENTS),
    cases=(
        Case("quarter", {"drop_path_rate": 0.25}, x=(2, 4, 5, 3)),
        Case("never", {"drop_path_rate": 0.0}, x=(2, 4, 5)),
    ),
    aliases=("DropPath", "drop path", "stochastic depth"),
    training="random",
)
