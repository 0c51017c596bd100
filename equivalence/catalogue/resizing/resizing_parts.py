"""The spatial axes of an input, and amounts given for both ends of each, as padding and cropping take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.schema import Argument

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

Pair = tuple[int, int]

DATA_FORMAT = Argument(
    "data_format", None, None, note="which axes are spatial; torch has the channels first", since=None
)


def only_images(site: Site) -> None:
    """Raises Refused where the layer is called with a dictionary, of images with labels or boxes.

    Takes note of `training`, which Keras records with every call of such a layer.
    """
    site.keyword("training")
    if any(isinstance(given, dict) for given in site.args()):
        site.refuse("it is called with a dictionary; images alone are translated")


def spatial_axes(site: Site, dims: int) -> tuple[int, ...]:
    """The torch dimensions of the `dims` spatial axes, in Keras's order; the input stays as it lies.

    Raises Refused where the input has not `dims` axes beside batch and channels.
    """
    first = 1
    if site.entry.argument("data_format"):
        given = site.config.choice("data_format", "channels_last", "channels_first", None)
        first = 2 if given == "channels_first" else 1
    if site.x.rank != dims + 2:
        site.refuse(f"its input has shape {site.x.shape}, not {dims + 2} axes")
    return tuple(site.x.dim(axis) for axis in range(first, first + dims))


def pairs(site: Site, name: str, dims: int) -> tuple[Pair, ...]:
    """(before, after) for each spatial axis: one number for all, one number an axis, or a pair an axis.

    Over one axis, two numbers are that axis's pair. Raises Refused for anything else.
    """
    given = site.config.value(name)
    entries = [given] if dims == 1 else [given] * dims if isinstance(given, int) else given
    made = [_pair(entry) for entry in entries] if isinstance(entries, (list, tuple)) else []
    found = tuple(pair for pair in made if pair)
    if len(found) != dims or len(made) != dims:
        site.config.refuse(
            name, given, "should be a number, or for each spatial axis a number or a pair, all whole and from 0 on"
        )
    return found


def _pair(entry: Any) -> Pair | None:
    before, after = entry if isinstance(entry, (list, tuple)) and len(entry) == 2 else (entry, entry)
    counts = all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in (before, after))
    return (before, after) if counts else None
