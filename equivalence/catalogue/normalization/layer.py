"""LayerNormalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from equivalence.catalogue.normalization.normalization_parts import AFFINE_ARGUMENTS, Trailing, several_axes, trailing
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight
from equivalence.translation.order import FIRST
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


class Settings(NamedTuple):
    """The configuration."""

    axes: tuple[int, ...]
    epsilon: float
    scale: bool
    center: bool
    rms_scaling: bool

    @classmethod
    def of(cls, site: Site) -> Settings:
        config = site.config
        flags = (config.flag(name) for name in ("scale", "center", "rms_scaling"))
        return cls(several_axes(site, site.x), config.number("epsilon"), *flags)


def emit_layer_normalization(site: Site) -> Value:
    """nn.LayerNorm over the trailing dimensions; for rms_scaling its formula, which torch has not."""
    axes, epsilon, scale, center, rms_scaling = Settings.of(site)
    place = trailing(site, axes)
    x = place.value
    if rms_scaling:
        return _over_deviation(site, place, epsilon)
    if None in place.shape:
        if scale or center:
            site.refuse(f"it normalises axes of its input {x.shape} whose sizes are unknown")
        sizes = f"{x}{place.there}.shape[-{len(place.shape)}:]"
        return site.new(f"{call('F.layer_norm', f'{x}{place.there}', sizes, eps=epsilon)}{place.back}", x.order)
    norm = site.module(
        call(
            "nn.LayerNorm",
            place.shape if len(place.shape) > 1 else place.shape[0],
            eps=epsilon,
            elementwise_affine=scale or center,
            bias=center or not scale,
            omit={"eps": 1e-5, "elementwise_affine": True, "bias": True},
        ),
        weights=place.weights,
    )
    return site.new(f"{norm}({x}{place.there}){place.back}", x.order)


def emit_channels_forgotten(site: Site) -> Value:
    """The naive form: nn.LayerNorm on a channels-first image, which normalises its rows instead of its channels."""
    settings, x = Settings.of(site), site.take(site.x, FIRST)
    norm = site.module(call("nn.LayerNorm", x.shape[-1] or 0, eps=settings.epsilon))
    return site.new(f"{norm}({x})", FIRST)


def emit_root_mean_square(site: Site) -> Value:
    """The naive form of rms_scaling: nn.RMSNorm, as its name suggests."""
    settings = Settings.of(site)
    place = trailing(site, settings.axes)
    norm = site.module(call("nn.RMSNorm", place.shape[0] or 0, eps=settings.epsilon))
    return site.new(f"{norm}({place.value})", place.value.order)


def _over_deviation(site: Site, place: Trailing, epsilon: float) -> Value:
    """x / sqrt(variance + epsilon) * gamma: what Keras's rms_scaling computes."""
    ones = call("torch.ones", *(size or 0 for size in place.shape))
    gamma = site.module(f"nn.Parameter({ones})", "gamma", weights=place.weights)
    dims = tuple(range(-len(place.shape), 0))
    x = f"{place.value}{place.there}"
    variance = call(f"{x}.var", dim=dims if len(dims) > 1 else -1, correction=0, keepdim=True)
    return site.new(f"({x} * torch.rsqrt({variance} + {epsilon!r}) * {gamma}){place.back}", place.value.order)


LayerNormalization = Entry(
    keras="keras.layers.LayerNormalization",
    since="2.2.4-tf",
    torch=("torch.nn.LayerNorm",),
    says="Normalises each sample over the given axes, by their mean and variance.",
    arguments=(
        Argument("axis", "normalized_shape", -1, how="the sizes of those axes", note="torch takes the last ones only"),
        Argument("epsilon", "eps", 0.001),
        Argument("center", "bias", True),
        Argument("scale", "elementwise_affine", True, note="torch has no switch for the scale alone: it stays 1"),
        *AFFINE_ARGUMENTS,
        *LAYER_ARGUMENTS,
    ),
    legacy=(
        Argument(
            "rms_scaling", None, False, note="deprecated in Keras: divides by the deviation, without centring or shift"
        ),
    ),
    weights=(
        Weight("gamma", "weight", when="scale", otherwise=1.0),
        Weight("gamma", "", when="rms_scaling"),
        Weight("beta", "bias", when="center, not rms_scaling", otherwise=0.0),
    ),
    differences=(
        Difference(
            "epsilon", "Keras adds 1e-3 to the variance, torch 1e-5.", case="defaults", swap=((", eps=0.001", ""),)
        ),
        Difference(
            "axis",
            "Keras names the axes, by default the channels at the end; nn.LayerNorm takes the last dimensions, which "
            "in a channels-first image are its columns.",
            case="image-as-wide-as-deep",
            naive=emit_channels_forgotten,
        ),
        Difference(
            "rms-scaling",
            "rms_scaling=True divides by the deviation from the mean, nn.RMSNorm by the root mean square.",
            case="rms-scaling",
            naive=emit_root_mean_square,
        ),
    ),
    cases=(
        Case("defaults", {}, x=(4, 6)),
        Case("sequence", {"epsilon": 2**-10}, x=(2, 5, 7)),
        Case("image-as-wide-as-deep", {}, x=(2, 5, 4, 4)),
        Case("axis-1", {"axis": 1}, x=(2, 5, 7, 3)),
        Case("axes-1-2-3", {"axis": [1, 2, 3]}, x=(2, 5, 7, 3)),
        Case("axes-1-3", {"axis": [3, 1]}, x=(2, 5, 7, 3)),
        Case("no-center", {"center": False}, x=(2, 5, 7)),
        Case("no-scale", {"scale": False}, x=(2, 5, 7)),
        Case("neither-scale-nor-center", {"scale": False, "center": False}, x=(2, 5, 7)),
        Case("rms-scaling", {"rms_scaling": True, "scale": False}, x=(2, 5, 7)),
        Case("rms-scaling-axes-1-2", {"rms_scaling": True, "axis": [1, 2]}, x=(2, 5, 7, 3)),
        Case("unknown-length", {}, x=(2, 5, 7), declared=(None, 7)),
    ),
    aliases=("LayerNorm", "LN", "layer_norm", "F.layer_norm", "tf.keras.layers.experimental.LayerNormalization"),
    emit=emit_layer_normalization,
    layout="last",
    mask="inherit",
)
