"""SpatialDropout1D/2D/3D: whole channels are dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.regularization.dropout import fraction
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import FIRST, KERAS, Order
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_spatial_dropout(site: Site) -> Value:
    """nn.DropoutNd with channels first; a sequence (N, T, C) is transposed for it and back. Nothing for rate 0."""
    dims = int(site.entry.name[-2])
    rate = fraction(site, "rate")
    order = _order(site, dims)
    if rate == 0:
        return site.unchanged()
    dropout = site.module(call(f"nn.Dropout{dims}d", rate))
    if dims == 1 and site.x.order == KERAS:
        return site.unchanged(site.new(f"{dropout}({site.x}.transpose(1, 2)).transpose(1, 2)", KERAS))
    return site.unchanged(site.new(f"{dropout}({site.take(site.x, order)})", order))


def emit_elementwise(site: Site) -> Value:
    """The naive form: nn.Dropout, which drops single elements."""
    _order(site, int(site.entry.name[-2]))
    return site.new(f"{site.module(call('nn.Dropout', fraction(site, 'rate')))}({site.x})", site.x.order)


def emit_steps_dropped(site: Site) -> Value:
    """The naive form: nn.Dropout1d on (N, T, C), which drops whole steps."""
    x = site.take(site.x, KERAS)
    return site.new(f"{site.module(call('nn.Dropout1d', fraction(site, 'rate')))}({x})", KERAS)


def _order(site: Site, dims: int) -> Order:
    """The order in which the channels are at dimension 1. Raises Refused for an input of another rank."""
    if site.x.rank != dims + 2:
        site.refuse(f"its input has shape {site.x.shape}, not {dims + 2} axes")
    if dims == 1:
        return FIRST
    first = site.config.choice("data_format", "channels_last", "channels_first", None) == "channels_first"
    return KERAS if first else FIRST


def _entry(dims: int) -> Entry:
    last = (3, *(5, 4, 6)[:dims], 7)
    first = (3, 7, *(5, 4, 6)[:dims])
    formats = (
        ()
        if dims == 1
        else (Argument("data_format", None, None, note="channels_last is moved to channels first", since="3"),)
    )
    cases = (
        Case("quarter", {"rate": 0.25}, x=last),
        Case("none", {"rate": 0.0}, x=last),
    )
    elements = Difference(
        "elements",
        "A whole channel of a sample is dropped at once; nn.Dropout drops every element by itself.",
        case="quarter",
        naive=emit_elementwise,
        seen_in="train",
    )
    steps = Difference(
        "steps",
        "Channels are dropped, the last axis of (N, T, C); nn.Dropout1d drops dimension 1, which there is the steps.",
        case="quarter",
        naive=emit_steps_dropped,
        seen_in="train",
    )
    return Entry(
        keras=f"keras.layers.SpatialDropout{dims}D",
        torch=(f"torch.nn.Dropout{dims}d",),
        says="Drops whole channels at random in training, and scales the others up.",
        arguments=(
            Argument("rate", "p"),
            *formats,
            Argument("seed", None, None, inert=True, since="2.0.9"),
            Argument("name", None, None, inert=True),
            Argument("dtype", None, None, inert=True, since="2.4"),
        ),
        legacy=(Argument("noise_shape", None, None, inert=True, note="written, and never used"),),
        differences=(elements, steps) if dims == 1 else (elements,),
        cases=cases
        if dims == 1
        else (*cases, Case("channels-first", {"rate": 0.25, "data_format": "channels_first"}, x=first)),
        aliases=(f"Dropout{dims}d", f"F.dropout{dims}d", "channel dropout", "feature dropout"),
        emit=emit_spatial_dropout,
        layout="any" if dims == 1 else "spatial",
        mask="inherit",
        training="random",
    )


SpatialDropout1D = _entry(1)
SpatialDropout2D = _entry(2)
SpatialDropout3D = _entry(3)
