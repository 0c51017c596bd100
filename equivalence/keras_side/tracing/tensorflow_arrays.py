"""Functions that TensorFlow has at its top, in `tf.math`, `tf.linalg` and `tf.signal`, in Keras's operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from string import ascii_lowercase
from typing import Any, NamedTuple

import keras
from keras import ops

from equivalence.errors import Refused
from equivalence.keras_side.tracing.known_numbers import Number


def _band_part(input: Any, num_lower: Any, num_upper: Any) -> Any:
    rows, columns = ops.shape(input)[-2:]
    below = ops.expand_dims(ops.arange(rows), 1) - ops.expand_dims(ops.arange(columns), 0)
    kept = [below <= num_lower] if not _is(num_lower, -1) else []
    kept += [0 - below <= num_upper] if not _is(num_upper, -1) else []
    for keep in kept:
        input = ops.where(keep, input, ops.zeros_like(input))
    return input


def _is(number: Any, value: int) -> bool:
    return isinstance(number, (int, Number)) and int(number) == value


def _gather(params: Any, indices: Any, validate_indices: Any = None, axis: Any = None, batch_dims: int = 0) -> Any:
    rank, ids = len(params.shape), len(indices.shape) if hasattr(indices, "shape") else 0
    batch_dims = batch_dims + ids if batch_dims < 0 else batch_dims
    axis = batch_dims if axis is None else int(axis)
    axis = axis + rank if axis < 0 else axis
    if batch_dims == 0:
        return ops.take(params, indices, axis=axis)
    if axis == batch_dims == ids - 1:  # one row of indices for each of the batch
        wide = ops.reshape(indices, (*ops.shape(indices), *(1,) * (rank - ids)))
        wide = ops.broadcast_to(wide, (*ops.shape(indices), *ops.shape(params)[ids:])) if rank > ids else indices
        return ops.take_along_axis(params, wide, axis=axis)
    if axis == batch_dims == ids:  # one index for each
        return ops.squeeze(_gather(params, ops.expand_dims(indices, -1), axis=axis, batch_dims=batch_dims), axis)
    raise Refused(f"tf.gather with batch_dims={batch_dims} and axis={axis} is not known; use ops.take_along_axis")


def _gather_nd(params: Any, indices: Any, batch_dims: int = 0) -> Any:
    if batch_dims:
        raise Refused("tf.gather_nd is known without batch_dims alone; use ops.take_along_axis")
    shape, depth = ops.shape(params), indices.shape[-1]
    place: Any = 0
    for axis in range(depth):
        place = place * shape[axis] + indices[..., axis]
    return ops.take(ops.reshape(params, (prod(shape[:depth]), *shape[depth:])), place, axis=0)


def _split(value: Any, num_or_size_splits: Any, axis: int = 0, num: Any = None) -> Any:
    if isinstance(num_or_size_splits, int):
        return ops.split(value, num_or_size_splits, axis)
    sizes = [int(size) for size in num_or_size_splits]
    if -1 in sizes:
        sizes[sizes.index(-1)] = ops.shape(value)[axis] - sum(sizes) - 1
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes) - 1)]
    return ops.split(value, ends, axis)


def _matmul(
    a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, adjoint_a: bool = False,
    adjoint_b: bool = False, **others: Any,
) -> Any:  # fmt: skip
    a = ops.swapaxes(a, -1, -2) if transpose_a or adjoint_a else a
    b = ops.swapaxes(b, -1, -2) if transpose_b or adjoint_b else b
    return ops.matmul(a, b)


def _matvec(a: Any, b: Any, transpose_a: bool = False, **others: Any) -> Any:
    return ops.squeeze(_matmul(a, ops.expand_dims(b, -1), transpose_a), -1)


def _norm(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: Any = None) -> Any:
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else axis
    powers: dict[Any, Callable[[], Any]] = {
        1: lambda: ops.sum(ops.abs(tensor), axis=axes, keepdims=bool(keepdims)),
        float("inf"): lambda: ops.max(ops.abs(tensor), axis=axes, keepdims=bool(keepdims)),
    }
    if ord in ("euclidean", 2) and not (ord == 2 and isinstance(axes, tuple)):
        return ops.sqrt(ops.sum(ops.square(tensor), axis=axes, keepdims=bool(keepdims)))
    if ord not in powers or isinstance(axes, tuple):
        raise Refused(f"tf.norm with ord={ord!r:.40} and axis={axis!r:.40} is not known; use ops.norm")
    return powers[ord]()


def _l2_normalized(x: Any, axis: Any = None, epsilon: float = 1e-12, dim: Any = None) -> Any:
    axes = dim if axis is None else axis
    axes = tuple(axes) if isinstance(axes, (list, tuple)) else axes
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=axes, keepdims=True), epsilon))


def _clipped(t: Any, clip_value_min: Any, clip_value_max: Any) -> Any:
    if any(isinstance(bound, keras.KerasTensor) for bound in (clip_value_min, clip_value_max)):
        return ops.maximum(ops.minimum(t, clip_value_max), clip_value_min)
    return ops.clip(t, clip_value_min, clip_value_max)


def _clipped_by_norm(t: Any, clip_norm: Any, axes: Any = None) -> Any:
    axes = tuple(axes) if isinstance(axes, (list, tuple)) else axes
    length = ops.sqrt(ops.sum(ops.square(t), axis=axes, keepdims=True))
    return t * clip_norm / ops.maximum(length, clip_norm)


def _running(operation: Callable[..., Any], neutral: int) -> Callable[..., Any]:
    def running(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Any:
        axis = int(axis) % len(x.shape)
        x = ops.flip(x, axis=axis) if reverse else x
        made = operation(x, axis=axis)
        if exclusive:
            ahead = [(0, 0)] * axis + [(1, 0)] + [(0, 0)] * (len(x.shape) - axis - 1)
            cut = (slice(None),) * axis + (slice(None, -1),)
            made = ops.pad(made, ahead, constant_values=neutral)[cut]
        return ops.flip(made, axis=axis) if reverse else made

    return running


class _TopK(NamedTuple):
    values: Any
    indices: Any


def _sorted(values: Any, axis: int = -1, direction: str = "ASCENDING") -> Any:
    made = ops.sort(values, axis=axis)
    return ops.flip(made, axis=axis) if direction == "DESCENDING" else made


def _order(values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False) -> Any:
    return ops.argsort(0 - values if direction == "DESCENDING" else values, axis=axis)


def _one_hot(
    indices: Any, depth: Any, on_value: Any = None, off_value: Any = None, axis: Any = None, dtype: Any = None
) -> Any:
    kind = dtype or (keras.config.floatx() if on_value is None else None)
    if kind is None or (on_value, off_value) not in ((None, None), (1, 0), (1.0, 0.0)):
        kind = kind or keras.config.floatx()
        places = ops.one_hot(indices, int(depth), axis=-1 if axis is None else axis, dtype="bool")
        return ops.cast(ops.where(places, 1 if on_value is None else on_value, off_value or 0), kind)
    return ops.one_hot(indices, int(depth), axis=-1 if axis is None else axis, dtype=kind)


def _pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0) -> Any:
    rows = keras.ops.convert_to_numpy(paddings).tolist() if hasattr(paddings, "shape") else paddings
    widths = [(rows[i][0], rows[i][1]) for i in range(len(tensor.shape))]
    if mode.lower() == "constant":
        return ops.pad(tensor, widths, mode="constant", constant_values=constant_values)
    return ops.pad(tensor, widths, mode=mode.lower())


def _sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = "bool") -> Any:
    if maxlen is None:
        raise Refused("tf.sequence_mask without maxlen is as long as the numbers of its lengths say; give maxlen")
    places = ops.arange(maxlen, dtype=lengths.dtype)
    return ops.cast(places < ops.expand_dims(lengths, -1), dtype)


def _segments(data: Any, segment_ids: Any, num_segments: Any) -> tuple[Any, Any]:
    """The sums, and how many each is of, at least 1."""
    total = ops.segment_sum(data, segment_ids, num_segments)
    count = ops.segment_sum(ops.ones_like(segment_ids, dtype=data.dtype), segment_ids, num_segments)
    return total, ops.reshape(ops.maximum(count, 1), (-1, *(1,) * (len(data.shape) - 1)))


def _segment_mean(data: Any, segment_ids: Any, num_segments: Any) -> Any:
    total, count = _segments(data, segment_ids, num_segments)
    return total / count


def _scattered(indices: Any, updates: Any, shape: Any) -> Any:
    return ops.scatter(_placed(indices), updates, tuple(shape))


def _updated(tensor: Any, indices: Any, updates: Any, reduction: Any = None) -> Any:
    return ops.scatter_update(tensor, _placed(indices), updates, reduction=reduction)


def _placed(indices: Any) -> Any:
    """Places as a tensor, where code has them in a list."""
    return ops.convert_to_tensor(indices, dtype="int32") if isinstance(indices, (list, tuple)) else indices


def _transposed(a: Any, conjugate: bool = False) -> Any:
    return ops.swapaxes(a, -1, -2)


def _diagonal(diagonal: Any, k: int = 0, **others: Any) -> Any:
    if k != 0 or others:
        raise Refused("tf.linalg.diag is known for the main diagonal alone")
    return ops.expand_dims(diagonal, -1) * ops.eye(diagonal.shape[-1], dtype=diagonal.dtype)


def _diagonal_part(input: Any, k: int = 0, **others: Any) -> Any:
    if others:
        raise Refused("tf.linalg.diag_part is known without padding_value and align alone")
    return ops.diagonal(input, offset=int(k), axis1=-2, axis2=-1)


def _with_diagonal(input: Any, diagonal: Any, **others: Any) -> Any:
    if others:
        raise Refused("tf.linalg.set_diag is known for the main diagonal alone")
    on = ops.eye(input.shape[-2], input.shape[-1], dtype="bool")
    return ops.where(on, ops.expand_dims(diagonal, -1), input)


def _einsum(equation: str, *inputs: Any) -> Any:
    """With the letters that Keras knows: small ones, and no blanks."""
    plain = equation.replace(" ", "")
    free = (letter for letter in ascii_lowercase if letter not in plain)
    for letter in sorted({letter for letter in plain if letter.isupper()}):
        plain = plain.replace(letter, next(free))
    return ops.einsum(plain, *inputs)


def _added(inputs: Sequence[Any]) -> Any:
    total = inputs[0]
    for value in inputs[1:]:
        total = total + value
    return total


def _meshgrid(args: Sequence[Any], kwargs: Any = None) -> Any:
    return ops.meshgrid(*args, **{key: value for key, value in (kwargs or {}).items() if key == "indexing"})


def _tensordot(a: Any, b: Any, axes: Any) -> Any:
    if isinstance(axes, (list, tuple)):
        axes = [[int(part)] if isinstance(part, int) else [int(n) for n in part] for part in axes]
    return ops.tensordot(a, b, axes=axes)


def _nothing(*args: Any, **kwargs: Any) -> None:
    """What only checks or prints."""


_ASSERTIONS = (
    *("all_finite", "check_numerics", "equal", "greater", "greater_equal", "integer", "less", "less_equal", "near"),
    *("negative", "non_negative", "non_positive", "none_equal", "positive", "proper_iterable", "rank", "rank_at_least"),
    *("rank_in", "same_float_dtype", "scalar", "shapes", "type"),
)

#: Of one number each, which may be known while the rest is traced.
_OF_ONE = (
    *("abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "erf", "erfinv", "exp", "expm1"),
    *("floor", "is_finite", "is_inf", "is_nan", "log", "log1p", "logical_not", "negative", "reciprocal", "round"),
    *("rsqrt", "sigmoid", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh"),
)
_OF_TWO = (
    *("add", "divide", "divide_no_nan", "equal", "floormod", "greater", "greater_equal", "less", "less_equal"),
    *("logical_and", "logical_or", "logical_xor", "maximum", "minimum", "multiply", "not_equal", "pow", "subtract"),
    "truediv",
)
_OTHER_NAMES = {
    **{name: f"arc{name[1:]}" for name in ("acos", "acosh", "asin", "asinh", "atan", "atanh")},
    **{f"is_{name}": f"is{name}" for name in ("finite", "inf", "nan")},
    **{"floormod": "mod", "pow": "power", "truediv": "true_divide"},
}


def _of_numbers(name: str) -> Callable[..., Any]:
    operation = getattr(ops, _OTHER_NAMES.get(name, name))
    return (lambda x: operation(x)) if name in _OF_ONE else lambda x, y: operation(x, y)


#: By their names; of their arguments the first comes as a positional one, the others by name.
ARRAYS: dict[str, Callable[..., Any]] = {
    **{f"math.{name}": _of_numbers(name) for name in (*_OF_ONE, *_OF_TWO)},
    **{f"debugging.assert_{name}": _nothing for name in _ASSERTIONS},
    "debugging.Assert": _nothing,
    "print": _nothing,
    "argsort": _order,
    "clip_by_norm": _clipped_by_norm,
    "clip_by_value": _clipped,
    "convert_to_tensor": lambda value, dtype=None, dtype_hint=None: ops.convert_to_tensor(value, dtype=dtype),
    "debugging.check_numerics": lambda tensor, message="": tensor,
    "einsum": lambda equation, inputs, **others: _einsum(equation, *inputs),
    "ensure_shape": lambda x, shape: x,
    "fill": lambda dims, value: ops.broadcast_to(value, tuple(dims)),
    "gather": _gather,
    "gather_nd": _gather_nd,
    "identity": lambda input: input,
    "linalg.adjoint": lambda matrix: ops.swapaxes(matrix, -1, -2),
    "linalg.band_part": _band_part,
    "linalg.cross": lambda a, b: ops.cross(a, b),
    "linalg.diag": _diagonal,
    "linalg.diag_part": _diagonal_part,
    "linalg.matmul": _matmul,
    "linalg.matrix_transpose": _transposed,
    "linalg.matvec": _matvec,
    "linalg.norm": _norm,
    "linalg.set_diag": _with_diagonal,
    "linalg.solve": lambda matrix, rhs: ops.solve(matrix, rhs),
    "linalg.trace": lambda x: ops.trace(x, axis1=-2, axis2=-1),
    "math.accumulate_n": _added,
    "math.add_n": _added,
    "math.argmax": lambda input, axis=0, output_type=None: ops.argmax(input, axis=0 if axis is None else axis),
    "math.argmin": lambda input, axis=0, output_type=None: ops.argmin(input, axis=0 if axis is None else axis),
    "math.atan2": lambda y, x: ops.arctan2(y, x),
    "math.count_nonzero": lambda input, axis=None, keepdims=False, dtype=None: ops.sum(
        ops.cast(ops.not_equal(input, 0), "int32"), axis=axis, keepdims=bool(keepdims)
    ),
    "math.cumprod": _running(ops.cumprod, 1),
    "math.cumsum": _running(ops.cumsum, 0),
    "math.floordiv": lambda x, y: ops.floor_divide(x, y),
    "math.l2_normalize": _l2_normalized,
    "math.log_sigmoid": lambda x: ops.log_sigmoid(x),
    "math.mod": lambda x, y: ops.mod(x, y),
    "math.multiply_no_nan": lambda x, y: ops.where(ops.equal(y, 0), ops.zeros_like(x), x * y),
    "math.reduce_euclidean_norm": lambda input_tensor, axis=None, keepdims=False: _norm(
        input_tensor, axis=axis, keepdims=keepdims
    ),
    "math.softplus": lambda features: ops.softplus(features),
    "math.squared_difference": lambda x, y: ops.square(ops.subtract(x, y)),
    "math.top_k": lambda input, k=1, sorted=True, index_type=None: _TopK(*ops.top_k(input, int(k), sorted)),
    "math.unsorted_segment_max": lambda data, segment_ids, num_segments: ops.segment_max(
        data, segment_ids, num_segments
    ),
    "math.unsorted_segment_mean": _segment_mean,
    "math.unsorted_segment_sum": lambda data, segment_ids, num_segments: ops.segment_sum(
        data, segment_ids, num_segments
    ),
    "math.xlogy": lambda x, y: ops.where(ops.equal(x, 0), ops.zeros_like(x), x * ops.log(y)),
    "math.zero_fraction": lambda value: ops.mean(ops.cast(ops.equal(value, 0), keras.config.floatx())),
    "meshgrid": _meshgrid,
    "norm": _norm,
    "one_hot": _one_hot,
    "ones_like": lambda input, dtype=None: ops.ones_like(input, dtype=dtype),
    "pad": _pad,
    "rank": lambda input: len(input.shape),
    "roll": lambda input, shift, axis: ops.roll(
        input,
        tuple(shift) if isinstance(shift, list) else shift,
        axis=tuple(axis) if isinstance(axis, list) else axis,
    ),
    "scatter_nd": _scattered,
    "searchsorted": lambda sorted_sequence, values, side="left", out_type=None: ops.searchsorted(
        sorted_sequence, values, side=side
    ),
    "sequence_mask": _sequence_mask,
    "size": lambda input, out_type=None: prod(ops.shape(input)),
    "slice": lambda input_, begin, size: ops.slice(input_, begin, size),
    "sort": _sorted,
    "split": _split,
    "tensor_scatter_nd_add": lambda tensor, indices, updates: _updated(tensor, indices, updates, "add"),
    "tensor_scatter_nd_update": _updated,
    "tensordot": _tensordot,
    "repeat": lambda input, repeats, axis=None: ops.repeat(input, repeats, axis=axis),
    "tile": lambda input, multiples: ops.tile(input, tuple(multiples)),
    "zeros_like": lambda input, dtype=None: ops.zeros_like(input, dtype=dtype),
}
