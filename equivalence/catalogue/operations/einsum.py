"""einsum."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import in_one_dtype, is_tensor, stored
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_EQUATION = re.compile(r"[A-Za-z.]*(,[A-Za-z.]*)*->[A-Za-z.]*\Z")


def equation(site: Site, name: str) -> str:
    """An equation with an arrow, checked letter by letter, as Python text. Raises Refused for anything else."""
    given = site.config.value(name)
    compact = given.replace(" ", "") if isinstance(given, str) else ""
    if not _EQUATION.match(compact):
        site.config.refuse(
            name, given, "should be an equation like 'abc,cd->abd'; without an arrow it is not translated"
        )
    return repr(compact)


def emit_einsum(site: Site) -> Value:
    """torch.einsum with the same equation, on tensors in Keras's order of axes."""
    given = site.args()
    if not all(is_tensor(item) for item in given):
        site.refuse("one of its operands is no tensor, which has no translation yet")
    texts = ", ".join(in_one_dtype(site, [site.take(value, KERAS) for value in given]))
    return site.new(f"torch.einsum({equation(site, 'subscripts')}, {texts})", KERAS)


def _call(subscripts: str, operands: int) -> dict[str, Any]:
    return {"$args": [subscripts, *({"$input": index} for index in range(operands))]}


Einsum = Entry(
    keras="keras.ops.einsum",
    torch=("torch.einsum",),
    says="Products of elements, summed over the letters that the result lacks.",
    emit=emit_einsum,
    kind="operation",
    arguments=(Argument("subscripts", "equation", note="the same letters"), Argument("operands", "operands")),
    cases=(
        Case("matrix-product", {}, x=[(2, 3, 5), (2, 5, 4)], call=_call("abc,acd->abd", 2)),
        Case("transposed", {}, x=(2, 3, 4, 5), call=_call("bijc->bcij", 1)),
        Case("outer", {}, x=[(2, 3), (2, 4)], call=_call("ab,ac->abc", 2)),
        Case(
            "whole-numbers-and-floats",
            {},
            x=[(2, 3, 5), (2, 5, 4)],
            draw=["ids:7", "normal"],
            call=_call("abc,acd->abd", 2),
        ),
        Case("ellipsis", {}, x=[(2, 3, 4, 5), (2, 3, 6, 5)], call=_call("...ij,...kj->...ik", 2)),
    ),
    aliases=("np.einsum", "tf.einsum"),
    stored=stored("Einsum", "numpy"),
    layout="last",
)
