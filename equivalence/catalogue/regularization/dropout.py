"""Dropout and AlphaDropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_dropout(site: Site) -> Value:
    """nn.Dropout; with a noise_shape, nn.Dropout of ones of that shape, multiplied in. Nothing for rate 0."""
    x, rate = site.x, fraction(site, "rate")
    shared = shared_axes(site)
    if rate == 0:
        return site.unchanged()
    dropout = site.module(call("nn.Dropout", rate))
    if not shared:
        return site.unchanged(site.new(f"{dropout}({x})", x.order))
    dims = sorted(x.dim(axis) for axis in shared)
    index = ", ".join(":1" if d in dims else ":" for d in range(dims[-1] + 1))
    return site.unchanged(site.new(f"{x} * {dropout}(torch.ones_like({x}[{index}]))", x.order))


def emit_alpha_dropout(site: Site) -> Value:
    """nn.AlphaDropout, where every element is dropped by itself. Nothing for rate 0."""
    rate = fraction(site, "rate")
    if shared_axes(site):
        noise = site.config.value("noise_shape")
        site.config.refuse("noise_shape", noise, "has no counterpart in nn.AlphaDropout and no translation yet")
    if rate == 0:
        return site.unchanged()
    return site.unchanged(site.new(f"{site.module(call('nn.AlphaDropout', rate))}({site.x})", site.x.order))


def emit_ignoring_noise_shape(site: Site) -> Value:
    """The naive form: nn.Dropout whatever the noise_shape."""
    site.config.value("noise_shape")
    return site.unchanged(
        site.new(f"{site.module(call('nn.Dropout', fraction(site, 'rate')))}({site.x})", site.x.order)
    )


def emit_always(site: Site) -> Value:
    """The naive form: F.dropout, which drops whenever it is called."""
    if shared_axes(site):
        return emit_dropout(site)
    return site.unchanged(site.new(call("F.dropout", str(site.x), fraction(site, "rate")), site.x.order))


def fraction(site: Site, name: str) -> float:
    """A rate between 0 and 1."""
    rate = site.config.number(name)
    if not 0 <= rate <= 1:
        site.config.refuse(name, rate, "should lie between 0 and 1")
    return rate


def shared_axes(site: Site) -> list[int]:
    """The axes along which noise_shape has one random number for all elements.

    Raises Refused where its sizes are neither 1, None nor those of the input.
    """
    noise, shape = site.config.value("noise_shape"), site.x.shape
    if noise is None:
        return []
    fits = isinstance(noise, (list, tuple)) and len(noise) == len(shape)
    if not fits or any(
        n not in (None, 1) and size is not None and n != size for n, size in zip(noise, shape, strict=True)
    ):
        site.config.refuse("noise_shape", noise, f"does not fit an input of shape {shape}")
    return [axis for axis, (n, size) in enumerate(zip(noise, shape, strict=True)) if n == 1 and size != 1]


def _arguments(noise: str) -> tuple[Argument, ...]:
    return (
        Argument("rate", "p"),
        Argument("noise_shape", None, None, note=noise, since=None),
        Argument("seed", None, None, inert=True, since=None),
        *LAYER_ARGUMENTS,
    )


Dropout = Entry(
    keras="keras.layers.Dropout",
    torch=("torch.nn.Dropout",),
    says="Drops elements at random in training, and scales the others up.",
    arguments=_arguments("where it is 1, elements share one number: x * dropout(ones of that shape)"),
    differences=(
        Difference(
            "noise-shape",
            "With a noise_shape, elements are dropped together; nn.Dropout drops every one by itself.",
            case="shared-by-steps",
            naive=emit_ignoring_noise_shape,
            seen_in="train",
        ),
        Difference(
            "left-in-training",
            "Keras drops nothing outside of training; F.dropout always does unless it is told training=self.training, "
            "and nn.Dropout until eval() is called.",
            case="quarter",
            naive=emit_always,
        ),
    ),
    cases=(
        Case("quarter", {"rate": 0.25}, x=(3, 7)),
        Case("shared-by-steps", {"rate": 0.5, "noise_shape": [None, 1, None]}, x=(3, 5, 7)),
        Case("shared-by-pixels", {"rate": 0.25, "noise_shape": [None, 1, 1, 6]}, x=(3, 5, 4, 6)),
        Case("none", {"rate": 0.0}, x=(3, 7)),
        Case("all", {"rate": 1.0}, x=(3, 7)),
    ),
    aliases=("dropout", "F.dropout", "tf.nn.dropout"),
    emit=emit_dropout,
    mask="inherit",
    training="random",
)

AlphaDropout = Entry(
    keras="keras.layers.AlphaDropout",
    torch=("torch.nn.AlphaDropout",),
    says="Sets elements to SELU's lower bound at random in training, and keeps mean and variance.",
    arguments=_arguments("None alone is translated"),
    cases=(
        Case("quarter", {"rate": 0.25}, x=(3, 5, 7)),
        Case("none", {"rate": 0.0}, x=(3, 7)),
    ),
    aliases=("alpha_dropout", "F.alpha_dropout"),
    emit=emit_alpha_dropout,
    mask="inherit",
    training="random",
)
