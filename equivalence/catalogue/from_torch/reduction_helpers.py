"""Keras code for reductions of torch that are more than an expression."""

from __future__ import annotations

MEDIAN = '''
def lower_median(x, axis, keepdims, nan=False):
    """The lower of the two middle numbers, and its place; `nan`: of those that are numbers."""
    kept = keras.ops.where(keras.ops.isnan(x), np.inf, x) if nan else x
    order = keras.ops.argsort(kept, axis=axis)
    size = x.shape[axis]
    count = (
        keras.ops.sum(keras.ops.cast(~keras.ops.isnan(x), "int32"), axis=axis, keepdims=True)
        if nan
        else size
    )
    place = keras.ops.broadcast_to(
        (count - 1) // 2, keras.ops.max(order, axis=axis, keepdims=True).shape
    )
    index = keras.ops.take_along_axis(order, place, axis=axis)
    found = keras.ops.take_along_axis(x, index, axis=axis)
    return (
        (found, index)
        if keepdims
        else (keras.ops.squeeze(found, axis), keras.ops.squeeze(index, axis))
    )
'''

RUNNING = '''
def running(x, dim, function):
    """The largest ("max") or smallest ("min") number so far, and its place; of equal ones the last."""
    size = x.shape[dim]
    moved = keras.ops.moveaxis(x, dim, -1)
    sign = 1 if function == "max" else -1
    seen = keras.ops.tril(keras.ops.ones((size, size), dtype="bool"))
    whole = keras.ops.where(seen, (sign * moved)[..., None, :], -np.inf)
    index = size - 1 - keras.ops.argmax(keras.ops.flip(whole, -1), axis=-1)
    found = keras.ops.take_along_axis(moved, index, axis=-1)
    return keras.ops.moveaxis(found, -1, dim), keras.ops.moveaxis(index, -1, dim)
'''

SPREAD = '''
def spread(x, dim=None, correction=1, keepdim=False, root=False):
    """torch's variance, of n - correction; its square root with `root`."""
    axes = tuple(range(len(x.shape))) if dim is None else dim
    count = math.prod(
        x.shape[axis] for axis in (axes if isinstance(axes, (tuple, list)) else (axes,))
    )
    found = keras.ops.var(x, axis=axes, keepdims=keepdim) * (count / max(count - correction, 0))
    return keras.ops.sqrt(found) if root else found
'''

MODE = '''
def mode(x, dim, keepdim):
    """The number that is met most often, the smallest of several, and the last place of it."""
    moved = keras.ops.moveaxis(x, dim, -1)
    alike = keras.ops.equal(moved[..., :, None], moved[..., None, :])
    times = keras.ops.sum(keras.ops.cast(alike, "int32"), axis=-1)
    most = keras.ops.equal(times, keras.ops.max(times, axis=-1, keepdims=True))
    found = keras.ops.min(
        keras.ops.where(most, moved, keras.ops.max(moved)), axis=-1, keepdims=True
    )
    places = keras.ops.where(keras.ops.equal(moved, found), keras.ops.arange(moved.shape[-1]), -1)
    index = keras.ops.max(places, axis=-1, keepdims=True)
    found, index = keras.ops.moveaxis(found, -1, dim), keras.ops.moveaxis(index, -1, dim)
    return (
        (found, index)
        if keepdim
        else (keras.ops.squeeze(found, dim), keras.ops.squeeze(index, dim))
    )
'''
