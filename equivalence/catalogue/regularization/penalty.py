"""ActivityRegularization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_activity_regularization(site: Site) -> Value:
    """The input itself: the penalty belongs to the loss."""
    return site.unchanged()


ActivityRegularization = Entry(
    keras="keras.layers.ActivityRegularization",
    torch=("torch.nn.Identity",),
    related=("torch.nn.Identity",),
    says="Passes its input on, and adds a penalty on its size to the loss.",
    arguments=(
        Argument("l1", None, 0.0, inert=True, note="l1 * x.abs().sum() / batch, to be added to the loss by hand"),
        Argument("l2", None, 0.0, inert=True, note="l2 * x.square().sum() / batch, to be added to the loss by hand"),
        *LAYER_ARGUMENTS,
    ),
    cases=(
        Case("both", {"l1": 0.25, "l2": 0.5}, x=(3, 5, 7)),
        Case("defaults", {}, x=(3, 7)),
    ),
    aliases=("activity_regularizer", "L1L2 on outputs"),
    emit=emit_activity_regularization,
    mask="inherit",
)
