"""Operands of operation nodes: tensors, numbers and array constants, in one order of axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from equivalence.translation.order import KERAS, Order
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value
    from equivalence.translation.graph import Constant


def stored(name: str, module: str = "numpy", *tensorflow: str) -> tuple[str, ...]:
    """How files name an operation: Keras 3's class, with its module and as `.h5` files have it, and the functions
    that Keras 2 wrapped."""
    return (f"keras.src.ops.{module}:{name}", f"keras.ops:{name}", *(f"tf:{function}" for function in tensorflow))


def operands(site: Site, *names: str) -> list[Any]:
    """The call's arguments in the order of `names`, positional first, then by keyword.

    A name may list alternatives, "x2|y": Keras's, and the one TensorFlow's function has.
    """
    given = [item[0] if isinstance(item, list) and len(item) == 1 else item for item in site.args()]
    for name in names[len(given) :]:
        found = next((v for v in (site.keyword(part) for part in name.split("|")) if v is not None), None)
        given.append(found)
    if len(given) != len(names):
        site.refuse(f"it is called with {len(given)} arguments where it takes {len(names)}")
    if not any(is_tensor(item) or is_constant(item) for item in given) and isinstance(given[0], (int, float)):
        given[0] = site.of_number(given[0])
    return given


def arguments(site: Site, *names: str) -> list[Any]:
    """The call's arguments in the order of `names`, positional first, then by keyword; lists stay what they are."""
    given = site.args()
    if len(given) > len(names):
        site.refuse(f"it is called with {len(given)} arguments where it takes {len(names)}")
    return [*given, *(site.keyword(name) for name in names[len(given) :])]


def broadcast(site: Site, given: list[Any]) -> tuple[list[str], Order, list[bool]]:
    """Texts of operands that broadcast against each other, their order, and which are tensors.

    Python numbers become literals. An array constant has Keras's order, so everything else takes it.
    """
    tensors = [item for item in given if is_tensor(item)]
    if any(_is_array(item) for item in given):
        order: Order = KERAS
        aligned = [site.take(value, KERAS) for value in tensors]
        _check_batch(site, given, tensors)
    else:
        aligned, order = site.aligned(tensors)
    remaining = iter(aligned)
    texts = [str(next(remaining)) if is_tensor(item) else _constant(site, item) for item in given]
    return texts, order, [is_tensor(item) or _is_array(item) for item in given]


def is_tensor(item: Any) -> TypeGuard[Value]:
    from equivalence.translation.call_site import Value  # not above: a lookup needs no site

    return isinstance(item, Value)


def is_constant(item: Any) -> TypeGuard[Constant]:
    from equivalence.translation.graph import Constant

    return isinstance(item, Constant)


def _is_array(item: Any) -> bool:
    return is_constant(item) and isinstance(item.value, list)


def _check_batch(site: Site, given: list[Any], tensors: list[Value]) -> None:
    """Raises Refused for an array constant that holds something else for each sample of a batch."""
    for item in filter(_is_array, given):
        shape = array_shape(item.value)
        for value in tensors:
            if len(shape) >= value.rank and shape[len(shape) - value.rank] != 1:
                site.refuse(
                    f"its array constant of shape {shape} meets the batch of an input of shape {value.shape}: make the "
                    "array an input"
                )


def array_shape(value: Any) -> tuple[int, ...]:
    """The shape of nested lists of numbers."""
    return (len(value), *(array_shape(value[0]) if value else ())) if isinstance(value, list) else ()


def _constant(site: Site, item: Any) -> str:
    if is_constant(item):
        return site.constant(item) if _is_array(item) else literal(item.value)
    if isinstance(item, (bool, int, float)):
        return literal(item)
    site.refuse(f"one of its operands is {item!r:.60}, which is neither a tensor nor a number")


def as_floats(value: Value) -> str:
    """The text of a tensor as floats: whole numbers and booleans as Keras's default dtype."""
    return f"{value}" if value.dtype.startswith("float") else f"{value}.to(torch.float32)"


#: Dtypes that hold no floats, each held by those behind it.
_WHOLE = ("bool", "uint8", "int16", "int32", "int64")


def in_one_dtype(site: Site, values: Sequence[Value]) -> list[str]:
    """The texts of factors of a matrix product in one dtype, to which Keras brings them: the floats', or the wider.

    torch multiplies matrices of one dtype alone. Raises Refused where there is none, or it is that of booleans.
    """
    floats = next((value for value in values if value.dtype.startswith(("float", "bfloat"))), None)
    dtypes = {value.dtype for value in values}
    if floats is not None:
        whole = (not value.dtype.startswith(("float", "bfloat")) for value in values)
        return [
            f"{value}.to({floats}.dtype)" if cast else f"{value}" for value, cast in zip(values, whole, strict=True)
        ]
    if dtypes == {"bool"} or (len(dtypes) > 1 and not dtypes <= set(_WHOLE)):
        site.refuse(
            f"it is called on {' and '.join(sorted(dtypes))}, of which torch makes no products; cast them before"
        )
    to = max(dtypes, key=_WHOLE.index) if len(dtypes) > 1 else ""
    return [f"{value}.to(torch.{to})" if to and value.dtype != to else f"{value}" for value in values]


def only_floats(site: Site) -> None:
    """Raises Refused where an input holds whole numbers or booleans."""
    for value in site.inputs:
        if not value.dtype.startswith("float"):
            site.refuse(f"it is called on {value.dtype}; floats alone are translated")


#: The dtypes of Keras that torch has under the same name.
DTYPES = frozenset(
    "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64".split()
)


def stated_dtype(site: Site, default: str) -> str:
    """The argument `dtype` as torch's name without its module; `default` where it is None."""
    value = site.config.value("dtype") or default
    if isinstance(value, dict) and isinstance(value.get("config"), dict):
        value = value["config"].get("name")  # Keras 3 may write a dtype as a policy
    if value not in DTYPES:
        site.config.refuse("dtype", value, "is no dtype of torch")
    return str(value)


def axes_of(site: Site, rank: int, name: str = "axis") -> tuple[int, ...] | None:
    """The argument `axis` as non-negative axes of Keras; None stays None (all of them)."""
    value = site.config.value(name)
    if value is None:
        return None
    listed = list(value) if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(a, int) and not isinstance(a, bool) and -rank <= a < rank for a in listed):
        site.config.refuse(name, value, f"should name axes of a tensor of {rank}")
    return tuple(sorted({a % rank for a in listed}))


def whole_numbers(site: Site, name: str) -> tuple[int, ...]:
    """An argument that is a whole number or several, as a tuple; of a shape it may be none: `ops.zeros(())`."""
    value = site.config.value(name)
    listed = list(value) if isinstance(value, (list, tuple)) else [value]
    if (not listed and name != "shape") or not all(isinstance(n, int) and not isinstance(n, bool) for n in listed):
        site.config.refuse(name, value, "should be whole numbers")
    return tuple(listed)
