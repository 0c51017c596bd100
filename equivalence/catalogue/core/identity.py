"""Identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import LAYER_ARGUMENTS, Case, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_identity(site: Site) -> Value:
    """nn.Identity, so that the layer keeps its name."""
    if len(site.inputs) != 1:
        site.refuse(f"it is called with {len(site.inputs)} tensors; only an Identity of one is translated")
    return site.unchanged(site.new(f"{site.module('nn.Identity()', weights=())}({site.x})", site.x.order))


Identity = Entry(
    keras="keras.layers.Identity",
    since="2.12",
    torch=("torch.nn.Identity",),
    says="Returns its input.",
    arguments=LAYER_ARGUMENTS,
    cases=(Case("defaults", {}, x=(2, 5, 3)),),
    emit=emit_identity,
    mask="inherit",
)
