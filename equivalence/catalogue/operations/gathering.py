"""take, take_along_axis: elements picked by index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import arguments, is_constant, is_tensor, stored
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_take(site: Site) -> Value:
    """Indexing along one axis; what has no axis is flattened in Keras's order."""
    source, indices = arguments(site, "x", "indices")
    text, rank, first = _source(site, source)
    index = _index(site, indices)
    axis = _axis(site, rank)
    if axis in (None, 0) and first is None and not is_tensor(indices):
        site.config.refuse("axis", axis, "takes elements of the batch by number, whose size is not known")
    if axis is None:
        return site.new(f"{text}.flatten()[{index}]", KERAS)
    return site.new(f"{text}[{':, ' * axis}{index}]", KERAS)


def emit_take_along_axis(site: Site) -> Value:
    """torch.take_along_dim, which broadcasts as Keras does, but takes no negative indices."""
    source, indices = arguments(site, "x", "indices")
    if not is_tensor(source) or not is_tensor(indices):
        site.refuse("its input or its indices are no tensors of the model")
    _check_whole(site, indices.dtype)
    axis = _axis(site, source.rank)
    if axis is None:
        site.config.refuse("axis", axis, "takes elements of the whole batch; take along one axis")
    if source.rank != indices.rank:
        site.refuse(f"its indices have {indices.rank} axes and its input {source.rank}")
    x, index = site.take(source, KERAS), site.take(indices, KERAS)
    wrapped = f"torch.where({index} < 0, {index} + {x}.shape[{axis}], {index})"
    return site.new(f"torch.take_along_dim({x}, {wrapped}.long(), dim={axis})", KERAS)


def _source(site: Site, given: Any) -> tuple[str, int, int | None]:
    """What is picked from, its number of axes, and the size of its first one (None: the batch)."""
    if is_tensor(given):
        return f"{site.take(given, KERAS)}", given.rank, given.shape[0]
    if not is_constant(given) or not isinstance(given.value, list):
        site.refuse(f"it takes elements of {given!r:.60}, which is neither a tensor nor an array")
    rank = 0
    level: Any = given.value
    while isinstance(level, list):
        rank, level = rank + 1, level[0] if level else None
    return site.constant(given), rank, len(given.value)


def _index(site: Site, given: Any) -> str:
    if is_tensor(given):
        _check_whole(site, given.dtype)
        return f"{site.take(given, KERAS)}"
    if is_constant(given):
        _check_whole(site, given.dtype)
        return site.constant(given, "indices") if isinstance(given.value, list) else literal(given.value)
    if isinstance(given, int) and not isinstance(given, bool):
        return literal(given)
    if not isinstance(given, list) or not given or not all(type(number) is int for number in given):
        site.refuse(f"its indices are {given!r:.60}; a tensor, an array or a row of whole numbers is translated")
    return f"[{', '.join(map(literal, given))}]"


def _check_whole(site: Site, dtype: str) -> None:
    if dtype not in ("int32", "int64"):
        site.refuse(f"its indices are {dtype}; int32 and int64 are translated")


def _axis(site: Site, rank: int) -> int | None:
    if site.config.value("axis") is None:
        return None
    axis = site.config.integer("axis", minimum=None)
    if not -rank <= axis < rank:
        site.config.refuse("axis", axis, f"should name an axis of a tensor of {rank}")
    return axis % rank


_TWO = {"$args": [{"$input": 0}, {"$input": 1}]}

Take = Entry(
    keras="keras.ops.take",
    torch=("torch.Tensor.__getitem__",),
    says="Elements of an axis by their indices, as x[:, indices].",
    emit=emit_take,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("indices", "index"),
        Argument("axis", None, None, note="None: of the flattened tensor. torch.take always flattens"),
    ),
    cases=(
        Case("some", {"axis": 1}, x=(2, 3, 5), call={"$args": [{"$input": 0}, [2, 0, 0, -1]]}),
        Case("one", {"axis": 1}, x=(2, 3, 5), call={"$args": [{"$input": 0}, 2]}),
        Case(
            "channels-of-images",
            {"axis": -1},
            x=(2, 3, 4, 5),
            call={"$args": [{"$input": 0}, {"$array": [[4, 0], [1, -2]], "dtype": "int32"}]},
        ),
        Case(
            "rows-of-a-table",
            {"axis": 0},
            x=(2, 3),
            draw="ids:4",
            call={
                "$args": [
                    {"$array": [[0.5, 1.0], [-1.0, 2.0], [0.25, -3.0], [4.0, 0.75]], "dtype": "float32"},
                    {"$input": 0},
                ]
            },
        ),
        Case("flattened", {}, x=[(2, 3), (2, 4)], draw=["normal", "ids:6"], call=_TWO),
        Case("unknown-length", {"axis": 1}, x=(2, 5, 3), declared=(None, 3), call={"$args": [{"$input": 0}, [-1]]}),
    ),
    aliases=("np.take", "tf.gather", "torch.index_select", "gather"),
    stored=stored("Take"),
)
TakeAlongAxis = Entry(
    keras="keras.ops.take_along_axis",
    torch=("torch.take_along_dim",),
    says="Elements of an axis, by indices of their own for every position of the others.",
    emit=emit_take_along_axis,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("indices", "indices"), Argument("axis", "dim", None)),
    cases=(
        Case("channels", {"axis": -1}, x=[(2, 3, 5), (2, 3, 2)], draw=["normal", "ids:5"], call=_TWO),
        Case("steps", {"axis": 1}, x=[(2, 4, 5), (2, 3, 5)], draw=["normal", "ids:4"], call=_TWO),
        Case("broadcast", {"axis": 1}, x=[(2, 4, 5), (2, 3, 1)], draw=["normal", "ids:4"], call=_TWO),
    ),
    aliases=("np.take_along_axis", "torch.gather"),
    stored=stored("TakeAlongAxis"),
)
