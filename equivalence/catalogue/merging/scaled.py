"""The layer that keras.applications' InceptionResNetV2 brings along: a residual, scaled and added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_scaled_add(site: Site) -> Value:
    """x + residual * scale"""
    if len(site.inputs) != 2:
        site.refuse(f"it is called with {len(site.inputs)} tensors where it takes 2")
    (x, residual), order = site.aligned(site.inputs)
    return site.new(f"{x} + {residual} * {literal(site.config.number('scale'))}", order)


CustomScaleLayer = Entry(
    keras="keras.src.applications.inception_resnet_v2.CustomScaleLayer",
    torch=("torch.add",),
    says="The first input plus the second times a constant: InceptionResNetV2's scaled residual.",
    emit=emit_scaled_add,
    arguments=(
        Argument("scale", "alpha"),
        *LAYER_ARGUMENTS,
    ),
    differences=(
        Difference(
            "scale",
            "The second input is scaled before it is added; a plain residual connection forgets it.",
            case="quarter",
            swap=((" * 0.25", ""),),
        ),
    ),
    cases=(Case("quarter", {"scale": 0.25}, x=[(2, 3, 5, 4), (2, 3, 5, 4)]),),
    aliases=("ScaledAdd", "scaled residual"),
)
