"""Softmax, the layer: several axes, and a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.activation.activation_parts import torch_names
from equivalence.catalogue.axes import held_dim
from equivalence.catalogue.written_by import older
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_softmax_layer(site: Site) -> Value:
    """F.softmax; over several axes as exp(x - logsumexp(x)); masked elements get 0.

    A mask is aligned with the input as Keras has it, at the last axis. Before Keras 3.10 an axis that is
    masked wholly got a uniform result. A mask with fewer axes, as comes along with a sequence, has its batch there
    where the input has another axis.
    """
    axis, mask = site.config.value("axis"), _mask(site)
    if mask is None:
        return _softmax(site, site.x, axis)
    if mask.rank != site.x.rank and mask.shape[0] is None:
        site.refuse(
            f"its input of shape {site.x.shape} has a mask of shape {mask.shape}: Keras aligns the two at their last "
            "axes, and so the batch of the mask with another axis of the input"
        )
    keep = f"{mask}" if mask.dtype == "bool" else f"({mask} > 0.5)"
    held = site.take(site.x, KERAS)
    logits = site.new(f"{held}.masked_fill(~{keep}, -1e9)", KERAS)
    output = _softmax(site, logits, axis)
    return output if older(site.keras_version, 3, 10) else site.new(f"{output}.masked_fill(~{keep}, 0.0)", KERAS)


def _mask(site: Site) -> Value | None:
    given = site.args()
    return given[1] if len(given) == 2 and given[1] is not None else site.mask()


def _softmax(site: Site, x: Value, axis: object) -> Value:
    dims = [held_dim(site, x, one) for one in (axis if isinstance(axis, (list, tuple)) else [axis])]
    if len(dims) == 1:
        return site.new(f"F.softmax({x}, dim={dims[0]})", x.order)
    total = call("torch.logsumexp", f"{x}", dim=tuple(dims), keepdim=True)
    return site.new(f"torch.exp({x} - {total})", x.order)


def emit_softmax_of_masked(site: Site) -> Value:
    """The naive form: masked elements set to a large negative number, and no more."""
    return _softmax(site, site.new(f"{site.x}.masked_fill(~{site.mask()}, -1e9)", KERAS), site.config.value("axis"))


Softmax = Entry(
    keras="keras.layers.Softmax",
    torch=torch_names("softmax", "Softmax")[::-1],
    says="exp(x) / sum(exp(x)) along one axis or several, masked elements left out.",
    arguments=(
        Argument("axis", "dim", -1, note="moved with the axes where the port holds the input channels first"),
        *LAYER_ARGUMENTS,
    ),
    differences=(
        Difference(
            "softmax-layer-axis",
            "Keras normalises the last axis. nn.Softmax() without dim takes the first one of a tensor with 1 or 3 "
            "axes: the batch of a sequence.",
            case="sequence",
            swap=(("dim=-1", "dim=0"),),
        ),
        Difference(
            "softmax-all-masked",
            "Where everything is masked Keras answers zeros; masked_fill before a softmax answers a uniform row "
            "(NaN with -inf).",
            case="mask",
            naive=emit_softmax_of_masked,
        ),
    ),
    cases=(
        Case("defaults", {}, x=(3, 7)),
        Case("sequence", {}, x=(3, 5, 7)),
        Case("axis", {"axis": 1}, x=(3, 5, 4, 7)),
        Case("axis-in-a-list", {"axis": [-2]}, x=(3, 5, 4)),
        Case("axes", {"axis": [1, 2]}, x=(3, 5, 4, 7)),
        Case("mask", {}, x=[(17, 3), (17, 3)], draw=("normal", "bool"), call={"mask": {"$input": 1}}),
        Case(
            "mask-by-position",
            {},
            x=[(7, 3), (7, 3)],
            draw=("normal", "bool"),
            call={"$args": [{"$input": 0}, {"$input": 1}]},
        ),
        Case(
            "mask-and-axis",
            {"axis": 1},
            x=[(2, 5, 3), (2, 5, 3)],
            draw=("normal", "bool"),
            call={"mask": {"$input": 1}},
        ),
    ),
    emit=emit_softmax_layer,
    mask="inherit",
)
