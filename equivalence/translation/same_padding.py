"""What Keras's padding="same" adds, per axis.

Output size ceil(n / stride); the padding that this needs is split with the odd one at the end
(tensorflow/core/framework/common_shape_fns.cc, GetWindowedOutputSize).
"""

from __future__ import annotations

from collections.abc import Sequence

_MOST_CASES = 2**16


def same(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """(before, after) for one axis of `size` elements."""
    reach = (kernel - 1) * dilation + 1
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def same_options(size: int | None, kernel: int, stride: int, dilation: int = 1) -> set[tuple[int, int]]:
    """Every (before, after) that one axis can need; several only where its size is unknown.

    What it needs depends on the place of the size between two multiples of the stride, and is nothing from the
    window's reach on. Raises ValueError for strides and windows with more cases than could be counted.
    """
    if size is not None:
        return {same(size, kernel, stride, dilation)}
    cases = min(stride, (kernel - 1) * dilation + 1)
    if cases > _MOST_CASES:
        raise ValueError(f"a stride of {stride} and a window of {kernel} on an axis of unknown size")
    return {same(n, kernel, stride, dilation) for n in range(1, cases + 1)}


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
