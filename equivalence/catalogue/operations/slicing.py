"""x[...] of a Keras tensor in a functional model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import operands, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS, Flat
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_getitem(site: Site) -> Value:
    """The same indices, written in the order in which the tensor lies if they are slices alone."""
    x, key = operands(site, "a|tensor", "b|slice_spec")
    keys = list(key) if isinstance(key, (list, tuple)) else [key]
    if Ellipsis in keys:
        spot = keys.index(Ellipsis)
        indexed = sum(item is not None for item in keys) - 1
        keys[spot : spot + 1] = [slice(None)] * (x.rank - indexed)
    apart = _flipped(keys) and not all(isinstance(item, slice) for item in keys)
    if apart or isinstance(x.order, Flat):  # which of its elements are taken depends on where they lie
        x = site.take(x, KERAS)
    if turned := _flipped(keys):
        dims = ", ".join(str(x.dim(axis)) for axis in turned)
        x = site.new(f"{x}.flip({dims})", x.order)
        keys = [slice(None, None, -item.step) if _backwards(item) else item for item in keys]
    if all(isinstance(item, slice) for item in keys):
        keys += [slice(None)] * (x.rank - len(keys))
        held: list[Any] = [slice(None)] * x.rank
        for axis, item in enumerate(keys):
            held[x.dim(axis)] = item
        order = x.order
    else:
        x, held, order = site.take(x, KERAS), keys, KERAS
    while len(held) > 1 and held[-1] == slice(None):
        held.pop()
    return site.new(f"{x}[{', '.join(_index(site, item) for item in held)}]", order)


def _backwards(item: Any) -> bool:
    """Whether it takes the whole axis from its end, which torch's slices do not."""
    whole = isinstance(item, slice) and item.start is None and item.stop is None
    return whole and isinstance(item.step, int) and item.step < 0


def _flipped(keys: list[Any]) -> list[int]:
    """The axes that are taken from their end."""
    return [axis for axis, item in enumerate(item for item in keys if item is not None) if _backwards(item)]


def _index(site: Site, item: Any) -> str:
    if item is None or (isinstance(item, int) and not isinstance(item, bool)):
        return literal(item)
    if not isinstance(item, slice):
        site.refuse(f"it is indexed with {item!r:.60}; whole numbers, slices, None and ... are translated")
    if item.step is not None and item.step < 0:
        site.refuse(f"it is indexed backwards ({item!r}), which torch's slices are not; use keras.ops.flip")
    parts = ["" if part is None else literal(part) for part in (item.start, item.stop)]
    return ":".join([*parts, *([literal(item.step)] if item.step not in (None, 1) else [])])


GetItem = Entry(
    keras="operator.getitem",
    torch=("torch.Tensor.__getitem__",),
    says="Slices and indices of a Keras tensor, x[:, 1:3].",
    emit=emit_getitem,
    kind="operation",
    arguments=(Argument("a", "input"), Argument("b", "index")),
    differences=(
        Difference(
            "axes-of-keras",
            "Indices count Keras's axes; the same brackets on a channels-first tensor cut another axis.",
            case="slices",
            swap=(("[:, 1:3, :, ::2]", "[:, :2, :, 1:4]"),),
        ),
    ),
    cases=(
        Case(
            "backwards",
            {},
            x=(2, 3, 4, 5),
            call={"$args": [{"$input": 0}, {"$tuple": [{"$slice": [None, None, None]}, {"$slice": [None, None, -1]}]}]},
        ),
        Case(
            "slices",
            {},
            x=(2, 3, 4, 5),
            call={
                "$args": [
                    {"$input": 0},
                    {
                        "$tuple": [
                            {"$slice": [None, None, None]},
                            {"$slice": [1, 3, None]},
                            {"$slice": [None, None, None]},
                            {"$slice": [None, None, 2]},
                        ]
                    },
                ]
            },
        ),
        Case(
            "an-index",
            {},
            x=(2, 3, 5),
            call={"$args": [{"$input": 0}, {"$tuple": [{"$slice": [None, None, None]}, -1]}]},
        ),
        Case(
            "ellipsis-and-new-axis",
            {},
            x=(2, 3, 5),
            call={"$args": [{"$input": 0}, {"$tuple": [{"$ellipsis": True}, {"$slice": [1, None, None]}, None]}]},
        ),
    ),
    aliases=("slice", "slicing", "getitem", "keras.KerasTensor.__getitem__"),
    stored=stored("GetItem", "numpy", "__operators__.getitem"),
)
GetItemFunction = GetItem._replace(
    keras="keras.ops.get_item",
    says="x[key], as a function.",
    arguments=(Argument("x", "input"), Argument("key", "index")),
    differences=(),
    cases=tuple(case for case in GetItem.cases if case.id != "slices"),
    aliases=(),
    stored=(),
)
