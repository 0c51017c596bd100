"""Padding: modules of torch.nn, and torch.nn.functional.pad."""

from __future__ import annotations

from collections.abc import Callable

from equivalence.catalogue.from_torch.padding_parts import EDGES, in_pairs, padded
from equivalence.catalogue.from_torch.torch_rows import FromTorch, row
from equivalence.translation.keras_templates import Cannot, Given

_SAMPLE = ("seq", "image", "volume")


def _zeros(dims: int) -> Callable[[Given], str]:
    def write(given: Given) -> str:
        pairs = in_pairs(given.value("padding"), dims)
        same = all(first == last for first, last in pairs)
        sizes = tuple(first for first, _ in pairs)
        widths = repr(sizes[0] if len(set(sizes)) == 1 else sizes) if same else repr(tuple(pairs))
        if dims == 1 and not same:
            widths = repr(pairs[0])
        return f"keras.layers.ZeroPadding{dims}D({widths})(x)"

    return write


def _module(dims: int, mode: str, value: str = "0") -> Callable[[Given], str]:
    return lambda given: padded("x", mode, in_pairs(given.value("padding"), dims), value)


def _function(given: Given) -> str:
    """F.pad of any number of the last axes, in torch's own order of axes."""
    flat, mode = given.value("pad"), given.value("mode")
    pairs = in_pairs(flat, len(flat) // 2)
    if mode == "constant":
        value = "0" if given.is_none("value") else "value"
        written = ", ".join(map(repr, pairs))
        shape = f"((0, 0),) * (len(input.shape) - {len(pairs)}) + ({written},)"
        return f"keras.ops.pad(input, {shape}{'' if value == '0' else ', constant_values=value'})"
    if mode not in ("reflect", "replicate", "circular"):
        raise Cannot(f"mode={mode!r}: torch knows constant, reflect, replicate and circular")
    # these take positions alone, behind the batch and the channels
    return padded("input", mode, pairs)


def _rows(dims: int) -> tuple[FromTorch, ...]:
    sample = _SAMPLE[dims - 1]
    many = str((*range(1, 2 * dims), 0))
    few = str((1, 0, 2, 1, 1, 2)[: 2 * dims])
    zero, constant = f"nn.ZeroPad{dims}d", f"nn.ConstantPad{dims}d"
    edge, mirror, ring = f"nn.ReplicationPad{dims}d", f"nn.ReflectionPad{dims}d", f"nn.CircularPad{dims}d"
    order = ("torch's padding begins with the last axis (left, right, top, bottom), Keras's with the first.",)
    return (
        row(f"{zero}(padding)(x)", _zeros(dims), f"{zero}(2)({sample})", f"{zero}({many})({sample})", watch=order),
        row(
            f"{constant}(padding, value)(x)",
            _module(dims, "constant", "value"),
            f"{constant}(2, 3.5)({sample})",
            f"{constant}({many}, -1.0)({sample})",
        ),
        row(f"{mirror}(padding)(x)", _module(dims, "reflect"), f"{mirror}(2)({sample})", f"{mirror}({few})({sample})"),
        row(
            f"{edge}(padding)(x)",
            _module(dims, "replicate"),
            f"{edge}(2)({sample})",
            f"{edge}({few})({sample})",
            helper=EDGES,
        ),
        row(
            f"{ring}(padding)(x)",
            _module(dims, "circular"),
            f"{ring}(2)({sample})",
            f"{ring}({few})({sample})",
            helper=EDGES,
        ),
    )


ROWS = (
    *_rows(1),
    *_rows(2),
    *_rows(3),
    row(
        "F.pad(input, pad, mode='constant', value=None)",
        _function,
        "F.pad(x, (1, 2))",
        "F.pad(x, (1, 2, 0, 3), value=2.5)",
        "F.pad(image, (1, 2, 3, 0), mode='reflect')",
        "F.pad(image, (1, 2, 3, 0), mode='replicate')",
        "F.pad(image, (1, 2, 3, 0), 'circular')",
        helper=EDGES,
        watch=(
            "mode='constant' is written for axes in torch's order; of an image the channels are the last axis in "
            "Keras: "
            "keras.layers.ZeroPadding2D.",
        ),
        also=("torch.constant_pad_nd",),
        notes={"mode": "reflect, replicate and circular are written for channels in the last axis"},
    ),
)
