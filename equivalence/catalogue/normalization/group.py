"""GroupNormalization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.normalization.normalization_parts import AFFINE_ARGUMENTS, channelled, one_axis
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_group_normalization(site: Site) -> Value:
    """nn.GroupNorm with the grouped axis at dimension 1."""
    config = site.config
    x, moved, channels = channelled(site, one_axis(site, site.x))
    groups = config.integer("groups", minimum=-1)
    if groups == -1:
        groups = channels
    if groups < 1 or channels % groups:
        config.refuse("groups", groups, f"should divide the {channels} channels")
    scale, center = config.flag("scale"), config.flag("center")
    norm = site.module(
        call(
            "nn.GroupNorm",
            groups,
            channels,
            eps=config.number("epsilon"),
            affine=scale or center,
            omit={"eps": 1e-5, "affine": True},
        )
    )
    return site.new(f"{norm}({x}{moved}){moved}", x.order)


GroupNormalization = Entry(
    keras="keras.layers.GroupNormalization",
    since="2.11",
    torch=("torch.nn.GroupNorm", "torch.nn.InstanceNorm2d"),
    related=("torch.nn.InstanceNorm2d",),
    says="Normalises each sample over groups of channels; groups=-1 is instance normalisation.",
    arguments=(
        Argument("groups", "num_groups", 32, note="-1: as many as channels, nn.InstanceNorm2d(affine=True)"),
        Argument("axis", None, -1, note="torch always takes dimension 1: the port moves the channels there"),
        Argument("epsilon", "eps", 0.001),
        Argument("center", "affine", True, note="torch has no switch for the shift alone: it stays 0"),
        Argument("scale", "affine", True, note="torch has no switch for the scale alone: it stays 1"),
        *AFFINE_ARGUMENTS,
        *LAYER_ARGUMENTS,
    ),
    weights=(
        Weight("gamma", "weight", when="scale", otherwise=1.0),
        Weight("beta", "bias", when="center", otherwise=0.0),
    ),
    differences=(
        Difference(
            "epsilon", "Keras adds 1e-3 to the variance, torch 1e-5.", case="two-groups", swap=((", eps=0.001", ""),)
        ),
    ),
    cases=(
        Case("defaults", {}, x=(2, 3, 5, 64)),
        Case("two-groups", {"groups": 2}, x=(2, 5, 7, 6)),
        Case("instance", {"groups": -1, "epsilon": 2**-8}, x=(2, 5, 7, 6)),
        Case("axis-1", {"groups": 3, "axis": 1}, x=(2, 6, 5, 7)),
        Case("axis-2", {"groups": 3, "axis": 2}, x=(2, 5, 6, 7)),
        Case("sequence", {"groups": 2}, x=(2, 7, 6)),
        Case("features", {"groups": 2}, x=(4, 6)),
        Case("no-center", {"groups": 2, "center": False}, x=(2, 7, 6)),
        Case("no-scale", {"groups": 2, "scale": False}, x=(2, 7, 6)),
        Case("neither-scale-nor-center", {"groups": 2, "scale": False, "center": False}, x=(2, 7, 6)),
        Case("unknown-sizes", {"groups": 2}, x=(2, 5, 7, 6), declared=(None, None, 6)),
    ),
    aliases=("GroupNorm", "InstanceNormalization", "InstanceNorm", "tfa.layers.GroupNormalization"),
    emit=emit_group_normalization,
    layout="spatial",
    mask="inherit",
)
