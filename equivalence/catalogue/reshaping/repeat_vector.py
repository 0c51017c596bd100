"""RepeatVector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_repeat_vector(site: Site) -> Value:
    """A new axis behind the batch, repeated."""
    if site.x.rank != 2:
        site.refuse(f"its input has shape {site.x.shape}, not 2 axes")
    return site.new(f"{site.take(site.x, KERAS)}.unsqueeze(1).repeat(1, {site.config.integer('n')}, 1)", KERAS)


RepeatVector = Entry(
    keras="keras.layers.RepeatVector",
    torch=("torch.Tensor.repeat", "torch.Tensor.expand"),
    related=("torch.Tensor.expand",),
    says="Makes a sequence of n equal vectors of one.",
    arguments=(Argument("n", "repeats"), *LAYER_ARGUMENTS),
    differences=(
        Difference(
            "repeat-whole-vectors",
            "The vector is repeated as a whole, as torch.repeat does; torch.repeat_interleave repeats each element.",
            case="defaults",
            swap=(("{x}.unsqueeze(1).repeat(1, 4, 1)", "{x}.repeat_interleave(4, dim=1).unflatten(1, (4, -1))"),),
        ),
    ),
    cases=(Case("defaults", {"n": 4}, x=(2, 5)), Case("once", {"n": 1}, x=(2, 5))),
    emit=emit_repeat_vector,
)
