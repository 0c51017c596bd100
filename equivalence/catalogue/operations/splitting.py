"""Split, array_split, hsplit, vsplit, dsplit, unstack: one tensor to several along an axis."""

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


def emit_array_split(site: Site) -> list[Value]:
    """`tensor_split`, which leaves the first parts one longer as well."""
    x = site.take(site.x, KERAS) if isinstance(site.x.order, Flat) else site.x
    axis, parts = site.config.integer("axis", minimum=None), site.config.value("indices_or_sections")
    if not -x.rank <= axis < x.rank:
        site.config.refuse("axis", axis, f"should name an axis of a tensor of {x.rank}")
    if not isinstance(parts, int) or isinstance(parts, bool) or parts < 1:
        site.config.refuse("indices_or_sections", parts, "should be a number of parts; for places use split")
    return site.many(f"{x}.tensor_split({parts}, dim={x.dim(axis)})", [x.order] * parts)


def emit_split_by_name(site: Site) -> list[Value]:
    """The torch function of the same name, in Keras's order; it too refuses parts that would not be equal."""
    x, parts = site.take(site.x, KERAS), site.config.value("indices_or_sections")
    axis = {"vsplit": 0, "hsplit": 0 if x.rank == 1 else 1, "dsplit": 2}[site.entry.name]
    if x.rank <= axis:
        site.refuse(f"its input has {x.rank} axes")
    size = x.shape[axis]
    if isinstance(parts, int) and not isinstance(parts, bool) and parts > 0:
        if size is not None and size % parts:
            site.config.refuse("indices_or_sections", parts, f"should divide the size of axis {axis}, which is {size}")
        return site.many(f"{site.entry.torch[0]}({x}, {parts})", [KERAS] * parts)
    if not isinstance(parts, (list, tuple)) or not all(type(i) is int and i >= 0 for i in parts):
        site.config.refuse("indices_or_sections", parts, "should be a whole number, or where to split")
    if size is None or list(parts) != sorted(parts) or any(i > size for i in parts):
        site.config.refuse("indices_or_sections", parts, f"should rise up to the size of axis {axis}, which is {size}")
    return site.many(f"{site.entry.torch[0]}({x}, {literal(tuple(parts))})", [KERAS] * (len(parts) + 1))


def emit_unstack(site: Site) -> list[Value]:
    """torch.unbind, which needs no number."""
    x, axis, number = site.take(site.x, KERAS), site.config.integer("axis", minimum=None), site.config.value("num")
    if not -x.rank <= axis < x.rank:
        site.config.refuse("axis", axis, f"should name an axis of a tensor of {x.rank}")
    size = x.shape[axis]
    if size is None or number not in (None, size):
        site.config.refuse("num", number, f"should be the size of axis {axis}, which is {size}")
    return site.many(f"{x}.unbind({axis % x.rank})", [KERAS] * size)


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
ArraySplit = Entry(
    keras="keras.ops.array_split",
    torch=("torch.tensor_split",),
    says="Parts of a tensor along an axis; where it does not go up, the first ones are one longer.",
    emit=emit_array_split,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("indices_or_sections", "indices_or_sections", note="the number of parts"),
        Argument("axis", "dim", 0),
    ),
    cases=(
        Case("uneven", {"indices_or_sections": 3, "axis": 1}, x=(2, 7, 4)),
        Case("channels", {"indices_or_sections": 2, "axis": -1}, x=(2, 3, 4, 5)),
    ),
    aliases=("np.array_split",),
    stored=stored("ArraySplit"),
)


def _by_name(name: str, class_name: str, says: str, shape: tuple[int, ...]) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(f"torch.{name}",),
        says=says,
        emit=emit_split_by_name,
        kind="operation",
        arguments=(Argument("x", "input"), Argument("indices_or_sections", "indices_or_sections")),
        cases=(
            Case("equal-parts", {"indices_or_sections": 2}, x=shape),
            *([] if name == "vsplit" else [Case("places", {"indices_or_sections": (1, 3)}, x=shape)]),
        ),
        aliases=(f"np.{name}",),
        stored=stored(class_name),
        layout="last",
    )


Hsplit = _by_name("hsplit", "Hsplit", "Parts along axis 1: the height of images, the columns of a matrix.", (2, 4, 3))
Vsplit = _by_name("vsplit", "Vsplit", "Parts along axis 0, the batch.", (4, 3))
Dsplit = _by_name("dsplit", "Dsplit", "Parts along axis 2.", (2, 3, 4, 5))
Unstack = Entry(
    keras="keras.ops.unstack",
    torch=("torch.unbind",),
    says="The slices of an axis, as many tensors.",
    emit=emit_unstack,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("num", None, None, note="the size of the axis"),
        Argument("axis", "dim", 0),
    ),
    cases=(
        Case("steps", {"axis": 1}, x=(2, 3, 5)),
        Case("channels", {"num": 2, "axis": -1}, x=(2, 3, 4, 2)),
    ),
    aliases=("tf.unstack", "np.unstack"),
    stored=stored("Unstack", "core", "unstack"),
    layout="last",
)
