"""Maximum and Minimum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.merging.merging_parts import CASES, RANKS, against, heeded_masks, merged_mask, operands
from equivalence.schema import LAYER_ARGUMENTS, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_extreme(site: Site) -> Value:
    """torch.maximum or torch.minimum, one input after the other.

    Where an element is masked in one of two, the other's counts (keras/src/layers/merging/base_merge.py).
    """
    function = f"torch.{site.entry.name.lower()}"
    values, order = operands(site)
    masks = heeded_masks(site, values)
    output, mask = values[0], masks[0]
    for value, other in zip(values[1:], masks[1:], strict=True):
        if other is not None:
            value = site.new(f"torch.where({against(other, value)}, {value}, {output})", order)
        if mask is not None:
            output = site.new(f"torch.where({against(mask, output)}, {output}, {value})", order)
        output = site.new(f"{function}({output}, {value})", order)
        mask = merged_mask(site, [mask, other])
    output.mask = merged_mask(site, [value.mask for value in values])
    return output


def _entry(name: str, says: str, torch: str, related: str) -> Entry:
    return Entry(
        keras=f"keras.layers.{name}",
        torch=(torch, related),
        related=(related,),
        says=f"{says} {RANKS}",
        arguments=LAYER_ARGUMENTS,
        cases=CASES,
        emit=emit_extreme,
        mask="own",
    )


Maximum = _entry("Maximum", "The largest of its inputs, element by element.", "torch.maximum", "torch.max")
Minimum = _entry("Minimum", "The smallest of its inputs, element by element.", "torch.minimum", "torch.min")
