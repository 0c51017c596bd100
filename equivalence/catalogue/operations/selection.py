"""select, nonzero, unique: elements chosen by what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import arguments, is_tensor, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_select(site: Site) -> Value:
    """torch.where of torch.where: the first condition that holds decides."""
    return _nested(site, first_decides=True)


def naive_select(site: Site) -> Value:
    """Written one over the other in the order of the list, so that the last one decides."""
    return _nested(site, first_decides=False)


def _nested(site: Site, first_decides: bool) -> Value:
    conditions, choices, default = arguments(site, "condlist", "choicelist", "default")
    default = 0 if default is None else default
    if not all(isinstance(given, list) and all(map(is_tensor, given)) for given in (conditions, choices)):
        site.refuse("its conditions and choices are no lists of tensors of the model")
    if len(conditions) != len(choices):
        site.refuse(f"it has {len(conditions)} conditions and {len(choices)} choices")
    others = [*choices, default] if is_tensor(default) else choices
    if len({value.rank for value in (*conditions, *others)}) > 1:
        site.refuse("its conditions and choices have different numbers of axes, so that one's batch meets another axis")
    if len({choice.dtype for choice in others}) > 1 or any(one.dtype != "bool" for one in conditions):
        site.refuse("its conditions are not of bool, or its choices of several dtypes; cast them before")
    if not is_tensor(default) and type(default) not in (int, float):
        site.refuse(f"its default is {default!r:.60}, which is neither a tensor nor a number")
    if isinstance(default, float) and not choices[0].dtype.startswith("float"):
        site.refuse(f"its default is {default!r:.60}, which {choices[0].dtype} does not hold")
    text = f"{site.take(default, KERAS)}" if is_tensor(default) else literal(default)
    pairs = list(zip(conditions, choices, strict=True))
    for condition, choice in reversed(pairs) if first_decides else pairs:
        text = f"torch.where({site.take(condition, KERAS)}, {site.take(choice, KERAS)}, {text})"
    return site.new(text, KERAS)


def emit_nonzero(site: Site) -> list[Value]:
    """torch.nonzero as a tuple, one vector for each axis; Keras's indices are int32."""
    x = site.take(site.x, KERAS)
    found = site.many(f"torch.nonzero({x}, as_tuple=True)", [KERAS] * x.rank)
    return [site.new(f"{one}.to(torch.int32)", KERAS) for one in found]


def emit_unique(site: Site) -> list[Value] | Value:
    """torch.unique of all elements; Keras's places and counts are int32."""
    x = site.take(site.x, KERAS)
    site.config.only("sorted", True, because="leaves the order open in torch, and is that of first occurrence in Keras")
    site.config.only("return_index", False, because="asks for first occurrences, which torch.unique does not give")
    site.config.only("axis", None, because="compares whole slices, of which no case shows what Keras makes")
    site.config.only("size", None, because="asks for a fixed number of elements; cut or fill what torch.unique gives")
    site.config.value("fill_value")  # of a fixed number alone
    if not x.dtype.startswith("int"):
        site.refuse(f"it is called on {x.dtype}; whole numbers are translated")
    wanted = [name for name in ("return_inverse", "return_counts") if site.config.flag(name)]
    text = f"torch.unique({', '.join([f'{x}', *(f'{name}=True' for name in wanted)])})"
    if not wanted:
        return site.new(text, KERAS)
    values, *others = site.many(text, [KERAS] * (len(wanted) + 1))
    return [values, *(site.new(f"{one}.to(torch.int32)", KERAS) for one in others)]


Select = Entry(
    keras="keras.ops.select",
    torch=("torch.where",),
    says="Elements of the first of several tensors whose condition holds, or a default.",
    emit=emit_select,
    kind="operation",
    arguments=(Argument("condlist", "condition"), Argument("choicelist", "input"), Argument("default", "other", 0)),
    differences=(
        Difference(
            "first-that-holds",
            "The first condition that holds decides; one torch.where after the other leaves it to the last one.",
            case="two",
            naive=naive_select,
        ),
    ),
    cases=(
        Case(
            "two",
            {},
            x=[(4, 6), (4, 6), (4, 6), (4, 6)],
            draw=["bool", "bool", "normal", "normal"],
            call={"$args": [[{"$input": 0}, {"$input": 1}], [{"$input": 2}, {"$input": 3}]], "default": -0.5},
        ),
        Case(
            "zero-else",
            {},
            x=[(2, 3, 4), (2, 3, 4)],
            draw=["bool", "normal"],
            call={"$args": [[{"$input": 0}], [{"$input": 1}]]},
        ),
    ),
    aliases=("np.select",),
    stored=stored("Select"),
)
Nonzero = Entry(
    keras="keras.ops.nonzero",
    torch=("torch.nonzero",),
    says="Where the elements are that are not zero: one vector of indices for each axis.",
    emit=emit_nonzero,
    kind="operation",
    arguments=(Argument("x", "input"),),
    cases=(
        Case("matrix", {}, x=(4, 6), draw="ids:2"),
        Case("flags", {}, x=(2, 3, 4), draw="bool"),
        Case("floats", {}, x=(3, 5), draw="one-hot"),
    ),
    aliases=("np.nonzero", "np.argwhere", "torch.argwhere"),
    stored=stored("Nonzero"),
    layout="last",
)
Unique = Entry(
    keras="keras.ops.unique",
    torch=("torch.unique",),
    says="Each element once, in order.",
    emit=emit_unique,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("sorted", "sorted", True, note="the port refuses False: torch then leaves the order open"),
        Argument("return_index", None, False, note="the port refuses True: torch.unique does not give it"),
        Argument("return_inverse", "return_inverse", False),
        Argument("return_counts", "return_counts", False),
        Argument("axis", "dim", None),
        Argument("size", None, None),
        Argument("fill_value", None, None),
    ),
    cases=(
        Case("defaults", {}, x=(3, 5), draw="ids:9"),
        Case("all", {"return_inverse": True, "return_counts": True}, x=(3, 5), draw="ids:9"),
        Case("counted", {"return_counts": True}, x=(12,), declared=(), draw="ids:5"),
    ),
    aliases=("np.unique", "tf.unique"),
    stored=stored("Unique"),
    layout="last",
)
