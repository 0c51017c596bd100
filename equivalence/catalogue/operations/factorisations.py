"""Factorisations of matrices, and what is made of singular values: qr, svd, rank, pseudoinverse, least squares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.matrix_parts import matrices
from equivalence.catalogue.operations.operation_parts import is_tensor, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry, refuse_without_counterpart
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


#: torch.linalg.pinv forgets in its gradient that singular values were cut off, which Keras does not, and the gradient
#: of torch.linalg.svd is NaN where two are equal, as zeros are. So it is written out, as a function of singular values
#: has it: Noferini, A formula for the Frechet derivative of a generalized matrix function, SIAM J. Matrix Anal. Appl.
#: 38 (2017).
_CUT = '''
def {name}(x: Tensor, ratio: float) -> Tensor:
    """The pseudoinverse, with singular values {below} `ratio` times the largest taken for zero."""
    u, s, vh = torch.linalg.svd(x.detach(), full_matrices=False)
    kept, change = s {compared} ratio * s[..., :1], x - x.detach()
    g = torch.where(kept, 1 / s.where(kept, 1.0), 0.0).unsqueeze(-1)
    inside, row = u.mT @ change @ vh.mT, s.unsqueeze(-2)
    mixed = kept.unsqueeze(-1) & ~kept.unsqueeze(-2)
    apart = torch.where(mixed, s.unsqueeze(-1) ** 2 - row**2, 1.0)
    one = torch.where(mixed, (inside + g * row * inside.mT) / apart, 0.0)
    other = torch.where(mixed, (inside.mT + g * row * inside) / apart, 0.0).mT
    turned = one + other - g * g.mT * inside.mT
    left = (change @ vh.mT - u @ inside) * g.mT**2
    right = g**2 * (u.mT @ change - inside @ vh)
    return ((u @ (turned + torch.diag_embed(g.squeeze(-1))) + left) @ vh + u @ right).mT
'''
CUT_PINV = _CUT.format(name="cut_pinv", below="up to", compared=">")
CUT_LSTSQ = _CUT.format(name="cut_below", below="below", compared=">=")


def emit_qr(site: Site) -> list[Value]:
    x, mode = matrices(site), site.config.choice("mode", "reduced", "complete")
    rows, columns = x.shape[-2:]
    if mode == "complete" and (rows is None or columns is None or rows > columns):
        site.config.refuse(
            "mode", mode, "of more rows than columns has no gradient in either, so that no case shows it"
        )
    more = "" if mode == "reduced" else ', mode="complete"'
    return site.many(f"torch.linalg.qr({x}{more})", [KERAS] * 2)


def emit_svd(site: Site) -> Value:
    """torch.linalg.svdvals; the vectors are refused."""
    site.config.flag("full_matrices")
    if site.config.flag("compute_uv"):
        site.config.refuse(
            "compute_uv",
            True,
            "asks for singular vectors, whose signs each library chooses for itself; torch.linalg.svd gives the same "
            "up to the sign of each pair",
        )
    return site.new(f"torch.linalg.svdvals({matrices(site)})", KERAS)


def emit_matrix_rank(site: Site) -> Value:
    """torch.linalg.matrix_rank; a tolerance is absolute."""
    x, tol = matrices(site), site.config.optional_number("tol")
    given = "" if tol is None else f", atol={literal(tol)}, rtol=0.0"
    return site.new(f"torch.linalg.matrix_rank({x}{given}).to(torch.int32)", KERAS)


def emit_pinv(site: Site) -> Value:
    """torch.linalg.pinv; without a ratio Keras on TensorFlow cuts at ten times torch's own."""
    x, ratio = matrices(site), site.config.optional_number("rcond")
    if ratio is not None:
        return site.new(f"{site.helper(CUT_PINV)}({x}, {literal(ratio)})", KERAS)
    return site.new(f"torch.linalg.pinv({x}, rtol=10 * max({x}.shape[-2:]) * torch.finfo({x}.dtype).eps)", KERAS)


def emit_lstsq(site: Site) -> Value:
    """The pseudoinverse times the right-hand side: the smallest solution, whatever the rank and the device."""
    left, right = operands(site, "a", "b")
    left = matrices(site, left)
    if left.rank != 2 or not is_tensor(right) or right.rank not in (1, 2) or not right.dtype.startswith("float"):
        site.refuse("it takes one matrix of floats, and a vector or a matrix of floats")
    if left.shape[0] != right.shape[0]:
        site.refuse(f"its operands have {left.shape[0]} and {right.shape[0]} rows")
    ratio = site.config.optional_number("rcond")
    if ratio is not None and ratio < 0:
        site.config.refuse("rcond", ratio, "should not be negative")
    inverse = f"torch.linalg.pinv({left})"
    if ratio is not None:
        inverse = f"{site.helper(CUT_LSTSQ)}({left}, {literal(ratio)})"
    return site.new(f"{inverse} @ {site.take(right)}", KERAS)


Qr = Entry(
    keras="keras.ops.qr",
    torch=("torch.linalg.qr",),
    says="An orthogonal and an upper triangular factor.",
    emit=emit_qr,
    kind="operation",
    arguments=(Argument("x", "A"), Argument("mode", "mode", "reduced")),
    cases=(
        Case("tall", {}, x=(2, 5, 3)),
        Case("square", {}, x=(2, 4, 4)),
        Case("wide", {}, x=(2, 3, 5)),
        Case("complete", {"mode": "complete"}, x=(2, 3, 5)),
    ),
    aliases=("tf.linalg.qr", "np.linalg.qr", "torch.qr"),
    stored=stored("Qr", "linalg"),
    layout="last",
)
Svd = Entry(
    keras="keras.ops.svd",
    torch=("torch.linalg.svdvals",),
    says="Singular values, and singular vectors with them.",
    emit=emit_svd,
    kind="operation",
    arguments=(
        Argument("x", "A"),
        Argument("full_matrices", "full_matrices", True),
        Argument(
            "compute_uv",
            None,
            True,
            note="a port is refused where it is True: torch.linalg.svd returns the same (u, s, vh), but for the sign "
            "of each pair of vectors, which no library promises",
        ),
    ),
    cases=(
        Case("values", {"compute_uv": False}, x=(2, 5, 3)),
        Case("wide", {"compute_uv": False, "full_matrices": False}, x=(2, 3, 5)),
    ),
    aliases=("tf.linalg.svd", "np.linalg.svd", "torch.linalg.svd", "torch.svd"),
    stored=stored("SVD", "linalg"),
    layout="last",
)
MatrixRank = Entry(
    keras="keras.ops.matrix_rank",
    torch=("torch.linalg.matrix_rank",),
    says="How many singular values are more than a tolerance.",
    emit=emit_matrix_rank,
    kind="operation",
    arguments=(Argument("x", "A"), Argument("tol", "atol", None, note="absolute; torch's rtol=0.0 goes with it")),
    differences=(
        Difference(
            "absolute",
            "tol is absolute; torch's rtol is a part of the largest singular value.",
            case="tolerance",
            swap=(("atol=2.0, rtol=0.0", "rtol=0.25"),),
        ),
    ),
    cases=(
        Case("defaults", {}, x=(2, 5, 3)),
        Case("tolerance", {"tol": 2.0}, x=(7, 4, 4)),
        Case("not-full", {}, x=(3, 4, 5), draw="one-hot"),
    ),
    aliases=("tf.linalg.matrix_rank", "np.linalg.matrix_rank"),
    stored=stored("MatrixRank", "linalg"),
    layout="last",
)
Pinv = Entry(
    keras="keras.ops.pinv",
    torch=("torch.linalg.pinv",),
    says="The pseudoinverse; singular values below a part of the largest count as zero.",
    emit=emit_pinv,
    kind="operation",
    arguments=(
        Argument("x", "A"),
        Argument(
            "rcond",
            "rtol",
            None,
            how="10 * max(m, n) * eps for None",
            note="torch's default is max(m, n) * eps; the gradient knows what was cut off in Keras alone",
        ),
    ),
    differences=(
        Difference(
            "gradient",
            "What rcond cuts off is cut off in Keras's gradient too, but not in torch.linalg.pinv's.",
            case="ratio",
            swap=(("cut_pinv({x}, 0.5)", "torch.linalg.pinv({x}, rtol=0.5)"),),
            seen_in="gradients",
        ),
    ),
    cases=(
        Case("defaults", {}, x=(2, 5, 3)),
        Case("wide", {}, x=(2, 3, 5)),
        Case("ratio", {"rcond": 0.5}, x=(7, 4, 3)),
        Case("ratio-of-wide", {"rcond": 0.5}, x=(3, 5)),
    ),
    aliases=("tf.linalg.pinv", "np.linalg.pinv", "torch.pinverse"),
    stored=stored("Pinv", "linalg"),
    layout="last",
)
Lstsq = Entry(
    keras="keras.ops.lstsq",
    torch=("torch.linalg.pinv",),
    says="The x with the smallest |a @ x - b|, and of those the smallest one.",
    emit=emit_lstsq,
    kind="operation",
    arguments=(
        Argument("a", "A"),
        Argument("b", None, note="torch.linalg.lstsq(a, b).solution is the same where a has full rank"),
        Argument("rcond", "rtol", None),
    ),
    cases=(
        Case("matrices", {}, x=[(6, 3), (6, 2)]),
        Case("vector", {}, x=[(6, 3), (6,)]),
        Case("ratio", {"rcond": 0.5}, x=[(6, 3), (6, 2)]),
    ),
    aliases=("np.linalg.lstsq", "torch.linalg.lstsq", "tf.linalg.lstsq"),
    stored=stored("Lstsq", "linalg"),
    layout="last",
)


def _without(name: str, class_name: str, says: str, because: str, *aliases: str, draw: str = "normal") -> Entry:
    """An entry of what no port can be held to."""
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(),
        says=says,
        emit=refuse_without_counterpart,
        kind="operation",
        arguments=(Argument("x", "A"),),
        no_counterpart=because,
        cases=(Case("defaults", {}, x=(2, 4, 4), draw=draw),),
        aliases=(f"tf.linalg.{name}", f"np.linalg.{name}", *aliases),
        stored=stored(class_name, "linalg"),
        layout="last",
    )


Eigh = _without(
    "eigh",
    "Eigh",
    "Eigenvalues and eigenvectors of symmetric matrices.",
    "each library chooses the signs of eigenvectors for itself; call torch.linalg.eigh, whose values are the same and "
    "whose vectors are so up to their signs, and use what does not depend on them",
    "torch.linalg.eigh",
    draw="positive-definite",
)
Eig = _without(
    "eig",
    "Eig",
    "Complex eigenvalues and eigenvectors of square matrices.",
    "neither the order of eigenvalues nor the scale of eigenvectors is the same in any two libraries; call "
    "torch.linalg.eig and use what depends on neither",
    "torch.linalg.eig",
)
LuFactor = _without(
    "lu_factor",
    "LuFactor",
    "Triangular factors in one matrix, and how rows were exchanged.",
    "Keras returns a permutation on TensorFlow and pivots, which mean something else, on its other backends; call "
    "torch.linalg.lu_factor, whose pivots count from 1, or torch.linalg.lu, whose permutation is a matrix",
    "torch.linalg.lu_factor",
    "scipy.linalg.lu_factor",
    "tf.linalg.lu",
)
