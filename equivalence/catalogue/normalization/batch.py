"""BatchNormalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.normalization.batch_helpers import (
    BIASED_BATCH_NORM,
    FROZEN_BATCH_NORM,
    MASKED_BATCH_NORM,
    RENORM_BATCH_NORM,
)
from equivalence.catalogue.normalization.normalization_parts import AFFINE_ARGUMENTS, channelled, one_axis
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call, complement

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_batch_normalization(site: Site) -> Value:
    """nn.BatchNormNd with the normalised axis at dimension 1; for exact training a subclass of it."""
    return _normalised(site, site.exact_training)


def emit_plain(site: Site) -> Value:
    """The naive form for training: nn.BatchNormNd as it is."""
    return _normalised(site, exact=False)


def emit_untransposed(site: Site) -> Value:
    """The naive form for sequences: nn.BatchNorm1d on (N, T, C), which takes T for the channels."""
    x = site.take(site.x, KERAS)
    one_axis(site, x)
    site.config.flag("renorm")
    return site.new(f"{_module(site, 'nn.BatchNorm1d', x.shape[1] or 0)}({x})", KERAS)


def _normalised(site: Site, exact: bool) -> Value:
    axis = one_axis(site, site.x)
    mask = site.mask()
    site.config.only("virtual_batch_size", None, because="has no counterpart in torch and no translation yet")
    always = site.always is True  # in training: what comes out is batch statistics' then, in inference too
    x, moved, channels = channelled(site, axis)
    dims = x.rank - 2 if x.rank in (4, 5) else 1
    name, more, kept = f"nn.BatchNorm{dims}d", {}, ""
    if site.config.flag("renorm"):
        if always and mask is not None:
            site.refuse("it is called with training=True and a mask, which its renorm=True heeds; leave out either")
        name, more = site.helper(RENORM_BATCH_NORM.format(dims=dims)), _renorm(site)
    elif (exact or always) and not site.layer.trainable:
        name = site.helper(FROZEN_BATCH_NORM.format(dims=dims))
    elif (exact or always) and mask is not None:
        name = site.helper(MASKED_BATCH_NORM.format(dims=dims))
        x, moved, kept = _kept(site, x, moved, axis, mask)
    elif exact:
        name = site.helper(BIASED_BATCH_NORM.format(dims=dims))
    norm = _module(site, name, channels, **more)
    if mask is not None and not kept:
        site.note("masked steps count in the batch's statistics, which Keras leaves out.")
    if x.rank > 5:  # torch's largest takes three spatial dimensions
        given = f", {kept}.expand_as({x}{moved}).flatten(2)" if kept else ""
        made = site.new(f"{norm}({x}{moved}.flatten(2){given}).reshape({x}{moved}.shape){moved}", x.order)
    else:
        made = site.new(f"{norm}({x}{moved}{f', {kept}' if kept else ''}){moved}", x.order)
    made.mask = mask
    return made


def _kept(site: Site, x: Value, moved: str, axis: int, mask: Value) -> tuple[Value, str, str]:
    """The tensor, how its channels get to dimension 1, and a mask that broadcasts against it then."""
    held = site.take(mask)
    flags = f"{held}" if mask.dtype == "bool" else f"{held}.bool()"
    if axis == x.rank - 1:
        return x, moved, f"{flags}.unsqueeze(1)"
    moved = f".transpose(1, {axis})" if axis > 1 else ""
    return site.take(x, KERAS), moved, f"{flags}.unsqueeze(-1){moved}"


def _module(site: Site, name: str, channels: int, **more: Any) -> str:
    config = site.config
    scale, center = config.flag("scale"), config.flag("center")
    return site.module(
        call(
            name,
            channels,
            eps=config.number("epsilon"),
            momentum=complement(config.number("momentum")),
            affine=scale or center,
            **more,
            omit={} if more else {"eps": 1e-5, "momentum": 0.1, "affine": True},
        )
    )


def _renorm(site: Site) -> dict[str, float]:
    """The arguments of batch renormalisation. Raises Refused for limits that are no numbers."""
    clipping = site.config.value("renorm_clipping") or {}
    if not isinstance(clipping, dict) or not all(
        name in ("rmin", "rmax", "dmax") and (limit is None or isinstance(limit, (int, float)))
        for name, limit in clipping.items()
    ):
        site.config.refuse("renorm_clipping", clipping, "should give rmin, rmax and dmax as numbers")
    limits = {name: float(limit) for name, limit in sorted(clipping.items()) if limit is not None}
    return {"renorm_momentum": complement(site.config.number("renorm_momentum")), **limits}


BatchNormalization = Entry(
    trains_by_default=None,
    keras="keras.layers.BatchNormalization",
    torch=("torch.nn.BatchNorm2d", "torch.nn.BatchNorm1d", "torch.nn.BatchNorm3d"),
    says="Normalises each channel by the batch's mean and variance; at inference by the running ones.",
    arguments=(
        Argument("axis", None, -1, note="torch always normalises dimension 1: the port moves the channels there"),
        Argument("momentum", "momentum", 0.99, how="1 - momentum"),
        Argument("epsilon", "eps", 0.001),
        Argument("center", "affine", True, note="torch has no switch for the shift alone: it stays 0"),
        Argument("scale", "affine", True, note="torch has no switch for the scale alone: it stays 1"),
        *AFFINE_ARGUMENTS,
        Argument("moving_mean_initializer", None, "zeros", inert=True),
        Argument("moving_variance_initializer", None, "ones", inert=True),
        Argument(
            "renorm", None, False, note="torch has no batch renormalisation: a subclass of nn.BatchNorm", since=None
        ),
        Argument("renorm_clipping", None, None, inert=True, note="used with renorm alone", since=None),
        Argument("renorm_momentum", None, 0.99, inert=True, note="used with renorm alone", since=None),
        Argument(
            "synchronized",
            None,
            False,
            inert=True,
            note="statistics over several devices: nn.SyncBatchNorm in torch",
            since="3",
        ),
        *LAYER_ARGUMENTS,
    ),
    legacy=(
        Argument("fused", None, None, inert=True, note="chose among kernels for the same numbers"),
        Argument("virtual_batch_size", None, None, note="only None is translated"),
    ),
    weights=(
        Weight("gamma", "weight", when="scale", otherwise=1.0),
        Weight("beta", "bias", when="center", otherwise=0.0),
        Weight("moving_mean", "running_mean", trainable=False),
        Weight("moving_variance", "running_var", trainable=False),
        Weight("moving_stddev", "running_std", when="renorm", trainable=False),
        Weight("renorm_mean", "renorm_mean", when="renorm", trainable=False),
        Weight("renorm_stddev", "renorm_std", when="renorm", trainable=False),
    ),
    differences=(
        Difference(
            "epsilon", "Keras adds 1e-3 to the variance, torch 1e-5.", case="defaults", swap=((", eps=0.001", ""),)
        ),
        Difference(
            "momentum",
            "Keras's momentum weighs the old running statistic, torch's the new one: 0.99 in Keras is 0.01 in torch.",
            case="defaults",
            swap=(("momentum=0.01", "momentum=0.99"),),
            seen_in="train",
        ),
        Difference(
            "unbiased-running-variance",
            "Keras keeps the batch's own variance as the running one, torch n / (n - 1) of it.",
            case="defaults",
            naive=emit_plain,
            seen_in="train",
        ),
        Difference(
            "weights-in-order",
            "Without a scale Keras stores one array less: arrays copied in order each land one place too early.",
            case="no-scale",
            weights=(
                Weight("beta", "weight"),
                Weight("moving_mean", "bias"),
                Weight("moving_variance", "running_mean", trainable=False),
                Weight("", "running_var", otherwise=1.0, trainable=False),
            ),
        ),
        Difference(
            "left-in-training",
            "A module of torch is in training until eval() is called, and normalises by the batch at hand: what it "
            "gives for an image depends on the others. A Keras model is in inference unless it is told training=True.",
            case="defaults",
            swap=(
                (
                    "self.batch_normalization({x})",
                    "F.batch_norm({x}, None, None, self.batch_normalization.weight, self.batch_normalization.bias, "
                    "True, 0.01, 0.001)",
                ),
            ),
        ),
        Difference(
            "axis",
            "Keras normalises the last axis, torch dimension 1: a sequence (N, T, C) has to be transposed.",
            case="square-sequence",
            naive=emit_untransposed,
        ),
    ),
    cases=(
        Case("defaults", {}, x=(2, 5, 7, 3)),
        Case("momentum-and-epsilon", {"momentum": 0.75, "epsilon": 2**-6}, x=(2, 5, 7, 3)),
        Case("features", {}, x=(4, 6)),
        Case("sequence", {}, x=(4, 5, 3)),
        Case("square-sequence", {}, x=(4, 6, 6)),
        Case("volume", {}, x=(2, 4, 5, 3, 6)),
        Case("four-spatial-axes", {}, x=(2, 3, 2, 4, 3, 5)),
        Case("axis-1", {"axis": 1}, x=(2, 3, 5, 7)),
        Case("axis-2", {"axis": 2}, x=(2, 5, 3, 7)),
        Case("no-scale", {"scale": False}, x=(4, 6)),
        Case("no-center", {"center": False}, x=(2, 5, 7, 3)),
        Case("neither-scale-nor-center", {"scale": False, "center": False}, x=(2, 5, 7, 3)),
        Case("unknown-sizes", {}, x=(2, 5, 7, 3), declared=(None, None, 3)),
        Case("renorm", {"renorm": True, "epsilon": 2**-8}, x=(2, 5, 7, 3), training="same"),
        Case(
            "renorm-clipped",
            {
                "renorm": True,
                "renorm_clipping": {"rmin": 0.75, "rmax": 1.25, "dmax": 0.5},
                "renorm_momentum": 0.75,
                "epsilon": 2**-8,
                "scale": False,
            },
            x=(4, 6),
            training="same",
        ),
        Case("masked", {}, x=[(4, 7, 3), (4, 7)], draw=["normal", "bool"], call={"mask": {"$input": 1}}),
        Case(
            "masked-axis-2",
            {"axis": 2},
            x=[(4, 7, 3, 5), (4, 7, 3)],
            draw=["normal", "bool"],
            call={"mask": {"$input": 1}},
        ),
        Case(
            "masked-four-spatial-axes",
            {"axis": 1},
            x=[(4, 3, 2, 4, 3, 5), (4, 3, 2, 4, 3)],
            draw=["normal", "bool"],
            call={"mask": {"$input": 1}},
        ),
    ),
    aliases=("BatchNorm", "BN", "BatchNorm2d", "SyncBatchNorm", "tf.nn.batch_normalization", "BatchNormalizationV1"),
    stored=(":BatchNormalizationV1",),  # of TensorFlow 1.13
    emit=emit_batch_normalization,
    layout="spatial",
    mask="own",
    training="nn.BatchNorm keeps the unbiased batch variance, n / (n - 1) of Keras's, as its running one.",
)
