"""Keras's padding="same" by what torch's pooling modules offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from equivalence.translation.same_padding import same_options


class WindowPadding(NamedTuple):
    """Arguments of a pooling module, and the text that cuts off what it gives too much."""

    before: tuple[int, ...]  # the module's `padding`
    ceil_mode: bool
    crop: str  # "[:, :, 1:]" or ""


def window_padding(
    sizes: Sequence[int | None] | None, kernel: Sequence[int], strides: Sequence[int]
) -> WindowPadding | None:
    """What gives Keras's windows over axes of `sizes` (None: no padding at all).

    torch pads both sides alike and never counts what it padded as a maximum. Where Keras pads one
    element more at the end, ceil_mode lets the last window reach over it, if the stride is above 1;
    at stride 1 one more element is padded before instead, and the first window is cut off. None
    where the padding before depends on a size that is unknown.
    """
    if sizes is None:
        return WindowPadding((0,) * len(kernel), False, "")
    padding, cuts, ceil_mode = [], [], False
    for size, k, s in zip(sizes, kernel, strides, strict=True):
        options = same_options(size, k, s)
        befores = {before for before, _ in options}
        if len(befores) > 1:
            return None
        uneven = any(after > before for before, after in options)
        cut = uneven and s == 1
        padding.append(befores.pop() + cut)
        cuts.append(cut)
        ceil_mode |= uneven and not cut
    crop = f"[:, :, {', '.join('1:' if cut else ':' for cut in cuts)}]" if any(cuts) else ""
    return WindowPadding(tuple(padding), ceil_mode, crop)
