"""BatchNormalization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.code import call, complement
from equivalence.order import FIRST, KERAS
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.site import Site, Value


def emit_batch_normalization(site: Site) -> Value:
    """nn.BatchNormNd with the normalised axis at dimension 1."""
    x, config = site.x, site.config
    axis = config.value("axis")
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if isinstance(axis, bool) or not isinstance(axis, int) or not -x.rank < axis < x.rank or axis == 0:
        config.refuse("axis", axis, f"should be one axis of an input of {x.rank}")
    axis %= x.rank
    config.only("renorm", False)
    channels = x.shape[axis]
    order = FIRST if axis == x.rank - 1 else KERAS
    held = site.take(x, order)
    if held.dim(axis) != 1:
        site.refuse(f"it normalises axis {axis} of {x.rank}: torch's BatchNorm takes the first or the last")
    norm = site.module(
        call(
            f"nn.BatchNorm{max(x.rank - 2, 1)}d",
            channels,
            eps=config.number("epsilon"),
            momentum=complement(config.number("momentum")),
            affine=any([config.flag("scale"), config.flag("center")]),
            omit={"eps": 1e-5, "momentum": 0.1, "affine": True},
        )
    )
    return site.new(f"{norm}({held})", held.order)


BatchNormalization = Entry(
    keras="keras.layers.BatchNormalization",
    torch=("torch.nn.BatchNorm1d", "torch.nn.BatchNorm2d", "torch.nn.BatchNorm3d"),
    says="Normalises each channel by the batch's statistics; at inference by the running ones.",
    arguments=(
        Argument("axis", None, -1, note="torch always normalises axis 1: the port moves the channels there"),
        Argument("momentum", "momentum", 0.99, how="1 - momentum"),
        Argument("epsilon", "eps", 0.001),
        Argument("center", "affine", True),
        Argument("scale", "affine", True),
        *(
            Argument(f"{name}_initializer", None, "zeros", inert=True)
            for name in ("beta", "gamma", "moving_mean", "moving_variance")
        ),
        *(
            Argument(f"{name}_{kind}", None, None, inert=True)
            for name in ("beta", "gamma")
            for kind in ("regularizer", "constraint")
        ),
        Argument("synchronized", None, False, inert=True),
        Argument("renorm", None, False),
        Argument("renorm_clipping", None, None, inert=True),
        Argument("renorm_momentum", None, 0.99, inert=True),
        *LAYER_ARGUMENTS,
    ),
    weights=(
        Weight("gamma", "weight", when="scale", otherwise=1.0),
        Weight("beta", "bias", when="center", otherwise=0.0),
        Weight("moving_mean", "running_mean", trainable=False),
        Weight("moving_variance", "running_var", trainable=False),
    ),
    differences=(
        Difference(
            "epsilon",
            "Keras adds 1e-3 to the variance, torch 1e-5.",
            case="defaults",
            swap=((", eps=0.001", ""),),
        ),
    ),
    cases=(
        Case("defaults", {}, x=(2, 5, 7, 3)),
        Case("no-scale", {"scale": False}, x=(4, 6)),
    ),
    emit=emit_batch_normalization,
    layout="spatial",
    mask="inherit",
    training="nn.BatchNorm keeps the unbiased batch variance, n/(n-1) of Keras's, in its running variance.",
)
