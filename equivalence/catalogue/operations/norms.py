"""norm and normalize."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import as_floats, axes_of, only_floats, stored
from equivalence.catalogue.operations.reduction_parts import AXIS, KEEPDIMS, reduction_of
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import FIRST, KERAS, Flat
from equivalence.translation.python_text import call, literal, squeeze

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: The orders of a matrix's norm; of a vector's, any number.
_MATRIX = ("fro", "nuc", 1, -1, 2, -2, float("inf"), float("-inf"))


def emit_norm(site: Site) -> Value:
    """torch.linalg's norm of vectors along one axis, of matrices along two."""
    order, found = _order(site), reduction_of(site)
    x, ord_ = as_floats(found.x), f'"{order}"' if isinstance(order, str) else literal(order)
    if order is None or (order == "fro" and len(found.dims) == 2):
        if len(found.dims) > 2:
            site.refuse(f"it is the norm over {len(found.dims)} axes, which Keras on TensorFlow does not take")
        text = call("torch.linalg.vector_norm", x, dim=found.dim, keepdim=found.keep, omit={"keepdim": False})
        return site.new(text, found.order)
    if len(found.dims) == 1:
        if isinstance(order, str):
            site.config.refuse("ord", order, "is a norm of matrices, and axis names one axis")
        text = call("torch.linalg.vector_norm", x, ord_, dim=found.dim, keepdim=found.keep, omit={"keepdim": False})
        return site.new(text, found.order)
    if len(found.dims) != 2 or order not in _MATRIX:
        site.config.refuse("ord", order, f"is no norm over {len(found.dims)} axes")
    return _matrix_norm(site, ord_, found.keep)


def _matrix_norm(site: Site, order: str, keep: bool) -> Value:
    """The norm of matrices, whose rows and columns are told apart by the order of the axes."""
    x, value = site.take(site.x, KERAS), site.config.value("axis")
    rows, columns = (axis % x.rank for axis in (range(x.rank) if value is None else value))
    text = call(
        "torch.linalg.matrix_norm", as_floats(x), order, dim=(rows, columns), keepdim=keep,
        omit={"keepdim": False, "dim": (x.rank - 2, x.rank - 1)},
    )  # fmt: skip
    return site.new(text, KERAS)


def _order(site: Site) -> str | float | None:
    order = site.config.value("ord")
    if isinstance(order, dict):  # Keras writes an infinite number as an object
        order = order.get("config", {}).get("value") if isinstance(order.get("config"), dict) else order
    if order in (None, "fro", "nuc") or (isinstance(order, (int, float)) and not isinstance(order, bool)):
        return order
    site.config.refuse("ord", order, "is no norm")


def emit_normalize(site: Site) -> Value:
    """x over its norm; as in Keras the largest factor is 1 / epsilon."""
    only_floats(site)
    order, x = site.config.integer("order"), site.x
    epsilon = site.config.optional_number("epsilon")
    epsilon = 1e-7 if epsilon is None else epsilon
    if epsilon <= 0:
        site.config.refuse("epsilon", epsilon, "should be above zero")
    if isinstance(x.order, Flat):
        x = site.take(x, KERAS)
    axes = axes_of(site, x.rank)
    if axes is None or 0 in axes:
        x = site.take(x, KERAS)
    axes = tuple(range(x.rank)) if axes is None else axes
    if len(axes) == 1 or (order == 2 and axes):
        dims = tuple(sorted(x.dim(axis) for axis in axes))
        dim = literal(squeeze(dims) if len(dims) == 1 else dims)
        text = call("F.normalize", f"{x}", p=float(order), dim=dim, eps=epsilon, omit={"p": 2.0, "eps": 1e-12})
        return site.new(text, FIRST if x.order == FIRST else KERAS)
    site.config.refuse("axis", site.config.value("axis"), f"is several axes, and order={order} not 2")


Norm = Entry(
    keras="keras.ops.norm",
    torch=("torch.linalg.vector_norm", "torch.linalg.matrix_norm"),
    says="The norm of vectors along one axis, or of matrices along two.",
    emit=emit_norm,
    kind="operation",
    arguments=(Argument("x", "x"), Argument("ord", "ord", None), AXIS, KEEPDIMS),
    differences=(
        Difference(
            "two-axes",
            "Over two axes a number means a norm of matrices: 1 is the largest sum of a column, not the sum of all.",
            case="columns",
            swap=(("matrix_norm({x}, 1, dim=(1, 2))", "vector_norm({x}, 1, dim=(1, 2))"),),
        ),
    ),
    cases=(
        Case("one-axis", {"axis": 1}, x=(2, 3, 5)),
        Case("two-axes-kept", {"axis": [1, 2], "keepdims": True}, x=(2, 3, 4, 5)),
        Case("all", {}, x=(3, 5)),
        Case("whole-numbers", {"axis": -1}, x=(2, 3, 5), draw="ids:9"),
        *(
            Case(f"vector-{name}", {"axis": -1, "ord": order}, x=(2, 3, 5))
            for name, order in (("1", 1), ("2", 2), ("3", 3), ("half", 0.5), ("0", 0), ("inf", float("inf")))
        ),
        Case("vector-kept", {"axis": 1, "ord": 3, "keepdims": True}, x=(2, 3, 4, 5)),
        Case("columns", {"axis": [1, 2], "ord": 1}, x=(2, 3, 4, 5)),
        Case("rows", {"axis": [1, 2], "ord": float("inf")}, x=(2, 3, 4, 5)),
        Case("columns-backwards", {"axis": [2, 1], "ord": 1}, x=(2, 3, 4, 5)),
        Case("columns-smallest", {"axis": [1, 2], "ord": -1, "keepdims": True}, x=(2, 3, 4, 5)),
        Case("singular-largest", {"axis": [1, 2], "ord": 2}, x=(2, 3, 4)),
        Case("singular-smallest", {"axis": [1, 2], "ord": -2}, x=(2, 3, 4)),
        Case("nuclear", {"axis": [-2, -1], "ord": "nuc"}, x=(2, 3, 4)),
        Case("frobenius", {"axis": [1, 2], "ord": "fro"}, x=(2, 3, 4, 5)),
    ),
    aliases=("keras.ops.linalg.norm", "np.linalg.norm", "tf.norm", "torch.norm"),
    stored=stored("Norm", "linalg"),
)
Normalize = Entry(
    keras="keras.ops.normalize",
    torch=("torch.nn.functional.normalize",),
    says="x over its norm along axes: vectors of length one.",
    emit=emit_normalize,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("axis", "dim", -1, how="the dimension that holds this axis"),
        Argument("order", "p", 2),
        Argument("epsilon", "eps", None, note="None: keras.config.epsilon(), which is 1e-7 unless set otherwise"),
    ),
    differences=(
        Difference(
            "axis",
            "Keras normalises along the last axis by default, F.normalize along dimension 1.",
            case="defaults",
            swap=((", dim=2", ""),),
        ),
    ),
    cases=(
        Case("defaults", {}, x=(2, 3, 5)),
        Case("another-axis", {"axis": 1}, x=(2, 3, 4, 5)),
        Case("order-1", {"axis": -1, "order": 1}, x=(2, 3, 5)),
        Case("order-3", {"axis": 1, "order": 3, "epsilon": 1e-3}, x=(2, 3, 5)),
        Case("small-numbers", {"axis": 1, "epsilon": 2.0}, x=(2, 3, 5)),
        Case("two-axes", {"axis": [1, 2]}, x=(2, 3, 4, 5)),
        Case("all", {"axis": None}, x=(2, 3, 5)),
    ),
    aliases=("keras.ops.nn.normalize", "tf.math.l2_normalize", "tf.nn.l2_normalize", "l2_normalize"),
    stored=stored("Normalize", "nn"),
)
