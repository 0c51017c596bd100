"""triu, tril, diag, diagflat, diagonal, trace: what lies on, above and below a diagonal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_triangle(site: Site) -> Value:
    """torch.triu or torch.tril of the last two of Keras's axes."""
    x, k = site.take(site.x, KERAS), site.config.integer("k", minimum=None)
    if x.rank < 2:
        site.refuse("its input has one axis alone")
    return site.new(f"{site.entry.torch[0]}({x}{f', {k}' if k else ''})", KERAS)


def emit_diag(site: Site) -> Value:
    """torch.diag: the diagonal of a matrix, or a matrix of a vector."""
    x, k = site.take(site.x, KERAS), site.config.integer("k", minimum=None)
    if site.entry.name == "diag" and x.rank > 2:
        site.refuse(f"its input has {x.rank} axes; Keras takes one or two")
    if site.entry.name == "diag" and x.rank == 2 and k:
        site.config.refuse("k", k, "may lie beyond the batch, which is the first axis of its input; use diagonal")
    return site.new(f"{site.entry.torch[0]}({x}{f', {k}' if k else ''})", KERAS)


def emit_diagonal(site: Site) -> Value:
    """torch.diagonal; its axis is the last one, as Keras has it."""
    return site.new(_diagonal(site), KERAS)


def emit_trace(site: Site) -> Value:
    """The sum of the diagonal: torch.trace takes a single matrix."""
    if not site.x.dtype.startswith("float"):
        site.refuse(f"it is called on {site.x.dtype}; floats alone are translated")
    return site.new(f"{_diagonal(site)}.sum(dim=-1)", KERAS)


def _diagonal(site: Site) -> str:
    x = site.take(site.x, KERAS)
    offset, first, second = (site.config.integer(name, minimum=None) for name in ("offset", "axis1", "axis2"))
    if not all(-x.rank <= axis < x.rank for axis in (first, second)) or first % x.rank == second % x.rank:
        site.config.refuse("axis2", second, f"should be with axis1={first} two axes of a tensor of {x.rank}")
    return f"torch.diagonal({x}, {offset}, {first % x.rank}, {second % x.rank})"


def _triangle(name: str, class_name: str, says: str, aliases: tuple[str, ...]) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(f"torch.{name}",),
        says=says,
        emit=emit_triangle,
        kind="operation",
        arguments=(Argument("x", "input"), Argument("k", "diagonal", 0)),
        cases=(
            Case("defaults", {}, x=(2, 4, 5)),
            Case("above", {"k": 1}, x=(2, 4, 4)),
            Case("below", {"k": -2}, x=(2, 3, 5, 4)),
            Case("whole-numbers", {"k": 1}, x=(2, 3, 4), draw="ids:9"),
            Case("unknown-sizes", {}, x=(2, 4, 5), declared=(None, None)),
        ),
        aliases=aliases,
        stored=stored(class_name),
        layout="last",
    )


Triu = _triangle("triu", "Triu", "Zeros below a diagonal.", ("np.triu", "tf.linalg.band_part", "upper triangle"))
Tril = _triangle("tril", "Tril", "Zeros above a diagonal.", ("np.tril", "lower triangle", "causal mask"))
Diag = Entry(
    keras="keras.ops.diag",
    torch=("torch.diag",),
    says="The diagonal of a matrix, or the matrix with a vector as its diagonal.",
    emit=emit_diag,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("k", "diagonal", 0)),
    cases=(
        Case("vector", {}, x=(3,), declared=()),
        Case("vector-above", {"k": 1}, x=(3,), declared=()),
        Case("matrix", {}, x=(3, 4)),
    ),
    aliases=("np.diag", "tf.linalg.diag"),
    stored=stored("Diag"),
    layout="last",
)
Diagflat = Entry(
    keras="keras.ops.diagflat",
    torch=("torch.diagflat",),
    says="The matrix with all elements, in a row, as its diagonal.",
    emit=emit_diag,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("k", "offset", 0)),
    cases=(Case("matrix", {}, x=(2, 3)), Case("below", {"k": -1}, x=(2, 3, 2))),
    aliases=("np.diagflat",),
    stored=stored("Diagflat"),
    layout="last",
)
_PLANE = (
    Argument("x", "input"),
    Argument("offset", "offset", 0),
    Argument("axis1", "dim1", 0),
    Argument("axis2", "dim2", 1),
)
Diagonal = Entry(
    keras="keras.ops.diagonal",
    torch=("torch.diagonal",),
    says="The diagonal of two axes, as a new last axis.",
    emit=emit_diagonal,
    kind="operation",
    arguments=_PLANE,
    differences=(
        Difference(
            "axes-of-keras",
            "Keras counts the axes of (N, H, W, C); those of a channels-first image are 2 and 3.",
            case="square",
            swap=((", 0, 1, 2)", ", 0, 2, 3)"),),
        ),
    ),
    cases=(
        Case("square", {"axis1": 1, "axis2": 2}, x=(2, 4, 4, 4)),
        Case("above", {"offset": 1, "axis1": 1, "axis2": 2}, x=(2, 3, 5)),
        Case("below", {"offset": -1, "axis1": -1, "axis2": 1}, x=(2, 3, 4, 5)),
    ),
    aliases=("np.diagonal", "tf.linalg.diag_part"),
    stored=stored("Diagonal"),
    layout="last",
)
_OF_EYE = "keras.ops.eye on TensorFlow, which it is made with, has the wrong shape for some k of a wide matrix"
Trace = Entry(
    keras="keras.ops.trace",
    torch=("torch.diagonal", "torch.sum"),
    says="The sum of the diagonal of two axes.",
    emit=emit_trace,
    kind="operation",
    arguments=_PLANE,
    cases=(
        Case("square", {"axis1": 1, "axis2": 2}, x=(2, 4, 4, 4)),
        Case("above", {"offset": 1, "axis1": 1, "axis2": 2}, x=(2, 3, 5), oracle="torch", because=_OF_EYE),
        Case("below", {"offset": -1, "axis1": 1, "axis2": -1}, x=(2, 3, 4, 5)),
    ),
    aliases=("np.trace", "tf.linalg.trace", "torch.trace"),
    stored=stored("Trace"),
    layout="last",
)
