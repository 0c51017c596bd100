"""Where a weight goes, as a line of Python: `weight = rearrange(kernel, "h w i o -> o i h w")`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalence.schema import Weight


def placements(right: Sequence[Weight], wrong: Sequence[Weight]) -> tuple[list[str], list[str]]:
    """The lines by which two ways of placing the same weights differ: those of the wrong one, then of the right one."""
    ours, theirs = [placement_line(each) for each in right], [placement_line(each) for each in wrong]
    return [line for line in theirs if line not in ours], [line for line in ours if line not in theirs]


def placement_line(weight: Weight) -> str:
    """The assignment that gives a torch parameter its numbers; `weight` and `kernel` are arrays here, `rearrange` is
    that of einops."""
    target = weight.torch or "parameter"
    if not weight.keras:
        return f"{target} = full_like({target}, {weight.otherwise!r})"
    source = weight.keras if weight.pick is None else f"{weight.keras}[{weight.pick}]"
    if weight.how:
        source = f'rearrange({source}, "{weight.how}")'
    if weight.blocks:
        parts = ", ".join(f"parts[{block}]" for block in weight.blocks)
        return f"parts = split({source}, {len(weight.blocks)}); {target} = concatenate([{parts}])"
    return f"{target} = {source}"
