"""Functions of square matrices: decompositions, determinants, inverses, and what they solve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.matrix_parts import matrices, matrix_function
from equivalence.catalogue.operations.operation_parts import is_tensor, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_function(site: Site) -> Value:
    """The torch function of the same meaning, on square matrices."""
    return site.new(f"{site.entry.torch[0]}({matrices(site, square=True)})", KERAS)


def emit_cholesky(site: Site) -> Value:
    upper = ", upper=True" if site.config.flag("upper") else ""
    return site.new(f"torch.linalg.cholesky({matrices(site, square=True)}{upper})", KERAS)


def emit_cholesky_inverse(site: Site) -> Value:
    """torch.cholesky_inverse of that triangle alone: else its gradient is not zero in the other."""
    upper = site.config.flag("upper")
    triangle = f"{matrices(site, square=True)}.{'triu' if upper else 'tril'}()"
    return site.new(f"torch.cholesky_inverse({triangle}{', upper=True' if upper else ''})", KERAS)


def emit_slogdet(site: Site) -> list[Value]:
    return site.many(f"torch.linalg.slogdet({matrices(site, square=True)})", [KERAS] * 2)


def emit_solve(site: Site) -> Value:
    left, right, _ = _system(site)
    return site.new(f"torch.linalg.solve({left}, {right})", KERAS)


def emit_solve_triangular(site: Site) -> Value:
    """torch.linalg.solve_triangular, which takes matrices alone on the right."""
    left, right, vectors = _system(site)
    upper = not site.config.flag("lower")
    columns = f"{right}.unsqueeze(-1)" if vectors else f"{right}"
    text = f"torch.linalg.solve_triangular({left}, {columns}, upper={upper})"
    return site.new(f"{text}.squeeze(-1)" if vectors else text, KERAS)


def _system(site: Site) -> tuple[Value, Value, bool]:
    """Matrices, right-hand sides, and whether the latter are vectors: of one axis less."""
    left, right = operands(site, "a", "b")
    if not is_tensor(right) or not right.dtype.startswith("float"):
        site.refuse("its right-hand side is no tensor of floats")
    left, right = matrices(site, left, square=True), site.take(right, KERAS)
    if left.rank - right.rank not in (0, 1):
        site.refuse(f"its right-hand side {right.shape} has neither as many axes as {left.shape} nor one less")
    return left, right, right.rank < left.rank


_SQUARE = (2, 4, 4)

Det = matrix_function(
    "det", "Det", "The determinant.", "torch.linalg.det", emit_function, "linalg", "linalg.det", also=("torch.det",)
)
Inv = matrix_function("inv", "Inv", "The inverse matrix.", "torch.linalg.inv", emit_function, "linalg", "linalg.inv")
Logdet = matrix_function(
    "logdet",
    "Logdet",
    "The logarithm of the determinant of a positive definite matrix.",
    "torch.logdet",
    emit_function,
    "math",
    "linalg.logdet",
    draw="positive-definite",
)
Slogdet = matrix_function(
    "slogdet",
    "Slogdet",
    "Sign and logarithm of the size of the determinant.",
    "torch.linalg.slogdet",
    emit_slogdet,
    "numpy",
    also=("torch.slogdet",),
)
Cholesky = Entry(
    keras="keras.ops.cholesky",
    torch=("torch.linalg.cholesky",),
    says="The triangular factor of a positive definite matrix.",
    emit=emit_cholesky,
    kind="operation",
    arguments=(Argument("x", "A"), Argument("upper", "upper", False)),
    differences=(
        Difference(
            "triangle",
            "The factor is lower triangular unless upper=True, in both; scipy.linalg.cholesky makes the upper one.",
            case="defaults",
            swap=(("cholesky({x})", "cholesky({x}, upper=True)"),),
        ),
    ),
    cases=(
        Case("defaults", {}, x=_SQUARE, draw="positive-definite"),
        Case("upper", {"upper": True}, x=_SQUARE, draw="positive-definite"),
    ),
    aliases=("tf.linalg.cholesky", "np.linalg.cholesky"),
    stored=stored("Cholesky", "linalg", "linalg.cholesky"),
    layout="last",
)
CholeskyInverse = Entry(
    keras="keras.ops.cholesky_inverse",
    torch=("torch.cholesky_inverse",),
    says="The inverse of a matrix out of its triangular factor.",
    emit=emit_cholesky_inverse,
    kind="operation",
    arguments=(Argument("x", "L"), Argument("upper", "upper", False)),
    differences=(
        Difference(
            "takes-the-factor",
            "It takes the factor and not the matrix, and inverts factor @ factor.T.",
            case="defaults",
            swap=(("torch.cholesky_inverse({x}.tril())", "torch.linalg.inv({x})"),),
        ),
        Difference(
            "other-triangle",
            "Both look at one triangle alone, but the gradient that torch gives is not zero in the other.",
            case="defaults",
            swap=((".tril()", ""),),
            seen_in="gradients",
        ),
    ),
    cases=(
        Case("defaults", {}, x=_SQUARE, draw="positive-definite"),
        Case("upper", {"upper": True}, x=_SQUARE, draw="positive-definite"),
    ),
    stored=stored("CholeskyInverse", "linalg"),
    layout="last",
)
Solve = Entry(
    keras="keras.ops.solve",
    torch=("torch.linalg.solve",),
    says="The solution x of a @ x = b.",
    emit=emit_solve,
    kind="operation",
    arguments=(Argument("a", "A"), Argument("b", "B")),
    differences=(
        Difference(
            "not-the-inverse-behind",
            "The inverse of a stands before b; b @ a.inverse() solves x @ a = b.",
            case="square",
            swap=(("torch.linalg.solve({x}, {x})", "torch.linalg.solve({x}.mT, {x}.mT).mT"),),
        ),
    ),
    cases=(
        Case("matrices", {}, x=[_SQUARE, (2, 4, 3)]),
        Case("square", {}, x=[_SQUARE, _SQUARE]),
        Case("vectors", {}, x=[_SQUARE, (2, 4)]),
    ),
    aliases=("tf.linalg.solve", "np.linalg.solve"),
    stored=stored("Solve", "linalg"),
    layout="last",
)
SolveTriangular = Entry(
    keras="keras.ops.solve_triangular",
    torch=("torch.linalg.solve_triangular",),
    says="The solution x of a @ x = b for a triangular a; the other triangle is never looked at.",
    emit=emit_solve_triangular,
    kind="operation",
    arguments=(
        Argument("a", "A"),
        Argument("b", "B"),
        Argument("lower", "upper", False, how="not lower"),
    ),
    differences=(
        Difference(
            "lower-and-upper",
            "Keras says lower, torch upper: the flag is the other way round.",
            case="matrices",
            swap=(("upper=True", "upper=False"),),
        ),
    ),
    cases=(
        Case("matrices", {}, x=[_SQUARE, (2, 4, 3)], draw=["positive-definite", "normal"]),
        Case("lower-vectors", {"lower": True}, x=[_SQUARE, (2, 4)], draw=["positive-definite", "normal"]),
    ),
    aliases=("tf.linalg.triangular_solve", "scipy.linalg.solve_triangular", "torch.triangular_solve"),
    stored=stored("SolveTriangular", "linalg"),
    layout="last",
)
