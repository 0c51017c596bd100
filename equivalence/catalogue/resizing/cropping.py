"""Cropping1D, Cropping2D, Cropping3D."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.resizing.resizing_parts import DATA_FORMAT, Pair, pairs, spatial_axes
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_cropping(site: Site) -> Value:
    """A slice, in whichever order the input lies."""
    dims = int(site.entry.name[-2])
    amounts = dict(zip(spatial_axes(site, dims), pairs(site, "cropping", dims), strict=True))
    if not any(map(any, amounts.values())):
        return site.x
    last = max(axis for axis, pair in amounts.items() if any(pair))
    slices = ", ".join(_slice(amounts.get(axis, (0, 0))) for axis in range(last + 1))
    return site.new(f"{site.x}[{slices}]", site.x.order)


def _slice(pair: Pair) -> str:
    before, after = pair
    return f"{before or ''}:{-after or ''}"


def _entry(dims: int, over: str, default: Any, cases: tuple[Case, ...], differences: tuple[Difference, ...]) -> Entry:
    return Entry(
        keras=f"keras.layers.Cropping{dims}D",
        torch=("torch.Tensor.__getitem__", "torch.nn.functional.pad"),
        related=("torch.nn.functional.pad",),
        says=f"Cuts elements off the ends of {over}.",
        arguments=(
            Argument("cropping", None, default, note="a slice; F.pad with negative amounts is the same"),
            *((DATA_FORMAT,) if dims > 1 else ()),
            *LAYER_ARGUMENTS,
        ),
        differences=differences,
        cases=cases,
        aliases=(f"crop{dims}d", f"center crop {dims}d"),
        emit=emit_cropping,
        layout="any" if dims == 1 else "spatial",
        linear=True,
    )


Cropping1D = _entry(
    1,
    "a sequence",
    (1, 1),
    cases=(
        Case("defaults", {}, x=(2, 7, 4)),
        Case("start-alone-unknown-length", {"cropping": (3, 0)}, x=(2, 7, 4), declared=(None, 4)),
        Case("one-number", {"cropping": 2}, x=(2, 7, 4)),
    ),
    differences=(
        Difference(
            "nothing-at-the-end",
            "(3, 0) keeps the end; the same number of elements cut from it has the right shape.",
            case="start-alone-unknown-length",
            swap=(("[:, 3:]", "[:, :-3]"),),
        ),
    ),
)

Cropping2D = _entry(
    2,
    "an image",
    ((0, 0), (0, 0)),
    cases=(
        Case("defaults", {}, x=(2, 5, 7, 3)),
        Case("uneven", {"cropping": ((1, 2), (3, 0))}, x=(2, 5, 7, 3)),
        Case("one-number-an-axis-unknown-size", {"cropping": (0, 2)}, x=(2, 5, 7, 3), declared=(None, None, 3)),
        Case("channels-first", {"cropping": ((1, 0), (0, 1)), "data_format": "channels_first"}, x=(2, 3, 5, 7)),
    ),
    differences=(
        Difference(
            "order-of-axes",
            "Keras gives ((top, bottom), (left, right)); F.pad with negative amounts wants the last axis first: "
            "where the sums agree, the mistake has the right shape.",
            case="uneven",
            swap=(("[:, :, 1:-2, 3:]", "[:, :, 3:, 1:-2]"),),
        ),
    ),
)

Cropping3D = _entry(
    3,
    "a volume",
    ((1, 1), (1, 1), (1, 1)),
    cases=(
        Case("defaults", {}, x=(2, 4, 5, 6, 3)),
        Case(
            "uneven-unknown-size",
            {"cropping": ((1, 2), (0, 0), (3, 0))},
            x=(2, 5, 4, 6, 3),
            declared=(None, 4, None, 3),
        ),
        Case("one-number-an-axis", {"cropping": (1, 2, 0)}, x=(2, 4, 5, 6, 3)),
        Case(
            "channels-first", {"cropping": ((0, 1), (2, 0), (1, 1)), "data_format": "channels_first"}, x=(2, 3, 4, 5, 6)
        ),
    ),
    differences=(
        Difference(
            "order-of-axes",
            "Keras gives the first axis first, F.pad with negative amounts wants the last: where the sums agree, "
            "the mistake has the right shape.",
            case="uneven-unknown-size",
            swap=(("[:, :, 1:-2, :, 3:]", "[:, :, 3:, :, 1:-2]"),),
        ),
    ),
)
