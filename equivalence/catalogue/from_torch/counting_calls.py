"""Functions of torch that count: in bins, by kinds."""

from __future__ import annotations

from equivalence.catalogue.from_torch.torch_rows import nothing, op

_STEP = "it has no gradient"

ROWS = (
    op("corrcoef(input)", "ops.corrcoef", "torch.corrcoef(matrix)"),
    op(
        "bincount(input, weights=None, minlength=0)",
        "ops.bincount",
        "torch.bincount(many_ids)",
        "torch.bincount(many_ids, minlength=7)",
    ),
    op(
        "histc(input, bins=100, min=0, max=0)",
        "ops.cast(ops.histogram(ops.reshape(input, (-1,)), bins=always(bins), range=(ops.min(input), ops.max(input)) "
        "if min == 0 and max == 0 else (min, max))[0], input.dtype)",
        "torch.histc(x, 5, min=-1, max=1)",
        gradients=False,
        because=_STEP,
    ),
    op(
        "histogram(input, bins, *, range=None, weight=None, density=False)",
        "ops.histogram(ops.reshape(input, (-1,)), bins=always(bins), range=range)",
        "torch.histogram(x, 5, range=(-1.0, 1.0))",
        gradients=False,
        because=_STEP,
        max_rel=3e-7,
        notes={
            "weight": "keras.ops.segment_sum by the bins of keras.ops.digitize",
            "density": "divide by the sum and the widths",
        },
    ),
    op(
        "bucketize(input, boundaries, *, right=False, out_int32=False)",
        "ops.searchsorted(boundaries, input, side='right' if right else 'left')",
        "torch.bucketize(x[0, 0], sorted_row)",
        "torch.bucketize(x[0, 0], sorted_row, right=True)",
        notes={"out_int32": "Keras gives int32"},
    ),
    op(
        "searchsorted(sorted_sequence, input, *, right=False, side=None, out_int32=False, sorter=None)",
        "ops.searchsorted(sorted_sequence, input, side=side or ('right' if right else 'left'))",
        "torch.searchsorted(sorted_row, row)",
        "torch.searchsorted(sorted_row, row, right=True)",
        notes={"out_int32": "Keras gives int32", "sorter": "keras.ops.take(sorted_sequence, sorter) first"},
    ),
    op(
        "unique_consecutive(input, return_inverse=False, return_counts=False, dim=None)",
        "input[ops.concatenate([ops.ones((1,), dtype='bool'), ops.not_equal(input[1:], input[:-1])])]",
        "torch.unique_consecutive(many_ids)",
        notes={
            "return_inverse": "keras.ops.cumsum of where it changes",
            "return_counts": "keras.ops.bincount of that",
            "dim": "of a vector alone",
        },
    ),
    op(
        "unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None)",
        "ops.unique(input, return_inverse=return_inverse, return_counts=return_counts, axis=dim)",
        "torch.unique(ids)",
        "torch.unique(ids, return_counts=True)",
        notes={"sorted": "Keras sorts"},
    ),
    *nothing(
        "Keras's tensors hold one histogram along one axis; call keras.ops.histogram for each, or "
        "keras.ops.segment_sum on "
        "the bins of keras.ops.digitize.",
        "torch.histogramdd(input, bins)",
    ),
    *nothing(
        "Keras has no numeric gradient of samples; take (x[2:] - x[:-2]) / 2, with the ends apart.",
        "torch.gradient(input)",
    ),
)
