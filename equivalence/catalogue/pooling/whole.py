"""GlobalAveragePooling1D/2D/3D and GlobalMaxPooling1D/2D/3D: pooling over all but batch and channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import as_floats
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_global_average(site: Site) -> Value:
    """x.mean over the spatial dimensions, in whatever order x lies; over a sequence, of the unmasked steps alone."""
    mask = site.mask() if site.entry.name.endswith("1D") else None
    if mask is None:
        return _reduced(site, "mean", as_floats(site.x))
    x, where = site.x, _reduction(site)
    channel = x.dim(1 if site.config.value("data_format") == "channels_first" else 2)
    flags = mask if mask.dtype == "bool" else f"{mask}.bool()"
    kept = site.new(f"{flags}.unsqueeze({channel})", x.order, "kept")
    total = call(f"torch.where({kept}, {x}, 0).sum", **where)
    return site.new(f"{total} / {call(f'{kept}.sum', **where)}", x.order)


def emit_global_max(site: Site) -> Value:
    """x.amax over the spatial dimensions, in whatever order x lies."""
    return _reduced(site, "amax")


def emit_unmasked_average(site: Site) -> Value:
    """The naive form of GlobalAveragePooling1D: the mean of all steps."""
    site.mask()
    return _reduced(site, "mean")


def _reduced(site: Site, method: str, x: str = "") -> Value:
    return site.new(call(f"{x or site.x}.{method}", **_reduction(site)), site.x.order)


def _reduction(site: Site) -> dict[str, Any]:
    """The arguments `dim` and, where it is true, `keepdim`."""
    rank = int(site.entry.name[-2]) + 2
    if site.x.rank != rank:
        site.refuse(f"its input has shape {site.x.shape}, not {rank} axes")
    channels_first = site.config.choice("data_format", "channels_last", "channels_first", None) == "channels_first"
    spatial = range(2, rank) if channels_first else range(1, rank - 1)
    dims = tuple(sorted(site.x.dim(axis) for axis in spatial))
    keep = {"keepdim": True} if site.config.flag("keepdims") else {}
    return {"dim": dims if len(dims) > 1 else dims[0], **keep}


def _cases(dims: int) -> tuple[Case, ...]:
    sizes = (5, 7, 4)[:dims]
    last, first = (2, *sizes, 3), (2, 3, *sizes)
    return (
        Case("defaults", {}, x=last),
        Case("keepdims", {"keepdims": True}, x=last),
        Case("channels-first", {"data_format": "channels_first"}, x=first),
        Case("channels-first-keepdims", {"data_format": "channels_first", "keepdims": True}, x=first),
        Case("unknown-sizes", {}, x=last, declared=((None,) * dims + (3,))),
        Case("all-sizes-equal", {}, x=(2, *(4,) * (dims + 1))),
        Case("whole-numbers", {}, x=last, draw="ids:256"),
    )


_MASK = {"mask": {"$input": 1}}
_MASKED_CASES = (
    Case("masked", {}, x=[(2, 9, 3), (2, 9)], draw=["normal", "bool"], call=_MASK),
    Case("masked-keepdims", {"keepdims": True}, x=[(2, 9, 3), (2, 9)], draw=["normal", "bool"], call=_MASK),
    Case(
        "masked-channels-first",
        {"data_format": "channels_first"},
        x=[(2, 3, 9), (2, 9)],
        draw=["normal", "bool"],
        call=_MASK,
    ),
)
_MASK_DIFFERENCE = Difference(
    "mask",
    "With a mask (Masking, Embedding(mask_zero=True)) Keras takes the mean of the unmasked steps alone.",
    case="masked",
    naive=emit_unmasked_average,
)


def _axes_difference(dims: int) -> Difference:
    """Shown where all sizes are equal: elsewhere the mistake has another shape."""
    torch, keras = (tuple(range(start, start + dims)) for start in (2, 1))
    right, wrong = (axes if dims > 1 else axes[0] for axes in (torch, keras))
    return Difference(
        "axes",
        f"Keras's axes {', '.join(map(str, keras))} hold positions; in torch dimension 1 holds the channels.",
        case="all-sizes-equal",
        swap=((f"dim={right}", f"dim={wrong}"),),
    )


def _entry(kind: str, dims: int) -> Entry:
    average = kind == "Average"
    masked = average and dims == 1
    short = "Avg" if average else "Max"
    ignores = " A mask is ignored." if dims == 1 and not average else ""
    return Entry(
        keras=f"keras.layers.Global{kind}Pooling{dims}D",
        torch=(f"torch.nn.Adaptive{short}Pool{dims}d", "torch.mean" if average else "torch.amax"),
        related=(f"torch.nn.Adaptive{short}Pool{dims}d",),
        says=f"Takes the {'mean' if average else 'maximum'} of each channel over the whole "
        f"{('sequence', 'image', 'volume')[dims - 1]}: one number a channel.{ignores}",
        arguments=(
            Argument("data_format", "dim", None, how="the spatial dimensions", since="2.2.4"),
            Argument(
                "keepdims",
                "keepdim",
                False,
                note="nn.Adaptive*Pool(1) always keeps them; flatten(1) drops them",
                since="2.6",
            ),
            *LAYER_ARGUMENTS,
        ),
        differences=(_axes_difference(dims), *((_MASK_DIFFERENCE,) if masked else ())),
        cases=(*_cases(dims), *(_MASKED_CASES if masked else ())),
        aliases=(
            f"Global{short}Pool{dims}D",
            f"Global{kind}Pool{dims}D",
            *(("GAP", "GAP2D") if average and dims == 2 else ()),
        ),
        read=("docs/notebooks/global_average_pooling.ipynb",) if average and dims == 2 else (),
        emit=emit_global_average if average else emit_global_max,
        layout="spatial",
        linear=average,
    )


GlobalAveragePooling1D = _entry("Average", 1)
GlobalAveragePooling2D = _entry("Average", 2)
GlobalAveragePooling3D = _entry("Average", 3)
GlobalMaxPooling1D = _entry("Max", 1)
GlobalMaxPooling2D = _entry("Max", 2)
GlobalMaxPooling3D = _entry("Max", 3)
