"""Dot."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import in_one_dtype
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_dot(site: Site) -> Value:
    """torch.einsum over one axis of each input; of two vectors, a column (keras.layers.Dot, batch_dot)."""
    if len(site.inputs) != 2:
        site.refuse(f"it is called with {len(site.inputs)} tensors where it takes 2")
    values = [site.take(value, KERAS) for value in site.inputs]
    axes = _axes(site, values)
    if site.config.flag("normalize"):
        if whole := next((value.dtype for value in values if not value.dtype.startswith("float")), None):
            site.config.refuse("normalize", True, f"is called on {whole}; floats alone are translated")
        values = [
            site.new(f"F.normalize({v}, dim={axis}, eps=1e-07)", KERAS) for v, axis in zip(values, axes, strict=True)
        ]
    first, second = in_one_dtype(site, values)
    if values[0].rank == values[1].rank == 2:
        return site.new(f"({first} * {second}).sum(dim=1, keepdim=True)", KERAS)
    letters = iter(ascii_lowercase.replace("b", "").replace("k", ""))
    names = [
        ["b", *("k" if axis == contracted else next(letters) for axis in range(1, value.rank))]
        for value, contracted in zip(values, axes, strict=True)
    ]
    kept = ["b", *(name for part in names for name in part[1:] if name != "k")]
    equation = ",".join("".join(part) for part in names) + "->" + "".join(kept)
    return site.new(f"torch.einsum('{equation}', {first}, {second})", KERAS)


def _axes(site: Site, values: list[Value]) -> list[int]:
    """The contracted axis of each input, counted from the front."""
    given = site.config.value("axes")
    listed = list(given) if isinstance(given, (list, tuple)) else [given, given]
    if len(listed) != 2:
        site.config.refuse("axes", given, "should be one axis or two")
    made = []
    for value, axis in zip(values, listed, strict=True):
        if isinstance(axis, bool) or not isinstance(axis, int) or not -value.rank < axis < value.rank or axis == 0:
            site.config.refuse("axes", given, f"is no axis of an input of shape {value.shape}")
        made.append(axis % value.rank)
    return made


Dot = Entry(
    keras="keras.layers.Dot",
    torch=("torch.einsum", "torch.bmm", "torch.matmul"),
    related=("torch.bmm", "torch.matmul"),
    says="Sums the products of two inputs over one axis of each.",
    arguments=(
        Argument("axes", None, note="the axes of the einsum that are summed over; the batch counts as axis 0"),
        Argument("normalize", None, False, note="F.normalize of both inputs before, with Keras's epsilon"),
        *LAYER_ARGUMENTS,
    ),
    differences=(
        Difference(
            "dot-normalize",
            "normalize=True divides each vector by its length before: the result is the cosine, not the product.",
            case="cosine",
            swap=(("F.normalize({x}, dim=1, eps=1e-07)", "{x}"),),
        ),
    ),
    cases=(
        Case("vectors", {"axes": 1}, x=[(2, 5), (2, 5)]),
        Case("cosine", {"axes": 1, "normalize": True}, x=[(2, 5), (2, 5)]),
        Case("matrices", {"axes": [1, 2]}, x=[(2, 3, 5), (2, 4, 3)]),
        Case("negative-axis", {"axes": -1, "normalize": True}, x=[(2, 3, 5), (2, 4, 5)]),
        Case("whole-numbers-and-floats", {"axes": [2, 1]}, x=[(2, 3, 5), (2, 5, 4)], draw=["ids:7", "normal"]),
        Case("matrix-and-vector", {"axes": [2, 1]}, x=[(2, 3, 5), (2, 5)]),
        Case("image", {"axes": [3, 1]}, x=[(2, 3, 4, 5), (2, 5, 6)]),
    ),
    emit=emit_dot,
    layout="last",
)
