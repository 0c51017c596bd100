"""Split: one tensor to several along an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS, Flat
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_split(site: Site) -> list[Value]:
    """`chunk` into equal parts; `tensor_split` at given places."""
    x = site.take(site.x, KERAS) if isinstance(site.x.order, Flat) else site.x
    axis, parts = site.config.integer("axis", minimum=None), site.config.value("indices_or_sections")
    if not -x.rank <= axis < x.rank:
        site.config.refuse("axis", axis, f"should name an axis of a tensor of {x.rank}")
    dim = x.dim(axis)
    if isinstance(parts, int) and not isinstance(parts, bool) and parts > 0:
        size = x.shape[axis]
        if size is None or size % parts:
            site.config.refuse("indices_or_sections", parts, f"should divide the size of axis {axis}, which is {size}")
        return site.many(f"{x}.chunk({parts}, dim={dim})", [x.order] * parts)
    if not isinstance(parts, (list, tuple)) or not all(isinstance(i, int) and i >= 0 for i in parts):
        site.config.refuse("indices_or_sections", parts, "should be a whole number, or where to split")
    if list(parts) != sorted(parts) or (x.shape[axis] is not None and any(i > x.shape[axis] for i in parts)):
        site.config.refuse("indices_or_sections", parts, f"should rise up to the size of axis {axis}")
    return site.many(f"{x}.tensor_split({literal(tuple(parts))}, dim={dim})", [x.order] * (len(parts) + 1))


Split = Entry(
    keras="keras.ops.split",
    torch=("torch.chunk", "torch.tensor_split"),
    says="Equal parts of a tensor along an axis, or its parts between given places.",
    emit=emit_split,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument(
            "indices_or_sections",
            "chunks, or indices",
            note="the number of parts (torch.split takes their size), or where parts begin",
        ),
        Argument("axis", "dim", 0),
    ),
    cases=(
        Case("three-of-two", {"indices_or_sections": 3, "axis": -1}, x=(2, 4, 6)),
        Case("images", {"indices_or_sections": 2, "axis": 1}, x=(2, 4, 5, 3)),
        Case("places", {"indices_or_sections": [1, 3], "axis": 1}, x=(2, 5, 3)),
    ),
    aliases=("np.split", "tf.split"),
    stored=stored("Split", "numpy"),
)
