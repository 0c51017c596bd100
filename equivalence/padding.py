"""What Keras's padding="same" adds, per axis.

Output size ceil(n / stride); the padding that this needs is split with the odd one at the end
(tensorflow/core/framework/common_shape_fns.cc, GetWindowedOutputSize).
"""

from __future__ import annotations

from collections.abc import Sequence


def same(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """(before, after) for one axis of `size` elements."""
    reach = (kernel - 1) * dilation + 1
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def same_options(size: int | None, kernel: int, stride: int, dilation: int = 1) -> set[tuple[int, int]]:
    """Every (before, after) that one axis can need; several only where its size is unknown.

    It depends on the size through size % stride alone (for any size from the stride on).
    """
    sizes = [size] if size is not None else range(1, 2 * stride + 1)
    return {same(n, kernel, stride, dilation) for n in sizes}


def same_padding(
    sizes: Sequence[int | None],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int] | None = None,
) -> tuple[tuple[int, int], ...] | None:
    """(before, after) for each axis, or None where it depends on a size that is unknown."""
    made = []
    for size, k, s, d in zip(sizes, kernel, strides, dilation or [1] * len(kernel), strict=True):
        options = same_options(size, k, s, d)
        if len(options) > 1:
            return None
        made.append(options.pop())
    return tuple(made)


def symmetric(pads: Sequence[tuple[int, int]]) -> tuple[int, ...] | None:
    """One number an axis, where the padding is the same on both sides of every axis."""
    return tuple(before for before, _ in pads) if all(before == after for before, after in pads) else None


def pad_argument(pads: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """The argument of torch's F.pad, which lists the last axis first."""
    return tuple(amount for pair in reversed(pads) for amount in pair)
