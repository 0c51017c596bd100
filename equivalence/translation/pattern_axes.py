"""Where the axes of a Keras array lie in torch, read off the pattern that moves it (`Weight.how`)."""

from __future__ import annotations

import re

from equivalence.schema import Weight


def axes_of(side: str) -> list[str]:
    """The axes of a side of a pattern, each in a name of its own: "(h w c) u" has "c h w" and "u".

    In which order the parts of an axis lie is not told: it makes no difference to what is taken along it.
    """
    return [" ".join(sorted(axis.strip("()").split())) for axis in re.findall(r"\([^)]*\)|\S+", side)]


def axis_places(rule: Weight, rank: int) -> list[int] | None:
    """Of each axis of a Keras array, the dimension that it is in torch; None where the rule moves more than axes."""
    if rule.pick is not None or rule.blocks:
        return None
    if not rule.how:
        return list(range(rank))
    left, _, right = rule.how.partition("->")
    kept, axes = axes_of(left), axes_of(right)
    return [axes.index(axis) for axis in kept] if sorted(kept) == sorted(axes) else None
