"""Matrix products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import in_one_dtype, is_constant, is_tensor, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_matmul(site: Site) -> Value:
    """Python's @, on the last two axes in Keras's order."""
    left, right = operands(site, "x1|a", "x2|b")
    for item in (left, right):
        if not is_tensor(item) and not is_constant(item):
            site.refuse(f"one of its operands is {item!r:.60}, which is no tensor")
    if is_tensor(left) and is_tensor(right):
        _check_sizes(site, left, right)
        texts = in_one_dtype(site, [site.take(item, KERAS) for item in (left, right)])
    else:
        texts = [site.constant(item) if is_constant(item) else str(site.take(item, KERAS)) for item in (left, right)]
    return site.new(f"{texts[0]} @ {texts[1]}", KERAS)


def _check_sizes(site: Site, left: Value, right: Value) -> None:
    """The axis that is summed over has one size, or is unknown in both (a batch against its own transpose)."""
    sizes = left.shape[-1:], right.shape[-2:][:1]
    if sizes[0] != sizes[1]:
        site.refuse(
            f"it sums over the last axis of {left.shape} and the last but one of {right.shape}, "
            "which are not known to be equal"
        )


Matmul = Entry(
    keras="keras.ops.matmul",
    torch=("torch.matmul",),
    says="The matrix product of the last two axes, for every index of the others.",
    emit=emit_matmul,
    kind="operation",
    arguments=(Argument("x1", "input"), Argument("x2", "other")),
    differences=(
        Difference(
            "not-dot",
            "The last axis of x1 meets the last but one of x2; x1 * x2 multiplies element by element.",
            case="square",
            swap=((" @ ", " * "),),
        ),
    ),
    cases=(
        Case("batched", {}, x=[(2, 3, 5), (2, 5, 4)]),
        Case("square", {}, x=[(2, 3, 3), (2, 3, 3)]),
        Case("whole-numbers-and-floats", {}, x=[(2, 3, 5), (2, 5, 4)], draw=["ids:7", "normal"]),
        Case(
            "constant",
            {},
            x=(2, 3),
            call={"$args": [{"$input": 0}, {"$array": [[0.5, -1.0], [0.25, 2.0], [1.5, -0.75]], "dtype": "float32"}]},
        ),
    ),
    stored=stored("Matmul", "numpy", "linalg.matmul"),
    layout="last",
    linear=False,
)
