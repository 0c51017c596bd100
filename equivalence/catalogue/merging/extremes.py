"""Maximum and Minimum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.merging.shared import RANKS, against, either, operands
from equivalence.schema import LAYER_ARGUMENTS, Case, Entry

if TYPE_CHECKING:
    from equivalence.site import Site, Value


def emit_extreme(site: Site) -> Value:
    """torch.maximum or torch.minimum, one input after the other.

    Where an element is masked in one of two, the other's counts (Keras 3, merging/base_merge.py).
    """
    function = f"torch.{site.entry.name.lower()}"
    values, order = operands(site)
    output, mask = values[0], values[0].mask
    for value in values[1:]:
        other = value.mask
        if other is not None:
            value = site.new(f"torch.where({against(other, value)}, {value}, {output})", order)
        if mask is not None:
            output = site.new(f"torch.where({against(mask, output)}, {output}, {value})", order)
        output = site.new(f"{function}({output}, {value})", order)
        mask = either(site, [mask, other])
    output.mask = mask
    return output


def _entry(name: str, says: str, *torch: str) -> Entry:
    return Entry(
        keras=f"keras.layers.{name}",
        torch=torch,
        says=says,
        arguments=LAYER_ARGUMENTS,
        cases=(
            Case("two", {}, x=[(2, 5, 3), (2, 5, 3)]),
            Case("three", {}, x=[(2, 4, 5, 3), (2, 1, 5, 3), (2, 4, 1, 3)]),
            RANKS,
        ),
        emit=emit_extreme,
        mask="own",
    )


Maximum = _entry("Maximum", "The largest of its inputs, element by element.", "torch.maximum", "torch.max")
Minimum = _entry("Minimum", "The smallest of its inputs, element by element.", "torch.minimum", "torch.min")
