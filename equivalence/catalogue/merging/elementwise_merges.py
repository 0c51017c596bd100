"""Add, Subtract, Multiply, Average."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.defects import operand_taken_for_a_bias
from equivalence.catalogue.merging.merging_parts import CASES, RANKS, TWO, against, heeded_masks, merged_mask, operands
from equivalence.catalogue.operations.arithmetic import as_numbers
from equivalence.schema import LAYER_ARGUMENTS, Case, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_add(site: Site) -> Value:
    """a + b + …"""
    values, order = operands(site)
    return _with_mask(site, site.new(" + ".join(map(str, values)), order))


def emit_subtract(site: Site) -> Value:
    """a - b"""
    values, order = operands(site)
    if len(values) != 2:
        site.refuse(f"it is called with {len(values)} tensors where it takes 2")
    left, right = as_numbers(site, values)
    return _with_mask(site, site.new(f"{left} - {right}", order))


def emit_average(site: Site) -> Value:
    """(a + b + …) / n"""
    values, order = operands(site)
    return _with_mask(site, site.new(f"({' + '.join(map(str, values))}) / {len(values)}", order))


def emit_multiply(site: Site) -> Value:
    """a * b * …; a masked element counts as 1, and as 0 where all are masked (keras/src/layers/merging/multiply.py)."""
    values, order = operands(site)
    masks = heeded_masks(site, values)
    factors = [
        f"{value}" if mask is None else f"{value}.masked_fill(~{against(mask, value)}, 1)"
        for value, mask in zip(values, masks, strict=True)
    ]
    product = site.new(" * ".join(factors), order)
    mask = merged_mask(site, masks)
    if mask is not None:
        product = site.new(f"{product}.masked_fill(~{against(mask, product)}, 0)", order)
    return _with_mask(site, product)


def _with_mask(site: Site, output: Value) -> Value:
    output.mask = merged_mask(site, [value.mask for value in site.inputs])
    return output


Add = Entry(
    keras="keras.layers.Add",
    torch=("torch.add",),
    says=f"The sum of its inputs, element by element. {RANKS}",
    arguments=LAYER_ARGUMENTS,
    cases=CASES,
    defects=(operand_taken_for_a_bias(),),
    aliases=("sum of tensors", "residual connection", "skip connection"),
    emit=emit_add,
    mask="own",
    linear=True,
)
Subtract = Entry(
    keras="keras.layers.Subtract",
    torch=("torch.sub",),
    says=f"The difference of its two inputs, element by element. {RANKS}",
    arguments=LAYER_ARGUMENTS,
    cases=(
        TWO,
        Case("fewer-axes", {}, x=[(2, 3), (2, 4, 5, 3)]),
        Case("booleans", {}, x=[(2, 3), (2, 3)], draw=["normal", "bool"]),
    ),
    emit=emit_subtract,
    mask="own",
)
Multiply = Entry(
    keras="keras.layers.Multiply",
    torch=("torch.mul",),
    says=f"The product of its inputs, element by element. {RANKS}",
    arguments=LAYER_ARGUMENTS,
    cases=CASES,
    emit=emit_multiply,
    mask="own",
)
Average = Entry(
    keras="keras.layers.Average",
    torch=("torch.add", "torch.mean"),
    related=("torch.mean",),
    says=f"The mean of its inputs, element by element. {RANKS}",
    arguments=LAYER_ARGUMENTS,
    cases=CASES,
    defects=(operand_taken_for_a_bias(),),
    emit=emit_average,
    mask="own",
    linear=True,
)
