"""Flatten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import FIRST, KERAS, Flat

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_flatten(site: Site) -> Value:
    """torch.flatten(x, 1). Channels that lie first stay first, where the sizes are known: a Dense behind it
    has its weights permuted instead of its input, and whatever else comes restores Keras's order.
    """
    x = site.x
    channels_first = site.config.choice("data_format", "channels_last", "channels_first", None) == "channels_first"
    if x.rank == 1:
        return site.new(f"{x}.unsqueeze(1)", KERAS)
    if channels_first and x.rank > 2:
        return _moving_channels_last(site, site.take(x, KERAS))
    return flattened(site, x)


def flattened(site: Site, x: Value) -> Value:
    """`x` as (N, size), in the order it lies."""
    sizes = [size for size in (x.shape[-1], *x.shape[1:-1]) if size is not None]
    if x.order == FIRST and len(sizes) == x.rank - 1:
        return site.new(f"torch.flatten({x}, 1)", Flat(tuple(sizes)))
    return site.new(f"torch.flatten({site.take(x, KERAS)}, 1)", KERAS)


def _moving_channels_last(site: Site, x: Value) -> Value:
    """A channels_first `x` flattened: Keras moves the channels to the end before."""
    sizes = [size for size in x.shape[1:] if size is not None]
    if len(sizes) == x.rank - 1:
        return site.new(f"torch.flatten({x}, 1)", Flat(tuple(sizes)))
    return site.new(f"torch.flatten({x}.movedim(1, -1), 1)", KERAS)


def emit_channels_first(site: Site) -> Value:
    """The naive form: channels first flattened, and taken for Keras's order."""
    held = KERAS if site.config.value("data_format") == "channels_first" else FIRST
    return site.new(f"torch.flatten({site.take(site.x, held)}, 1)", KERAS)


Flatten = Entry(
    keras="keras.layers.Flatten",
    torch=("torch.flatten", "torch.nn.Flatten"),
    says="Makes one axis of all but the batch.",
    arguments=(
        Argument(
            "data_format", None, None, note="channels_first: Keras moves the channels to the end before", since="2.1.6"
        ),
        *LAYER_ARGUMENTS,
    ),
    differences=(
        Difference(
            "flatten-order",
            "Keras counts an image's elements by height, width, channels, torch's channels-first tensor by channels, "
            "height, width: the Dense behind it needs its kernel's rows permuted.",
            case="image",
            naive=emit_channels_first,
        ),
        Difference(
            "flatten-channels-first",
            "With data_format='channels_first' Keras moves the channels to the end before it flattens: the result is "
            "that of a channels_last model, and not torch.flatten's.",
            case="channels-first",
            naive=emit_channels_first,
        ),
    ),
    cases=(
        Case("vector", {}, x=(3, 5)),
        Case("image", {}, x=(2, 4, 5, 3)),
        Case("channels-first", {"data_format": "channels_first"}, x=(2, 3, 4, 5)),
        Case("unknown-sizes", {}, x=(2, 4, 5, 3), declared=(None, None, 3)),
        Case(
            "channels-first-unknown-sizes", {"data_format": "channels_first"}, x=(2, 3, 4, 5), declared=(3, None, None)
        ),
        Case("scalars", {}, x=(4,)),
    ),
    emit=emit_flatten,
)
