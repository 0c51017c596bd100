"""ZeroPadding1D, ZeroPadding2D, ZeroPadding3D."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.resizing.resizing_parts import DATA_FORMAT, pairs, spatial_axes
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.python_text import call
from equivalence.translation.same_padding import pad_argument

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_padding(site: Site) -> Value:
    """F.pad, in whichever order the input lies."""
    dims = int(site.entry.name[-2])
    amounts = dict(zip(spatial_axes(site, dims), pairs(site, "padding", dims), strict=True))
    if not any(map(any, amounts.values())):
        return site.x
    # F.pad takes the last axes only, so it is given all from the first padded one on
    reached = range(min(axis for axis, pair in amounts.items() if any(pair)), site.x.rank)
    pads = pad_argument([amounts.get(axis, (0, 0)) for axis in reached])
    return site.new(call("F.pad", f"{site.x}", pads), site.x.order)


def _entry(dims: int, over: str, default: Any, cases: tuple[Case, ...], differences: tuple[Difference, ...]) -> Entry:
    return Entry(
        keras=f"keras.layers.ZeroPadding{dims}D",
        torch=("torch.nn.functional.pad", f"torch.nn.ZeroPad{dims}d"),
        related=(f"torch.nn.ZeroPad{dims}d",),
        says=f"Adds zeros around {over}.",
        arguments=(
            Argument("padding", "pad", default, note="Keras lists the first axis first, F.pad the last"),
            DATA_FORMAT,
            *LAYER_ARGUMENTS,
        ),
        differences=differences,
        cases=cases,
        aliases=(f"zero padding {dims}d", "tf.pad"),
        emit=emit_padding,
        layout="any" if dims == 1 else "spatial",
        linear=True,
    )


ZeroPadding1D = _entry(
    1,
    "a sequence",
    1,
    cases=(
        Case("defaults", {}, x=(2, 7, 4)),
        Case("at-the-start-unknown-length", {"padding": (3, 0)}, x=(2, 7, 4), declared=(None, 4)),
        Case("channels-first", {"padding": (1, 2), "data_format": "channels_first"}, x=(2, 4, 7)),
        Case("nothing", {"padding": 0}, x=(2, 7, 4)),
    ),
    differences=(
        Difference(
            "both-ends",
            "(3, 0) pads the start alone; F.pad has the same order for one axis, but its first pair is the last axis, "
            "the channels.",
            case="at-the-start-unknown-length",
            swap=(("(0, 0, 3, 0)", "(0, 0, 0, 3)"),),
        ),
    ),
)

ZeroPadding2D = _entry(
    2,
    "an image",
    (1, 1),
    cases=(
        Case("defaults", {}, x=(2, 5, 7, 3)),
        Case("uneven", {"padding": ((1, 2), (3, 0))}, x=(2, 5, 7, 3)),
        Case("one-number-an-axis-unknown-size", {"padding": (0, 2)}, x=(2, 5, 7, 3), declared=(None, None, 3)),
        Case("channels-first", {"padding": ((0, 1), (2, 3)), "data_format": "channels_first"}, x=(2, 3, 5, 7)),
    ),
    differences=(
        Difference(
            "order-of-axes",
            "Keras gives ((top, bottom), (left, right)), F.pad wants (left, right, top, bottom): where the sums "
            "agree, the mistake has the right shape.",
            case="uneven",
            swap=(("(3, 0, 1, 2)", "(1, 2, 3, 0)"),),
        ),
    ),
)

ZeroPadding3D = _entry(
    3,
    "a volume",
    ((1, 1), (1, 1), (1, 1)),
    cases=(
        Case("defaults", {}, x=(2, 4, 5, 6, 3)),
        Case(
            "uneven-unknown-size", {"padding": ((1, 2), (0, 1), (3, 0))}, x=(2, 4, 5, 6, 3), declared=(None, 5, None, 3)
        ),
        Case("one-number-an-axis", {"padding": (2, 0, 1)}, x=(2, 4, 5, 6, 3)),
        Case(
            "channels-first", {"padding": ((0, 0), (1, 0), (0, 2)), "data_format": "channels_first"}, x=(2, 3, 4, 5, 6)
        ),
    ),
    differences=(
        Difference(
            "order-of-axes",
            "Keras lists the first axis first, F.pad the last: where the sums agree, the mistake has the right shape.",
            case="uneven-unknown-size",
            swap=(("(3, 0, 0, 1, 1, 2)", "(1, 2, 0, 1, 3, 0)"),),
        ),
    ),
)
