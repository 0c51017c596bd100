"""Functions of torch that reduce along dimensions, or go along one: sums, extremes, orders, running totals."""

from __future__ import annotations

from equivalence.catalogue.from_torch.reduction_helpers import MEDIAN, MODE, RUNNING, SPREAD
from equivalence.catalogue.from_torch.torch_rows import FromTorch, op

_PICKED = "Where numbers are equal, torch may tell another index."
_STEP = "it has no gradient"
_CORRECTION = "torch divides by n - 1, Keras by n."
_BY_UNBIASED = "input, dim=None, unbiased=True, keepdim=False"


def _reduction(name: str, keras: str, sample: str = "x", **more: object) -> FromTorch:
    """Over all, or along one or several dimensions."""
    return op(
        f"{name}(input, dim=None, keepdim=False, *, dtype=None)"
        if name in _TYPED
        else f"{name}(input, dim=None, keepdim=False)",
        f"ops.{keras}(input, axis=dim, keepdims=keepdim)"
        if name not in _TYPED
        else f"ops.{keras}(input, axis=dim, keepdims=keepdim) if dtype is None else "
        f"ops.{keras}(ops.cast(input, dtype), axis=dim, keepdims=keepdim)",
        f"torch.{name}({sample})" if name not in ("logsumexp",) else f"torch.{name}({sample}, -1)",
        f"torch.{name}({sample}, 1, keepdim=True)",
        f"torch.{name}({sample}, dim=-1)",
        **more,
    )


_TYPED = ("sum", "mean", "nansum", "nanmean")

ROWS = (
    _reduction("sum", "sum"),
    _reduction("mean", "mean"),
    op(
        "amax(input, dim=(), keepdim=False)",
        "ops.max(input, axis=dim, keepdims=keepdim)",
        "torch.amax(x)",
        "torch.amax(x, (0, 2), True)",
    ),
    op(
        "amin(input, dim=(), keepdim=False)",
        "ops.min(input, axis=dim, keepdims=keepdim)",
        "torch.amin(x)",
        "torch.amin(x, (0, 2), True)",
    ),
    _reduction("nansum", "nansum", "gaps", gradients=False, because="of infinite numbers it is none"),
    _reduction("nanmean", "nanmean", "gaps", gradients=False, because="of infinite numbers it is none"),
    op(
        "logsumexp(input, dim, keepdim=False)",
        "ops.logsumexp(input, axis=dim, keepdims=keepdim)",
        "torch.logsumexp(x, -1)",
        "torch.logsumexp(x, (0, 1), True)",
        also=("torch.special.logsumexp",),
    ),
    op("prod(input, *, dtype=None)", "ops.prod(input)", "torch.prod(x)"),
    op(
        "prod(input, dim, keepdim=False, *, dtype=None)",
        "ops.prod(input, axis=dim, keepdims=keepdim)",
        "torch.prod(x, 1)",
        "torch.prod(x, -1, True)",
    ),
    op(
        "all(input, dim=None, keepdim=False)",
        "ops.all(input, axis=dim, keepdims=keepdim)",
        "torch.all(flags)",
        "torch.all(flags, 1)",
        "torch.all(flags, dim=-1, keepdim=True)",
    ),
    op(
        "any(input, dim=None, keepdim=False)",
        "ops.any(input, axis=dim, keepdims=keepdim)",
        "torch.any(flags)",
        "torch.any(flags, 1)",
        "torch.any(flags, dim=-1, keepdim=True)",
    ),
    op(
        "count_nonzero(input, dim=None)",
        "ops.count_nonzero(input, axis=dim)",
        "torch.count_nonzero(flags)",
        "torch.count_nonzero(flags, 1)",
    ),
    op(
        "argmax(input, dim=None, keepdim=False)",
        "ops.argmax",
        "torch.argmax(x)",
        "torch.argmax(x, 1)",
        "torch.argmax(x, dim=-1, keepdim=True)",
    ),
    op(
        "argmin(input, dim=None, keepdim=False)",
        "ops.argmin",
        "torch.argmin(x)",
        "torch.argmin(x, 1)",
        "torch.argmin(x, dim=-1, keepdim=True)",
    ),
    op("max(input)", "ops.max(input)", "torch.max(x)"),
    op(
        "max(input, dim: int, keepdim=False)",
        "(ops.max(input, axis=dim, keepdims=keepdim), ops.argmax(input, axis=dim, keepdims=keepdim))",
        "torch.max(x, 1)",
        "x.max(dim=-1, keepdim=True)",
        watch=(_PICKED,),
    ),
    op("max(input, other: Tensor)", "ops.maximum(input, other)", "torch.max(x, y)"),
    op("min(input)", "ops.min(input)", "torch.min(x)"),
    op(
        "min(input, dim: int, keepdim=False)",
        "(ops.min(input, axis=dim, keepdims=keepdim), ops.argmin(input, axis=dim, keepdims=keepdim))",
        "torch.min(x, 1)",
        "x.min(dim=-1, keepdim=True)",
        watch=(_PICKED,),
    ),
    op("min(input, other: Tensor)", "ops.minimum(input, other)", "torch.min(x, y)"),
    op(
        "aminmax(input, *, dim=None, keepdim=False)",
        "(ops.min(input, axis=dim, keepdims=keepdim), ops.max(input, axis=dim, keepdims=keepdim))",
        "torch.aminmax(x)",
        "torch.aminmax(x, dim=1, keepdim=True)",
    ),
    *(
        op(
            f"{name}({_BY_UNBIASED})",
            f"spread(input, dim=dim, correction=1 if unbiased else 0, keepdim=keepdim, root={root})",
            f"torch.{name}(x)",
            f"torch.{name}(x, 1)",
            f"torch.{name}(x, dim=(0, 2), unbiased=False, keepdim=True)",
            helper=SPREAD,
            watch=(_CORRECTION,),
        )
        for name, root in (("std", True), ("var", False))
    ),
    *(
        op(
            f"{name}(input, dim=None, *, correction=1, keepdim=False)",
            f"spread(input, dim=dim, correction=correction, keepdim=keepdim, root={root})",
            f"torch.{name}(x, dim=1, correction=0)",
            f"torch.{name}(x, correction=2)",
            helper=SPREAD,
            watch=(_CORRECTION,),
        )
        for name, root in (("std", True), ("var", False))
    ),
    *(
        op(
            f"{name}(input, dim=None, *, correction=1, keepdim=False)",
            f"(spread(input, dim=dim, correction=correction, keepdim=keepdim, root={root}), "
            "ops.mean(input, axis=dim, keepdims=keepdim))",
            f"torch.{name}(x)",
            f"torch.{name}(x, dim=1, keepdim=True)",
            helper=SPREAD,
            watch=(_CORRECTION,),
        )
        for name, root in (("std_mean", True), ("var_mean", False))
    ),
    op(
        "median(input)",
        "lower_median(ops.reshape(input, (-1,)), 0, False)[0]",
        "torch.median(x)",
        helper=MEDIAN,
        watch=("Of an even number torch takes the lower of the two in the middle, keras.ops.median their mean.",),
    ),
    op(
        "median(input, dim, keepdim=False)",
        "lower_median(input, dim, keepdim)",
        "torch.median(x, 1)",
        "torch.median(x, -1, True)",
        helper=MEDIAN,
        watch=("Of an even number torch takes the lower of the two in the middle, keras.ops.median their mean.",),
    ),
    op(
        "nanmedian(input)",
        "lower_median(ops.reshape(input, (-1,)), 0, False, True)[0]",
        "torch.nanmedian(holes)",
        helper=MEDIAN,
    ),
    op(
        "nanmedian(input, dim, keepdim=False)",
        "lower_median(input, dim, keepdim, True)",
        "torch.nanmedian(holes, -1)",
        helper=MEDIAN,
    ),
    op(
        "mode(input, dim=-1, keepdim=False)",
        "mode(input, dim, keepdim)",
        "torch.mode(ids)",
        "torch.mode(ids, 1, True)",
        helper=MODE,
        watch=("Of the places of the commonest number torch says one, the last one here.",),
    ),
    op(
        "quantile(input, q, dim=None, keepdim=False, *, interpolation='linear')",
        "ops.quantile(input, q, axis=dim, method=interpolation, keepdims=keepdim)",
        "torch.quantile(x, 0.25)",
        "torch.quantile(x, 0.5, 1, True)",
        "torch.quantile(x, 0.375, dim=-1, interpolation='lower')",
        max_rel=3e-7,
        because="Keras takes q through float32",
    ),
    op(
        "nanquantile(input, q, dim=None, keepdim=False, *, interpolation='linear')",
        "ops.nanquantile(input, q, axis=dim, method=interpolation, keepdims=keepdim)",
        "torch.nanquantile(x, 0.25)",
        "torch.nanquantile(x, 0.5, 1, True)",
        max_rel=3e-7,
        because="Keras takes q through float32",
    ),
    op(
        "kthvalue(input, k, dim=-1, keepdim=False)",
        "(ops.take(ops.sort(input, axis=always(dim)), [k - 1] if keepdim else k - 1, axis=always(dim)), "
        "ops.take(ops.argsort(input, axis=always(dim)), [k - 1] if keepdim else k - 1, axis=always(dim)))",
        "torch.kthvalue(x, 2)",
        "torch.kthvalue(x, 1, 1, True)",
    ),
    op(
        "topk(input, k, dim=-1, largest=True, sorted=True)",
        "ops.top_k(input, k) if largest and dim == -1 else top_k_along(input, k, dim, largest)",
        "torch.topk(x, 2)",
        "torch.topk(x, 2, 1)",
        "torch.topk(x, 2, largest=False)",
        helper='''
def top_k_along(x, k, dim, largest):
    """The k largest or smallest along a dimension, and their places."""
    moved = keras.ops.moveaxis(x, dim, -1)
    found, index = keras.ops.top_k(moved if largest else -moved, k)
    return keras.ops.moveaxis(found if largest else -found, -1, dim), keras.ops.moveaxis(index, -1, dim)
''',
        notes={"sorted": "Keras sorts them"},
    ),
    op(
        "sort(input, dim=-1, descending=False, *, stable=False)",
        "(ops.flip(ops.sort(input, axis=always(dim)), axis=always(dim)), ops.flip(ops.argsort(input, "
        "axis=always(dim)), axis=always(dim))) if descending else "
        "(ops.sort(input, axis=always(dim)), ops.argsort(input, axis=always(dim)))",
        "torch.sort(x)",
        "torch.sort(x, 1)",
        "torch.sort(x, descending=True)",
        notes={"stable": "keras.ops.argsort is stable on TensorFlow"},
        watch=(_PICKED,),
    ),
    op(
        "argsort(input, dim=-1, descending=False, *, stable=False)",
        "ops.flip(ops.argsort(input, axis=dim), axis=always(dim)) if descending else ops.argsort(input, axis=dim)",
        "torch.argsort(x)",
        "torch.argsort(x, 1, descending=True)",
        notes={"stable": "keras.ops.argsort is stable on TensorFlow"},
    ),
    op("msort(input)", "ops.sort(input, axis=0)", "torch.msort(x)"),
    op("cumsum(input, dim, *, dtype=None)", "ops.cumsum", "torch.cumsum(x, 1)", "torch.cumsum(x, dim=-1)"),
    op("cumprod(input, dim, *, dtype=None)", "ops.cumprod", "torch.cumprod(x, 1)"),
    op("cummax(input, dim)", "running(input, dim, 'max')", "torch.cummax(x, 1)", "torch.cummax(x, -1)", helper=RUNNING),
    op("cummin(input, dim)", "running(input, dim, 'min')", "torch.cummin(x, 1)", helper=RUNNING),
    op(
        "logcumsumexp(input, dim)",
        "ops.log(ops.cumsum(ops.exp(input - ops.max(input)), axis=dim)) + ops.max(input)",
        "torch.logcumsumexp(x, 1)",
    ),
    op(
        "trapezoid(y, x=None, *, dx=1.0, dim=-1)",
        "ops.trapezoid",
        "torch.trapezoid(x, dx=0.5)",
        "torch.trapezoid(x, y, dim=1)",
        also=("torch.trapz",),
    ),
    op(
        "cumulative_trapezoid(y, x=None, *, dx=1.0, dim=-1)",
        "cumulative_trapezoid(y, x, dx, dim)",
        "torch.cumulative_trapezoid(x, dx=0.5)",
        "torch.cumulative_trapezoid(x, y, dim=1)",
        helper='''
def cumulative_trapezoid(y, x, dx, dim):
    """The areas so far."""
    y = keras.ops.moveaxis(y, dim, -1)
    steps = dx if x is None else keras.ops.diff(keras.ops.moveaxis(x, dim, -1))
    return keras.ops.moveaxis(keras.ops.cumsum((y[..., 1:] + y[..., :-1]) / 2 * steps, axis=-1), -1, dim)
''',
    ),
    op(
        "diff(input, n=1, dim=-1, prepend=None, append=None)",
        "ops.diff(input, n=n, axis=dim)",
        "torch.diff(x)",
        "torch.diff(x, 2, 1)",
        notes={"prepend": "keras.ops.concatenate first", "append": "keras.ops.concatenate first"},
    ),
    op(
        "norm(input, p='fro', dim=None, keepdim=False, dtype=None)",
        "ops.norm(ops.reshape(input, (-1,)), ord=2 if p == 'fro' else p) if dim is None else "
        "ops.norm(input, ord=None if p == 'fro' else p, axis=dim, keepdims=keepdim)",
        "torch.norm(x)",
        "torch.norm(x, 1)",
        "torch.norm(x, dim=1, keepdim=True)",
        "torch.norm(x, 1, -1)",
    ),
    op(
        "frobenius_norm(input, dim, keepdim=False)",
        "ops.sqrt(ops.sum(ops.square(input), axis=dim, keepdims=keepdim))",
        "torch.frobenius_norm(x, (1, 2))",
    ),
    op(
        "nuclear_norm(input, dim=None, keepdim=False)",
        "ops.sum(ops.svd(input, compute_uv=False))",
        "torch.nuclear_norm(matrix)",
        notes={"dim": "move these two axes to the end", "keepdim": "reshape"},
    ),
    op(
        "dist(input, other, p=2)",
        "ops.norm(ops.reshape(input - other, (-1,)), ord=always(p))",
        "torch.dist(x, y)",
        "torch.dist(x, y, 1)",
    ),
    op(
        "norm_except_dim(v, pow=2, dim=0)",
        "ops.sqrt(ops.sum(ops.square(v), axis=tuple(each for each in range(len(v.shape)) "
        "if each != dim), keepdims=True))",
        "torch.norm_except_dim(x)",
        "torch.norm_except_dim(x, 2, 1)",
    ),
    op(
        "renorm(input, p, dim, maxnorm)",
        "renorm(input, p, dim, maxnorm)",
        "torch.renorm(x, 2, 1, 0.5)",
        helper='''
def renorm(x, p, dim, maxnorm):
    """Scales each slice whose norm is above `maxnorm` down to it."""
    axes = tuple(axis for axis in range(len(x.shape)) if axis != dim)
    norms = keras.ops.sum(keras.ops.abs(x) ** p, axis=axes, keepdims=True) ** (1 / p)
    return x * keras.ops.where(norms > maxnorm, maxnorm / (norms + 1e-7), 1.0)
''',
    ),
    op(
        "cov(input, *, correction=1, fweights=None, aweights=None)",
        "ops.matmul(input - ops.mean(input, axis=1, keepdims=True), ops.transpose(input - ops.mean(input, axis=1, "
        "keepdims=True))) / (input.shape[1] - correction)",
        "torch.cov(matrix)",
        "torch.cov(matrix, correction=0)",
        notes={"fweights": "repeat the observations", "aweights": "weigh means and products yourself"},
    ),
)
