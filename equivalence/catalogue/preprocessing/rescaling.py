"""Rescaling."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import FIRST, KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_rescaling(site: Site) -> Value:
    """x * scale + offset; a list of numbers, one for each channel, is a buffer."""
    scale, offset = _numbers(site, "scale"), _numbers(site, "offset")
    x = site.x
    if isinstance(x.order, tuple) and (isinstance(scale, list) or isinstance(offset, list)):
        x = site.take(x, KERAS)
    product = f"{x} * {_text(site, x, 'scale', scale)}"
    if offset == 0:
        return site.new(product, x.order)
    if isinstance(offset, float) and offset < 0:
        return site.new(f"{product} - {literal(-offset)}", x.order)
    return site.new(f"{product} + {_text(site, x, 'offset', offset)}", x.order)


def _numbers(site: Site, name: str) -> float | list[float]:
    """A number, or one for each channel; NumPy arrays come as Keras serialises them."""
    value: Any = site.config.value(name)
    if isinstance(value, dict) and isinstance(value.get("config"), dict):
        value = value["config"].get("value")
    listed = value if isinstance(value, list) else [value]
    for number in listed:
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
            site.config.refuse(name, value, "should be a finite number, or a list of them, one for each channel")
    if isinstance(value, list) and value and len(value) not in (1, site.x.shape[-1]):
        site.config.refuse(name, value, f"holds {len(value)} numbers for an input of shape {site.x.shape}")
    return [float(number) for number in value] if isinstance(value, list) else float(value)


def _text(site: Site, x: Value, name: str, numbers: float | list[float]) -> str:
    if isinstance(numbers, float):
        return literal(numbers)
    held: list[Any] = numbers
    for _ in range(x.rank - 2 if x.order == FIRST else 0):
        held = [[number] for number in held]
    return _buffer(site, held, name)


def _buffer(site: Site, numbers: list[Any], name: str) -> str:
    from equivalence.translation.graph import Constant  # not above: a lookup needs no graph

    return site.constant(Constant(numbers, "float32"), name)


def emit_offset_before(site: Site) -> Value:
    """The naive form: (x + offset) * scale."""
    return site.new(f"({site.x} + {site.config.number('offset')}) * {site.config.number('scale')}", site.x.order)


def emit_along_the_width(site: Site) -> Value:
    """The naive form: the list times the channels-first tensor, where it meets the width."""
    x = site.take(site.x, FIRST)
    site.config.value("offset")
    return site.new(f"{x} * {_buffer(site, site.config.value('scale'), 'scale')}", FIRST)


Rescaling = Entry(
    keras="keras.layers.Rescaling",
    since="2.3.0-tf",
    torch=("torch.mul", "torchvision.transforms.v2.Normalize"),
    related=("torchvision.transforms.v2.Normalize",),
    says="Multiplies by a scale and adds an offset: numbers, or one for each channel.",
    arguments=(
        Argument("scale", None, note="written as a product; a list becomes a buffer"),
        Argument("offset", None, 0.0, note="added after the scaling", since="2.4"),
        *LAYER_ARGUMENTS,
    ),
    differences=(
        Difference(
            "rescaling-order",
            "The offset is added after the scaling; a normalisation as torchvision has it subtracts before it divides.",
            case="scale-and-offset",
            naive=emit_offset_before,
        ),
        Difference(
            "rescaling-channels",
            "A list holds one number for each channel, Keras's last axis; times a channels-first tensor it "
            "meets the width.",
            case="as-wide-as-deep",
            naive=emit_along_the_width,
        ),
    ),
    cases=(
        Case("scale", {"scale": 0.125, "offset": 0.0}, x=(2, 4, 5, 3)),
        Case("scale-and-offset", {"scale": 0.125, "offset": -1.0}, x=(2, 4, 5, 3)),
        Case("lists", {"scale": [0.5, 2.0, 0.25], "offset": [1.0, -1.0, 0.5]}, x=(2, 4, 5, 3)),
        Case("list-and-number", {"scale": [0.5, 2.0, 0.25], "offset": 1.0}, x=(2, 5, 3)),
        Case("as-wide-as-deep", {"scale": [0.5, 2.0, 0.25], "offset": 0.0}, x=(2, 4, 3, 3)),
        Case("integers", {"scale": 0.0625, "offset": 0.5}, x=(2, 4, 5, 3), draw="ids:256"),
    ),
    aliases=("keras.layers.experimental.preprocessing.Rescaling", "Normalize pixels"),
    emit=emit_rescaling,
    mask="inherit",
)
