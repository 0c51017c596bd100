"""hstack, vstack, dstack, append: tensors end to end, as NumPy names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import arguments, is_constant, is_tensor, stored
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_stacked(site: Site) -> Value:
    """The torch function of the same name, in Keras's order."""
    least = 2 if site.entry.name == "vstack" else 1
    values = [site.take(value, KERAS) for value in site.inputs]
    if any(value.rank < least for value in values):
        site.refuse("its inputs have the batch axis alone, where Keras's backends make different shapes of them")
    if len({value.dtype for value in values}) > 1:
        site.refuse("its inputs are of different dtypes; cast them before")
    return site.new(f"{site.entry.torch[0]}(({', '.join(map(str, values))},))", KERAS)


def emit_append(site: Site) -> Value:
    """torch.cat; without an axis, of the flattened tensors."""
    given = arguments(site, "x1", "x2")
    if not all(is_tensor(item) or (is_constant(item) and isinstance(item.value, list)) for item in given):
        site.refuse("one of its inputs is neither a tensor nor an array")
    if given[0].dtype != given[1].dtype:
        site.refuse(f"its inputs are {given[0].dtype} and {given[1].dtype}; cast them before")
    texts = [f"{site.take(item, KERAS)}" if is_tensor(item) else site.constant(item) for item in given]
    rank = next(item.rank for item in given if is_tensor(item))
    if site.config.value("axis") is None:
        return site.new(f"torch.cat(({', '.join(f'{text}.flatten()' for text in texts)}))", KERAS)
    axis = site.config.integer("axis", minimum=None)
    if not -rank <= axis < rank:
        site.config.refuse("axis", axis, f"should name an axis of a tensor of {rank}")
    return site.new(f"torch.cat(({', '.join(texts)}), dim={axis % rank})", KERAS)


def _stack(name: str, class_name: str, says: str, *cases: Case) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(f"torch.{name}",),
        says=says,
        emit=emit_stacked,
        kind="operation",
        arguments=(Argument("xs", "tensors"),),
        cases=cases,
        aliases=(f"np.{name}",),
        stored=stored(class_name),
        layout="last",
    )


Hstack = _stack(
    "hstack",
    "Hstack",
    "Tensors end to end along axis 1.",
    Case("matrices", {}, x=[(2, 3), (2, 5)]),
    Case("square-images", {}, x=[(2, 4, 4, 4), (2, 4, 4, 4)]),
    Case("sequences", {}, x=[(2, 3, 4), (2, 5, 4)]),
)
Vstack = _stack(
    "vstack",
    "Vstack",
    "Tensors end to end along axis 0, the batch.",
    Case("matrices", {}, x=[(2, 3), (2, 3)]),
    Case("images", {}, x=[(2, 4, 4, 3), (2, 4, 4, 3)]),
)
Dstack = _stack(
    "dstack",
    "Dstack",
    "Tensors end to end along axis 2, which matrices get for it.",
    Case("matrices", {}, x=[(2, 3), (2, 3)]),
    Case("sequences", {}, x=[(2, 3, 4), (2, 3, 5)]),
)
Append = Entry(
    keras="keras.ops.append",
    torch=("torch.cat", "torch.flatten"),
    says="A tensor with another one at its end, along an axis, or both flattened.",
    emit=emit_append,
    kind="operation",
    arguments=(Argument("x1", "tensors"), Argument("x2", "tensors"), Argument("axis", "dim", None)),
    cases=(
        Case("channels", {"axis": -1}, x=[(2, 3, 4), (2, 3, 5)], call={"$args": [{"$input": 0}, {"$input": 1}]}),
        Case("flattened", {}, x=[(2, 3, 4), (2, 3)], call={"$args": [{"$input": 0}, {"$input": 1}]}),
        Case(
            "an-array",
            {},
            x=(2, 3),
            call={"$args": [{"$input": 0}, {"$array": [[0.5, -1.0]], "dtype": "float32"}]},
        ),
    ),
    aliases=("np.append",),
    stored=stored("Append"),
    layout="last",
)
