"""Initializers whose spread comes from the fans: VarianceScaling, Glorot, He, LeCun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from equivalence.catalogue.initializers.initializer_parts import (
    DEPTHWISE,
    PLAIN,
    SEED,
    cases,
    default_difference,
    kernel,
)
from equivalence.schema import Argument, Difference, Entry
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

VARIANCE_SCALING = '''
def variance_scaling_(
    weight: Tensor, scale: float, mode: str = "fan_in", distribution: str = "truncated_normal"
) -> Tensor:
    """Fills a weight (out, in, ...) with variance scale / fan, as Keras's VarianceScaling."""
    window = weight[0, 0].numel()
    fan_in, fan_out = weight.shape[1] * window, weight.shape[0] * window
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    std = math.sqrt(scale / max(1.0, fan))
    if distribution == "uniform":
        return nn.init.uniform_(weight, -math.sqrt(3) * std, math.sqrt(3) * std)
    if distribution == "untruncated_normal":
        return nn.init.normal_(weight, std=std)
    std /= 0.87962566103423978  # a normal distribution cut at 2 deviations has this one
    return nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std)
'''

_NAMED: Mapping[str, tuple[float, str, str]] = {
    "GlorotUniform": (1.0, "fan_avg", "uniform"),
    "GlorotNormal": (1.0, "fan_avg", "truncated_normal"),
    "HeUniform": (2.0, "fan_in", "uniform"),
    "HeNormal": (2.0, "fan_in", "truncated_normal"),
    "LecunUniform": (1.0, "fan_in", "uniform"),
    "LecunNormal": (1.0, "fan_in", "truncated_normal"),
}
#: torch's own for those that are even; of the normal ones, torch's are not cut.
_TORCH: Mapping[str, str] = {
    "GlorotUniform": "nn.init.xavier_uniform_({})",
    "GlorotNormal": "nn.init.xavier_normal_({})",
    "HeUniform": 'nn.init.kaiming_uniform_({}, nonlinearity="relu")',
    "HeNormal": 'nn.init.kaiming_normal_({}, nonlinearity="relu")',
    "LecunUniform": 'nn.init.kaiming_uniform_({}, nonlinearity="linear")',
    "LecunNormal": 'nn.init.kaiming_normal_({}, nonlinearity="linear")',
}
#: What an EinsumDense tells its initializer.
AXES = tuple(
    Argument(name, None, None, note="what an EinsumDense fills in; the port refuses it")
    for name in ("input_axes", "output_axes")
)


def _scaled(site: Site, scale: float, mode: str, distribution: str) -> str:
    told = [literal(scale), *([f'"{mode}"'] if mode != "fan_in" or distribution != "truncated_normal" else [])]
    told += [f'"{distribution}"'] if distribution != "truncated_normal" else []
    return f"{site.helper(VARIANCE_SCALING)}({', '.join([kernel(site), *told])})"


def emit_variance_scaling(site: Site) -> str:
    """A helper that counts the fans from a weight as torch holds it.

    Formula: keras/src/initializers/random_initializers.py, VarianceScaling.__call__.
    """
    mode = site.config.choice("mode", "fan_in", "fan_out", "fan_avg")
    distribution = site.config.choice("distribution", "truncated_normal", "untruncated_normal", "uniform", "normal")
    if distribution == "normal":
        distribution = "truncated_normal"
    for axes in ("input_axes", "output_axes"):
        site.config.only(axes, None, because="is an EinsumDense's; write its fans down")
    return _scaled(site, site.config.number("scale"), mode, distribution)


def emit_named(site: Site) -> str:
    """torch's own function where it draws the same, the helper of VarianceScaling else."""
    scale, mode, distribution = _NAMED[site.entry.name]
    return own(site) if distribution == "uniform" else _scaled(site, scale, mode, distribution)


def own(site: Site) -> str:
    """torch.nn.init's function of the name."""
    return _TORCH[site.entry.name].format(kernel(site))


def _not_cut(name: str, torch: str) -> tuple[Difference, ...]:
    said = f"{torch} has the same variance and is not cut: one number in 22 lies further out than Keras's ever do."
    return (Difference("not-cut", said, case="dense", naive=own),)


_DEFAULT = (
    "torch's layers begin with weights even within 1 / sqrt(fan_in), a variance of 1 / (3 fan_in), and a bias of that "
    "range, where Keras's has zeros."
)


def _entry(name: str, torch: tuple[str, ...], says: str, aliases: tuple[str, ...]) -> Entry:
    uniform = name.endswith("Uniform")
    return Entry(
        keras=f"keras.initializers.{name}",
        torch=torch,
        related=() if uniform else (torch[0],),
        says=says
        + " For a depthwise kernel and an Embedding, hand on a view whose fans torch counts so: see the cases.",
        emit=emit_named,
        kind="initializer",
        arguments=(*AXES, SEED),
        differences=(default_difference(_DEFAULT), *(() if uniform else _not_cut(name, torch[0].rpartition(".")[2]))),
        cases=(
            *cases("Dense", "Conv2D", "DepthwiseConv2D", "Embedding"),
            *(cases("Conv1D", "Conv2DTranspose", "LSTM") if uniform else ()),
        ),
        aliases=aliases,
    )


VarianceScaling = Entry(
    keras="keras.initializers.VarianceScaling",
    torch=("torch.nn.init.trunc_normal_", "torch.nn.init.calculate_gain"),
    related=("torch.nn.init.calculate_gain",),
    says="Draws with a variance of scale / fan: the initializers of Glorot, He and LeCun are settings of it. "
    "(nn.init.calculate_gain gives the root of such scales.)",
    emit=emit_variance_scaling,
    kind="initializer",
    arguments=(
        Argument("scale", "gain", 1.0, how="gain = sqrt(scale)"),
        Argument("mode", "mode", "fan_in", note="torch has no fan_avg but in xavier_*"),
        Argument("distribution", None, "truncated_normal", note='"normal" means cut too'),
        *AXES,
        SEED,
    ),
    differences=(
        default_difference(_DEFAULT),
        Difference(
            "depthwise",
            "torch counts one input for each channel of a depthwise weight, Keras all of them: with the weight as it "
            "is, torch's numbers are sqrt(channels) too large.",
            case="depthwiseconv2d",
            swap=((f"variance_scaling_({DEPTHWISE}", "variance_scaling_(layer.weight"),),
        ),
    ),
    cases=(
        *cases(*PLAIN, "DepthwiseConv1D", "DepthwiseConv2D", "Embedding", scale=0.5, mode="fan_in"),
        *(
            case._replace(id=f"{case.id}-{mode}-{distribution}")
            for mode, distribution in (("fan_out", "uniform"), ("fan_avg", "untruncated_normal"))
            for case in cases(
                "Conv2D", "Conv2DTranspose", "DepthwiseConv2D", scale=2.0, mode=mode, distribution=distribution
            )
        ),
    ),
    aliases=("variance_scaling", "fan_in", "fan_out", "tf.variance_scaling_initializer", "weight initialization"),
)

GlorotUniform = _entry(
    "GlorotUniform", ("torch.nn.init.xavier_uniform_",),
    "Draws evenly within sqrt(6 / (fan_in + fan_out)): what Keras's layers begin with where nothing is said.",
    ("glorot_uniform", "glorot", "xavier", "xavier_uniform", "default initializer", "kernel_initializer"),
)  # fmt: skip
GlorotNormal = _entry(
    "GlorotNormal", ("torch.nn.init.xavier_normal_", "torch.nn.init.trunc_normal_"),
    "Draws from a normal distribution of variance 2 / (fan_in + fan_out), cut at two deviations.",
    ("glorot_normal", "xavier_normal"),
)  # fmt: skip
HeUniform = _entry(
    "HeUniform", ("torch.nn.init.kaiming_uniform_",), "Draws evenly within sqrt(6 / fan_in).",
    ("he_uniform", "he", "kaiming", "kaiming_uniform"),
)  # fmt: skip
HeNormal = _entry(
    "HeNormal", ("torch.nn.init.kaiming_normal_", "torch.nn.init.trunc_normal_"),
    "Draws from a normal distribution of variance 2 / fan_in, cut at two deviations.",
    ("he_normal", "kaiming_normal", "MSRA"),
)  # fmt: skip
LecunUniform = _entry(
    "LecunUniform", ("torch.nn.init.kaiming_uniform_",), "Draws evenly within sqrt(3 / fan_in).",
    ("lecun_uniform", "lecun"),
)  # fmt: skip
LecunNormal = _entry(
    "LecunNormal", ("torch.nn.init.kaiming_normal_", "torch.nn.init.trunc_normal_"),
    "Draws from a normal distribution of variance 1 / fan_in, cut at two deviations; SELU networks want it.",
    ("lecun_normal",),
)  # fmt: skip
