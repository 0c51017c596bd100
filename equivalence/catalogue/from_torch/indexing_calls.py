"""Functions of torch that take, put and scatter by indices or masks."""

from __future__ import annotations

from equivalence.catalogue.from_torch.torch_rows import nothing, op, row

ALONG = '''
def places(index, dim, shape):
    """Each element's place in a tensor of `shape`, counted through, where `index` is that along `dim`."""
    axes = np.indices(tuple(index.shape))
    flat = 0
    for axis, size in enumerate(shape):
        at = keras.ops.cast(index, "int64") if axis == dim % len(shape) else axes[axis]
        flat = flat * size + at
    return keras.ops.reshape(flat, (-1, 1))


def put_along(x, dim, index, source, reduction=None, include_self=True):
    """x with `source` at the places of `index` along `dim`: put, or reduced ("add", "multiply", "max", "mean")."""
    count = x.shape[dim]
    values = source
    if not hasattr(source, "shape") or not len(source.shape):
        values = keras.ops.full(index.shape, source, dtype=x.dtype)
    values = keras.ops.cast(values[tuple(slice(0, size) for size in index.shape)], x.dtype)
    at = places(index, dim, x.shape)
    flat, values = keras.ops.reshape(x, (-1,)), keras.ops.reshape(values, (-1,))
    if reduction is None:
        return keras.ops.reshape(keras.ops.scatter_update(flat, at, values), x.shape)
    hits = keras.ops.reshape(
        keras.ops.scatter(at, keras.ops.ones_like(values), (flat.shape[0],)), x.shape
    )
    neutral = {"add": 0.0, "mean": 0.0, "multiply": 1.0, "max": -np.inf, "min": np.inf}[reduction]
    start = x if include_self else keras.ops.where(hits > 0, neutral, x)
    how = "add" if reduction == "mean" else {"multiply": "mul"}.get(reduction, reduction)
    start = keras.ops.reshape(start, (-1,))
    found = keras.ops.reshape(keras.ops.scatter_update(start, at, values, reduction=how), x.shape)
    if reduction == "mean":
        found = found / keras.ops.maximum(hits + (1 if include_self else 0), 1)
        return found if include_self else keras.ops.where(hits > 0, found, x)
    return found
'''
ROWS_AT = '''
def put_rows(x, dim, index, source, reduction=None):
    """x with the slices of `source` at `index` along `dim`, put or reduced."""
    moved = keras.ops.moveaxis(x, dim, 0)
    if hasattr(source, "shape") and len(source.shape):
        rows = keras.ops.moveaxis(source, dim, 0)
    else:
        rows = keras.ops.full((index.shape[0], *moved.shape[1:]), source, dtype=x.dtype)
    return keras.ops.moveaxis(
        keras.ops.scatter_update(moved, index[:, None], rows, reduction=reduction), 0, dim
    )
'''
_REDUCE = "{'sum': 'add', 'prod': 'multiply', 'mean': 'mean', 'amax': 'max', 'amin': 'min'}[reduce]"

ROWS = (
    op(
        "where(condition, input: Tensor, other)",
        "ops.where(condition, input, other)",
        "torch.where(flags, x, y)",
        "torch.where(flags, x, 0.5)",
    ),
    op("where(condition, self, other)", "ops.where(condition, self, other)", "torch.where(flags, 0.5, x)"),
    op("where(condition)", "ops.nonzero(condition)", "torch.where(flags)"),
    row("Tensor.where(self, condition, other)", "keras.ops.where(condition, self, other)", "x.where(flags, y)"),
    op(
        "nonzero(input, *, as_tuple=False)",
        "ops.nonzero(input) if as_tuple else ops.stack(ops.nonzero(input), axis=-1)",
        "torch.nonzero(flags)",
        "torch.nonzero(flags, as_tuple=True)",
    ),
    op("argwhere(input)", "ops.stack(ops.nonzero(input), axis=-1)", "torch.argwhere(flags)"),
    op("index_select(input, dim, index)", "ops.take(input, index, axis=dim)", "torch.index_select(x, 1, ids_row)"),
    op(
        "gather(input, dim, index)",
        "ops.take_along_axis(input, index, axis=dim)",
        "torch.gather(x, 1, ids_2)",
        watch=("torch's index may be smaller than its input in the other dimensions; cut the input to it first.",),
    ),
    op("take_along_dim(input, indices, dim=None)", "ops.take_along_axis", "torch.take_along_dim(x, ids_2, 1)"),
    op("take(input, index)", "ops.take(ops.reshape(input, (-1,)), index)", "torch.take(x, ids)"),
    op(
        "masked_select(input, mask)",
        "input[mask]",
        "torch.masked_select(x, flags)",
        watch=("How many there are depends on the numbers: no functional model can hold it on every backend.",),
    ),
    op(
        "masked_fill(input, mask, value)",
        "ops.where(mask, value, input)",
        "torch.masked_fill(x, flags, 0.5)",
        "x.masked_fill(flags, -1.0)",
    ),
    op(
        "masked_scatter(input, mask, source)",
        "ops.reshape(ops.scatter_update(ops.reshape(input, (-1,)), "
        "ops.nonzero(ops.reshape(mask, (-1,)))[0][:, None], ops.reshape(source, (-1,))[:ops.count_nonzero(mask)]), "
        "input.shape)",
        "torch.masked_scatter(x, flags, y)",
    ),
    op(
        "scatter(input, dim, index, src)",
        "put_along(input, dim, index, src)",
        "torch.scatter(x, 1, ids_2, y)",
        helper=ALONG,
        gradients=False,
        because="torch has none for an index that is smaller than what it scatters",
        watch=("Where an index is met twice, neither framework says which value stays.",),
    ),
    op(
        "scatter(input, dim, index, value)",
        "put_along(input, dim, index, value)",
        "torch.scatter(x, 1, ids_2, value=0.5)",
        helper=ALONG,
    ),
    op(
        "scatter_add(input, dim, index, src)",
        "put_along(input, dim, index, src, 'add')",
        "torch.scatter_add(x, 1, ids_small, y)",
        helper=ALONG,
    ),
    op(
        "scatter_reduce(input, dim, index, src, reduce, *, include_self=True)",
        f"put_along(input, dim, index, src, {_REDUCE}, include_self=include_self)",
        "torch.scatter_reduce(x, 1, ids_small, y, 'sum')",
        "torch.scatter_reduce(x, 1, ids_small, y, 'amax', include_self=False)",
        "torch.scatter_reduce(x, 1, ids_small, y, 'mean')",
        "torch.scatter_reduce(x, 1, ids_small, y, 'prod')",
        helper=ALONG,
        gradients=False,
        because="TensorFlow has none for some of them",
    ),
    op(
        "index_add(input, dim, index, source, *, alpha=1)",
        "put_rows(input, dim, index, source if alpha == 1 else alpha * source, 'add')",
        "torch.index_add(x, 1, ids_row, five_rows)",
        "torch.index_add(x, 1, ids_row, five_rows, alpha=2)",
        helper=ROWS_AT,
    ),
    op(
        "index_copy(input, dim, index, source)",
        "put_rows(input, dim, index, source)",
        "torch.index_copy(x, 1, ids_once, two_rows)",
        helper=ROWS_AT,
    ),
    op(
        "index_fill(input, dim, index, value)",
        "put_rows(input, dim, index, value)",
        "torch.index_fill(x, 1, ids_once, 0.5)",
        helper=ROWS_AT,
    ),
    op(
        "index_reduce(input, dim, index, source, reduce, *, include_self=True)",
        "put_rows(input, dim, index, source, {'prod': 'mul', 'amax': 'max', 'amin': 'min'}[reduce])",
        "torch.index_reduce(x, 1, ids_row, five_rows, 'amax')",
        helper=ROWS_AT,
        gradients=False,
        because="TensorFlow has none",
        notes={"include_self": "True alone", "reduce": "prod, amax, amin; a mean is a sum by the counts"},
    ),
    op(
        "index_put(input, indices, values, accumulate=False)",
        "ops.scatter_update(input, ops.stack(indices, axis=-1), values, reduction='add' if accumulate else None)",
        "torch.index_put(matrix, (ids_row, ids_row_2), vector, accumulate=True)",
        "torch.index_put(matrix, (ids_once, ids_once), pair)",
    ),
    op(
        "put(input, index, source, accumulate=False)",
        "ops.reshape(ops.scatter_update(ops.reshape(input, (-1,)), ops.reshape(index, (-1, 1)), ops.reshape(source, "
        "(-1,)), "
        "reduction='add' if accumulate else None), input.shape)",
        "torch.put(x, ids_once, pair)",
        "torch.put(x, ids_row, vector, accumulate=True)",
    ),
    op(
        "select_scatter(input, src, dim, index)",
        "put_rows(input, dim, np.array([index]), ops.expand_dims(src, dim))",
        "torch.select_scatter(x, features_8, 1, 2)",
        helper=ROWS_AT,
    ),
    op(
        "slice_scatter(input, src, dim=0, start=None, end=None, step=1)",
        "put_rows(input, dim, np.arange(input.shape[dim])[start:end:step], src)",
        "torch.slice_scatter(x, two_rows, 1, 1, 3)",
        helper=ROWS_AT,
    ),
    op(
        "diagonal_scatter(input, src, offset=0, dim1=0, dim2=1)",
        "ops.scatter_update(input, np.stack(np.nonzero(np.eye(*input.shape, k=offset)), axis=-1), src)",
        "torch.diagonal_scatter(square_2, row)",
        notes={"dim1": "of a matrix alone", "dim2": "of a matrix alone"},
    ),
    op(
        "tril_indices(row, col, offset=0)",
        "ops.stack(ops.nonzero(ops.tril(ops.ones((row, col)), k=offset)))",
        "torch.tril_indices(3, 4)",
        "torch.tril_indices(3, 4, 1)",
    ),
    op(
        "triu_indices(row, col, offset=0)",
        "ops.stack(ops.nonzero(ops.triu(ops.ones((row, col)), k=offset)))",
        "torch.triu_indices(3, 4)",
        "torch.triu_indices(3, 4, 1)",
    ),
    op(
        "unravel_index(indices, shape)",
        "[indices // math.prod(shape[place + 1:]) % shape[place] for place in range(len(shape))]",
        "torch.unravel_index(ids, (2, 3))",
        watch=("keras.ops.unravel_index gives other places on TensorFlow where the indices are no vector.",),
    ),
    row(
        "Tensor.fill_diagonal_(self, fill_value, wrap=False)",
        "keras.ops.where(keras.ops.eye(*self.shape, dtype='bool'), fill_value, self)",
        "(square_2 * 1).fill_diagonal_(0.5)",
        notes={"wrap": "of tall matrices: False alone"},
    ),
    row(
        "Tensor.fill_(self, value)",
        "keras.ops.full_like(self, value)",
        "(x * 1).fill_(0.5)",
        gradients=False,
        because="it depends on nothing",
    ),
    row(
        "torch.fill(input, value)",
        "keras.ops.full_like(input, value)",
        "torch.fill(x, 0.5)",
        gradients=False,
        because="it depends on nothing",
    ),
    row(
        "Tensor.zero_(self)",
        "keras.ops.zeros_like(self)",
        "(x * 1).zero_()",
        gradients=False,
        because="it depends on nothing",
        also=("torch.zero_",),
    ),
    row(
        "Tensor.copy_(self, src, non_blocking=False)",
        "keras.ops.broadcast_to(src, self.shape)",
        "(x * 1).copy_(y)",
        gradients=False,
        because="the tensor is overwritten",
    ),
    *nothing(
        "How many there are must be known; take keras.ops.nonzero, and pad what it gives.",
        "torch.nonzero_static(input, *, size)",
    ),
)
