"""segment_sum, segment_max, segment_min, segment_prod: reductions of the rows that have one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import is_tensor, operands, stored
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: What a segment without rows holds, and torch's name of the reduction.
_EMPTY = {
    "segment_max": ("torch.finfo({x}.dtype).min", "amax"),
    "segment_min": ("torch.finfo({x}.dtype).max", "amin"),
    "segment_prod": ("1", "prod"),
}


def emit_segments(site: Site) -> Value:
    """Rows added (or reduced) into those of a tensor that holds what a segment without rows holds."""
    data, ids = operands(site, "data", "segment_ids")
    segments = site.config.value("num_segments")
    if site.config.flag("sorted"):
        site.config.refuse("sorted", True, "makes as many rows as the data has segments; state num_segments without it")
    if isinstance(segments, bool) or not isinstance(segments, int):
        site.config.refuse("num_segments", segments, "makes as many rows as the data has segments; state a number")
    if not is_tensor(data) or not is_tensor(ids) or not data.dtype.startswith("float"):
        site.refuse("it is not called on a tensor of floats and one of segment numbers")
    if ids.dtype not in ("int32", "int64"):
        site.refuse(f"its segment numbers are {ids.dtype}, which TensorFlow does not take; cast them to int32 before")
    x, index, name = site.take(data, KERAS), site.take(ids, KERAS), site.entry.name
    shape = f"({segments}, *{x}.shape[1:])" if x.rank > 1 else f"({segments},)"
    if name == "segment_sum":
        return site.new(f"{x}.new_zeros({shape}).index_add(0, {index}, {x})", KERAS)
    empty, reduction = _EMPTY[name]
    held = f"{x}.new_full({shape}, {empty.format(x=x)})"
    return site.new(f'{held}.index_reduce(0, {index}, {x}, "{reduction}")', KERAS)


def _segments(name: str, class_name: str, says: str, torch: str, tensorflow: str) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(torch,),
        says=says,
        emit=emit_segments,
        kind="operation",
        arguments=(
            Argument("data", "source"),
            Argument("segment_ids", "index"),
            Argument("num_segments", None, None, note="the port refuses None"),
            Argument("sorted", None, False, note="the port refuses True"),
        ),
        cases=(
            Case("rows", {"num_segments": 3}, x=[(6, 4), (6,)], draw=["normal", "ids:3"]),
            Case("empty-segments", {"num_segments": 9}, x=[(6, 2, 4), (6,)], draw=["normal", "ids:9"]),
        ),
        aliases=(tensorflow, f"jax.ops.{name}"),
        stored=stored(class_name, "math"),
    )


SegmentSum = _segments(
    "segment_sum", "SegmentSum", "The sum of the rows that have one number.", "torch.Tensor.index_add",
    "tf.math.unsorted_segment_sum",
)  # fmt: skip
SegmentMax = _segments(
    "segment_max", "SegmentMax", "The largest of the rows that have one number.", "torch.Tensor.index_reduce",
    "tf.math.unsorted_segment_max",
)  # fmt: skip
SegmentMin = _segments(
    "segment_min", "SegmentMin", "The smallest of the rows that have one number.", "torch.Tensor.index_reduce",
    "tf.math.unsorted_segment_min",
)  # fmt: skip
SegmentProd = _segments(
    "segment_prod", "SegmentProd", "The product of the rows that have one number.", "torch.Tensor.index_reduce",
    "tf.math.unsorted_segment_prod",
)  # fmt: skip
