"""slice, slice_update, scatter, scatter_update: blocks and single elements of a tensor, read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import arguments, is_constant, is_tensor, stored, whole_numbers
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal
from equivalence.translation.sizes import Size

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_UPDATED = '''
def write_block(x: Tensor, starts: tuple[int, ...], updates: Tensor) -> Tensor:
    """x with a block of it replaced; one that would reach beyond the end is moved back."""
    x, block = x.clone(), []
    for start, n, m in zip(starts, x.shape, updates.shape, strict=True):
        start = max(0, min(start, n - m))
        block.append(slice(start, start + m))
    x[tuple(block)] = updates
    return x
'''


_REDUCED = '''
def scatter_reduce(x: Tensor, indices: tuple[Tensor, ...], updates: Tensor, reduce: str) -> Tensor:
    """x with updates taken into the elements at the indices, by "amax", "amin" or "prod"."""
    count, place = len(indices), torch.zeros_like(indices[0])
    for index, size in zip(indices, x.shape, strict=False):
        place = place * size + index
    rows = x.flatten(0, count - 1)
    values = updates.reshape(-1, *rows.shape[1:])
    return rows.index_reduce(0, place.flatten(), values, reduce).reshape(x.shape)
'''
_REDUCTIONS = {"max": "amax", "min": "amin", "mul": "prod"}


def emit_slice(site: Site) -> Value:
    """Slices in brackets, from the starts on; a size of -1 is all that is left."""
    source, begin = arguments(site, "inputs", "start_indices")
    x, starts, sizes = site.take(source, KERAS), _starts(site, begin), whole_numbers(site, "shape")
    if not len(starts) == len(sizes) == x.rank:
        site.config.refuse("shape", sizes, f"should be, with the starts {starts}, one for each of {x.rank} axes")
    texts = [_slice(site, *numbers) for numbers in zip(starts, sizes, x.shape, strict=True)]
    while len(texts) > 1 and texts[-1] == ":":
        texts.pop()
    return site.new(f"{x}[{', '.join(texts)}]", KERAS)


def _slice(site: Site, start: int, size: int, held: int | None) -> str:
    if size == -1:
        if held is not None and start > held:
            site.refuse(f"it starts at {start} of an axis of {held}")
        return f"{start}:" if start else ":"
    of_its_input = isinstance(start, Size) or isinstance(size, Size)
    if size < 0 or (held is None and not of_its_input) or (held is not None and start + size > held):
        what = "an axis of unknown size" if held is None else f"an axis of {held}"
        site.config.refuse("shape", size, f"from {start} on cannot be cut out of {what}")
    if size == held:
        return ":"
    return f"{start or ''}:{start + size}"


def emit_slice_update(site: Site) -> Value:
    """A copy in which the block is written."""
    source, begin, updates = arguments(site, "inputs", "start_indices", "updates")
    if not is_tensor(source) or not is_tensor(updates) or source.dtype != updates.dtype:
        site.refuse("its input and its updates are no tensors of one dtype")
    x, starts, block = site.take(source, KERAS), _starts(site, begin), site.take(updates, KERAS)
    if not len(starts) == x.rank == block.rank:
        site.refuse(f"its starts are {starts}, and its updates have {block.rank} axes, where its input has {x.rank}")
    return site.new(f"{site.helper(_UPDATED)}({x}, {literal(starts)}, {block})", KERAS)


def emit_scatter(site: Site) -> Value:
    """Zeros, to which each value is added at its place."""
    places, values = arguments(site, "indices", "values")
    shape, index = whole_numbers(site, "shape"), _indices(site, places)
    if not is_tensor(values):
        site.refuse("its values are no tensor of the model")
    _check_places(site, places, values, len(shape))
    held = site.take(values, KERAS)
    return site.new(f"{held}.new_zeros({literal(shape)}).index_put({index}, {held}, accumulate=True)", KERAS)


def emit_scatter_update(site: Site) -> Value:
    """index_put: the elements at the indices replaced, or added to; index_reduce for the other reductions."""
    source, places, updates = arguments(site, "inputs", "indices", "updates")
    reduction = site.config.value("reduction")
    if reduction not in (None, "add", *_REDUCTIONS):
        site.config.refuse("reduction", reduction, "is not translated")
    if not is_tensor(source) or not is_tensor(updates) or source.dtype != updates.dtype:
        site.refuse("its input and its updates are no tensors of one dtype")
    _check_places(site, places, updates, source.rank)
    x, held = site.take(source, KERAS), site.take(updates, KERAS)
    if reduction in _REDUCTIONS:
        given = f"{x}, {_indices(site, places)}, {held}"
        return site.new(f'{site.helper(_REDUCED)}({given}, "{_REDUCTIONS[reduction]}")', KERAS)
    added = ", accumulate=True" if reduction == "add" else ""
    return site.new(f"{x}.index_put({_indices(site, places)}, {held}{added})", KERAS)


def _indices(site: Site, given: Any) -> str:
    """One index tensor for each axis that is indexed; the last axis of Keras's indices lists them."""
    if not is_tensor(given) or given.dtype not in ("int32", "int64"):
        site.refuse("its indices are no tensor of int32 or int64: an array of them counts a batch of unknown size")
    return f"{site.take(given, KERAS)}.long().unbind(-1)"


def _check_places(site: Site, places: Any, values: Value, rank: int) -> None:
    """A value for each place: TensorFlow takes no others, Keras on torch broadcasts them."""
    if is_tensor(places) and (axes := places.shape[-1]) is not None and values.rank != places.rank - 1 + rank - axes:
        site.refuse(
            f"its values {values.shape} are not one for each place that its indices {places.shape} name in {rank} axes"
        )


def _starts(site: Site, given: Any) -> tuple[int, ...]:
    given = given.value if is_constant(given) else given
    if not isinstance(given, (list, tuple)) or not all(type(start) is int and start >= 0 for start in given):
        site.refuse("its starts are not whole numbers from 0 on, as they have to be for it to be written in advance")
    return tuple(given)


_THREE = {"$args": [{"$input": 0}, {"$input": 1}, {"$input": 2}]}
_NO_GRADIENT = "TensorFlow has no gradient of it"

Slice = Entry(
    keras="keras.ops.slice",
    torch=("torch.Tensor.__getitem__",),
    says="A block of a tensor, by where it starts and its sizes.",
    emit=emit_slice,
    kind="operation",
    arguments=(
        Argument("inputs", "input"),
        Argument("start_indices", "index", note="numbers; computed ones are refused"),
        Argument("shape", "index", how="start:start + size", note="sizes, where brackets take ends"),
    ),
    differences=(
        Difference(
            "sizes-are-no-ends",
            "The second list holds sizes, not the ends that brackets take.",
            case="square",
            swap=(("[:, 1:3, 2:4]", "[:, 0:2, 2:4]"),),
        ),
    ),
    cases=(
        Case("square", {"shape": [-1, 2, 2]}, x=(2, 4, 4), call={"$args": [{"$input": 0}, [0, 1, 2]]}),
        Case("to-the-end", {"shape": [-1, -1, 2, 5]}, x=(2, 3, 4, 5), call={"$args": [{"$input": 0}, [0, 1, 0, 0]]}),
    ),
    aliases=("tf.slice", "jax.lax.dynamic_slice", "torch.narrow"),
    stored=stored("Slice", "core"),
)
SliceUpdate = Entry(
    keras="keras.ops.slice_update",
    torch=("torch.clone", "torch.Tensor.__setitem__"),
    says="A tensor with a block of it replaced.",
    emit=emit_slice_update,
    kind="operation",
    arguments=(
        Argument("inputs", "input"),
        Argument("start_indices", "index", note="numbers; computed ones are refused"),
        Argument("updates", "value"),
    ),
    cases=(
        Case(
            "a-block",
            {},
            x=[(2, 4, 5), (2, 2, 3)],
            call={"$args": [{"$input": 0}, [0, 1, 2], {"$input": 1}]},
            oracle="torch",
            because=_NO_GRADIENT,
        ),
        Case(
            "beyond-the-end",
            {},
            x=[(2, 4, 5), (2, 2, 3)],
            draw="ids:9",
            call={"$args": [{"$input": 0}, [0, 3, 1], {"$input": 1}]},
        ),
    ),
    aliases=("jax.lax.dynamic_update_slice", "torch.slice_scatter"),
    stored=stored("SliceUpdate", "core"),
)
Scatter = Entry(
    keras="keras.ops.scatter",
    torch=("torch.index_put",),
    says="Zeros, with values added at indices.",
    emit=emit_scatter,
    kind="operation",
    arguments=(Argument("indices", "indices"), Argument("values", "values"), Argument("shape", "size")),
    differences=(
        Difference(
            "added",
            "What falls on one place is added up; index_put replaces unless accumulate=True is given.",
            case="twice",
            swap=((", accumulate=True", ""),),
        ),
    ),
    cases=(
        Case(
            "twice",
            {"shape": (2, 3)},
            x=[(7, 2), (7,)],
            draw=["ids:2", "normal"],
            call={"$args": [{"$input": 0}, {"$input": 1}]},
        ),
        Case(
            "rows",
            {"shape": (5, 4)},
            x=[(3, 1), (3, 4)],
            draw=["ids:5", "normal"],
            call={"$args": [{"$input": 0}, {"$input": 1}]},
        ),
    ),
    aliases=("tf.scatter_nd", "torch.scatter", "torch.Tensor.scatter_add"),
    stored=stored("Scatter", "core"),
)
ScatterUpdate = Entry(
    keras="keras.ops.scatter_update",
    torch=("torch.index_put", "torch.index_reduce"),
    says="A tensor with elements replaced, or added to, at indices.",
    emit=emit_scatter_update,
    kind="operation",
    arguments=(
        Argument("inputs", "input"),
        Argument("indices", "indices"),
        Argument("updates", "values"),
        Argument("reduction", "accumulate", None, how='True for "add"', note='"max", "min" and "mul": index_reduce'),
    ),
    cases=(
        Case("replaced", {}, x=[(4, 5), (1, 2), (1,)], draw=["normal", "ids:4", "normal"], call=_THREE),
        Case(
            "added",
            {"reduction": "add"},
            x=[(3, 5), (6, 1), (6, 5)],
            draw=["normal", "ids:3", "normal"],
            call=_THREE,
        ),
        Case(
            "largest",
            {"reduction": "max"},
            x=[(3, 5), (6, 1), (6, 5)],
            draw=["normal", "ids:3", "normal"],
            call=_THREE,
        ),
        Case(
            "smallest",
            {"reduction": "min"},
            x=[(3, 5), (6, 2), (6,)],
            draw=["normal", "ids:3", "normal"],
            call=_THREE,
        ),
        Case(
            "product",
            {"reduction": "mul"},
            x=[(3, 5), (6, 1), (6, 5)],
            draw=["normal", "ids:3", "normal"],
            call=_THREE,
        ),
    ),
    aliases=("tf.tensor_scatter_nd_update", "tf.tensor_scatter_nd_add", "torch.index_add"),
    stored=stored("ScatterUpdate", "core"),
)
