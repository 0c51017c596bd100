"""Add, Subtract, Multiply, Average."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.merging.shared import RANKS, against, either, missing_axes, operands
from equivalence.schema import LAYER_ARGUMENTS, Case, Entry

if TYPE_CHECKING:
    from equivalence.site import Site, Value


def emit_add(site: Site) -> Value:
    """a + b + …"""
    values, order = operands(site)
    return _masked_by_either(site, site.new(" + ".join(map(str, values)), order))


def emit_subtract(site: Site) -> Value:
    """a - b"""
    values, order = operands(site)
    if len(values) != 2:
        site.refuse(f"it is called with {len(values)} tensors where it takes 2")
    return _masked_by_either(site, site.new(f"{values[0]} - {values[1]}", order))


def emit_average(site: Site) -> Value:
    """(a + b + …) / n"""
    values, order = operands(site)
    return _masked_by_either(site, site.new(f"({' + '.join(map(str, values))}) / {len(values)}", order))


def emit_multiply(site: Site) -> Value:
    """a * b * …; a masked element counts as 1, and as 0 where all are masked (Keras 3, merging/multiply.py)."""
    values, order = operands(site)
    mask = either(site, [value.mask for value in values])
    factors = [
        site.new(f"{value}.masked_fill(~{against(value.mask, value)}, 1)", order) if value.mask is not None else value
        for value in values
    ]
    product = site.new(" * ".join(map(str, factors)), order)
    if mask is not None:
        product = site.new(f"{product}.masked_fill(~{against(mask, product)}, 0)", order)
    product.mask = mask
    return product


def _masked_by_either(site: Site, output: Value) -> Value:
    output.mask = either(site, [value.mask for value in site.inputs])
    return output


TWO = Case("two", {}, x=[(2, 5, 3), (2, 5, 3)])
THREE = Case("three", {}, x=[(2, 4, 5, 3), (2, 1, 5, 3), (2, 4, 1, 3)])

Add = Entry(
    keras="keras.layers.Add",
    torch=("torch.add",),
    says="The sum of its inputs, element by element.",
    arguments=LAYER_ARGUMENTS,
    differences=(missing_axes("+", "add-ranks"),),
    cases=(TWO, THREE, RANKS),
    aliases=("sum of tensors", "residual connection", "skip connection"),
    emit=emit_add,
    mask="own",
    linear=True,
)
Subtract = Entry(
    keras="keras.layers.Subtract",
    torch=("torch.sub",),
    says="The difference of its two inputs, element by element.",
    arguments=LAYER_ARGUMENTS,
    differences=(missing_axes("-", "subtract-ranks"),),
    cases=(TWO, RANKS),
    emit=emit_subtract,
    mask="own",
)
Multiply = Entry(
    keras="keras.layers.Multiply",
    torch=("torch.mul",),
    says="The product of its inputs, element by element.",
    arguments=LAYER_ARGUMENTS,
    differences=(missing_axes("*", "multiply-ranks"),),
    cases=(TWO, THREE, RANKS),
    emit=emit_multiply,
    mask="own",
)
Average = Entry(
    keras="keras.layers.Average",
    torch=("torch.add", "torch.mean"),
    says="The mean of its inputs, element by element.",
    arguments=LAYER_ARGUMENTS,
    cases=(TWO, THREE, RANKS),
    emit=emit_average,
    mask="own",
    linear=True,
)
