"""Initializers that ask for no fan: normal, uniform, and cut normal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.initializers.initializer_parts import SEED, cases, filled, instead, kernel
from equivalence.schema import Argument, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site


def emit_normal(site: Site) -> str:
    """nn.init.normal_."""
    return filled("normal_", kernel(site), mean=site.config.number("mean"), std=site.config.number("stddev"))


def emit_uniform(site: Site) -> str:
    """nn.init.uniform_."""
    return filled("uniform_", kernel(site), a=site.config.number("minval"), b=site.config.number("maxval"))


def emit_truncated(site: Site) -> str:
    """nn.init.trunc_normal_, cut at two standard deviations."""
    mean, std = site.config.number("mean"), site.config.number("stddev")
    tensor = kernel(site)
    return filled("trunc_normal_", tensor, mean=mean, std=std, a=mean - 2 * std, b=mean + 2 * std)


RandomNormal = Entry(
    keras="keras.initializers.RandomNormal",
    torch=("torch.nn.init.normal_", "torch.nn.init.sparse_"),
    related=("torch.nn.init.sparse_",),
    says="Draws from a normal distribution; nn.init.sparse_ does too, and then sets part of each column to zero.",
    emit=emit_normal,
    kind="initializer",
    arguments=(Argument("mean", "mean", 0.0), Argument("stddev", "std", 0.05), SEED),
    differences=(
        Difference(
            "deviation",
            "Its default deviation is 0.05; nn.init.normal_ has 1.",
            case="dense",
            naive=instead("nn.init.normal_({}, mean=0.25)"),
        ),
    ),
    cases=(*cases("Dense", mean=0.25, stddev=0.125), *cases("Embedding")),
    aliases=("random_normal", "tf.random_normal_initializer", "keras.initializers.Normal", "normal initializer"),
)

RandomUniform = Entry(
    keras="keras.initializers.RandomUniform",
    torch=("torch.nn.init.uniform_",),
    says="Draws evenly from a range. It is what an Embedding begins with, where torch's nn.Embedding draws N(0, 1).",
    emit=emit_uniform,
    kind="initializer",
    arguments=(Argument("minval", "a", -0.05), Argument("maxval", "b", 0.05), SEED),
    differences=(
        Difference(
            "embedding",
            "nn.Embedding begins with deviations of 1, twenty times as far out as Keras's.",
            case="embedding",
            naive=instead("nn.init.normal_({})"),
        ),
    ),
    cases=(*cases("Dense", minval=-0.25, maxval=0.5), *cases("Embedding")),
    aliases=("random_uniform", "tf.random_uniform_initializer", "keras.initializers.Uniform", "uniform initializer"),
)

TruncatedNormal = Entry(
    keras="keras.initializers.TruncatedNormal",
    torch=("torch.nn.init.trunc_normal_",),
    says="Draws from a normal distribution, and again where a number is further than two deviations from its mean.",
    emit=emit_truncated,
    kind="initializer",
    arguments=(
        Argument("mean", "mean", 0.0),
        Argument("stddev", "std", 0.05, note="of the normal distribution, before it is cut"),
        SEED,
    ),
    differences=(
        Difference(
            "bounds",
            "trunc_normal_ cuts at a and b, -2 and 2 where nothing is said, and not at two deviations: with the small "
            "deviations of weights it then cuts nothing.",
            case="dense",
            naive=instead("nn.init.trunc_normal_({}, 0.25, 0.125)"),
        ),
    ),
    cases=(*cases("Dense", mean=0.25, stddev=0.125), *cases("Conv2D")),
    aliases=("truncated_normal", "trunc_normal", "tf.truncated_normal_initializer"),
)
