"""nextafter: the next float in a direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import broadcast, only_floats, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_nextafter(site: Site) -> Value:
    """torch.nextafter; an x1 that is x2 stays, and its gradient is handed on."""
    only_floats(site)
    (left, right), order, _ = broadcast(site, operands(site, "x1", "x2"))
    return site.new(f"torch.where({left} == {right}, {left}, torch.nextafter({left}, {right}))", order)


Nextafter = Entry(
    keras="keras.ops.nextafter",
    torch=("torch.nextafter",),
    says="The next float after x1 towards x2.",
    emit=emit_nextafter,
    kind="operation",
    arguments=(
        Argument("x1", "input", note="Keras on TensorFlow takes the next float64: of a float32, x1 itself"),
        Argument("x2", "other"),
    ),
    differences=(
        Difference(
            "gradient-of-equals",
            "Where both are equal the gradient of torch.nextafter is zero, in Keras on TensorFlow it is one.",
            case="equals",
            swap=(("torch.where({x} == {x}, {x}, torch.nextafter({x}, {x}))", "torch.nextafter({x}, {x})"),),
            seen_in="gradients",
        ),
    ),
    cases=(
        Case("two-tensors", {}, x=[(2, 3, 5), (2, 3, 5)]),
        Case("equals", {}, x=(2, 3, 5), call={"$args": [{"$input": 0}, {"$input": 0}]}),
    ),
    aliases=("np.nextafter",),
    stored=stored("Nextafter"),
)
