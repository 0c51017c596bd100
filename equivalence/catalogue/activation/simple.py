"""Activations without parameters that torch has under one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import Case, Entry

if TYPE_CHECKING:
    from equivalence.site import Site, Value


def emit_relu(site: Site) -> Value:
    x = site.x
    return site.new(f"F.relu({x})", x.order)


def emit_softmax(site: Site) -> Value:
    x = site.x
    return site.new(f"F.softmax({x}, dim={x.dim(-1)})", x.order)


def emit_linear(site: Site) -> Value:
    return site.x


Relu = Entry(
    "keras.activations.relu",
    ("torch.nn.functional.relu",),
    "max(x, 0).",
    emit_relu,
    "activation",
    cases=(Case("defaults", {}, x=(2, 5)),),
)
Softmax = Entry(
    "keras.activations.softmax",
    ("torch.nn.functional.softmax",),
    "exp(x) / sum(exp(x)).",
    emit_softmax,
    "activation",
    cases=(Case("defaults", {}, x=(2, 5)),),
)
Linear = Entry(
    "keras.activations.linear",
    ("torch.nn.Identity",),
    "x.",
    emit_linear,
    "activation",
    cases=(Case("defaults", {}, x=(2, 5)),),
)


def emit_activation(site: Site) -> Value:
    return site.activate(site.x)


from equivalence.schema import LAYER_ARGUMENTS, Argument  # noqa

Activation = Entry(
    "keras.layers.Activation",
    ("torch.nn.ReLU",),
    "An activation as a layer.",
    emit_activation,
    arguments=(Argument("activation"), *LAYER_ARGUMENTS),
    mask="inherit",
    cases=(Case("defaults", {"activation": "relu"}, x=(2, 5)),),
)
