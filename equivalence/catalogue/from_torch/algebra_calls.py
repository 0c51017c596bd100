"""Products, linear algebra and Fourier transforms of torch."""

from __future__ import annotations

from equivalence.catalogue.from_torch.torch_rows import FromTorch, nothing, op

_NONE = "it is complex, or not unique"


def _added(name: str, arguments: str, product: str, case: str) -> FromTorch:
    """beta * input + alpha * a product."""
    text = f"(input if beta == 1 else beta * input) + ({product} if alpha == 1 else alpha * {product})"
    return op(
        f"{name}(input, {arguments}, *, beta=1, alpha=1)",
        text,
        f"torch.{name}({case})",
        f"torch.{name}({case}, beta=0.5, alpha=2)",
    )


ROWS = (
    op(
        "matmul(input, other)",
        "ops.matmul",
        "torch.matmul(matrix, matrix_2)",
        "torch.matmul(batch, batch_2)",
        "torch.matmul(batch, vector)",
    ),
    op("linalg.matmul(input, other)", "ops.matmul(input, other)", "torch.linalg.matmul(batch, batch_2)"),
    op("mm(input, mat2)", "ops.matmul(input, mat2)", "torch.mm(matrix, matrix_2)"),
    op("bmm(input, mat2)", "ops.matmul(input, mat2)", "torch.bmm(batch, batch_2)"),
    op("mv(input, vec)", "ops.matmul(input, vec)", "torch.mv(matrix, vector)"),
    op("dot(input, tensor)", "ops.dot(input, tensor)", "torch.dot(vector, vector_2)"),
    op("vdot(input, other)", "ops.vdot", "torch.vdot(vector, vector_2)"),
    op("inner(input, other)", "ops.inner", "torch.inner(vector, vector_2)"),
    op("outer(input, vec2)", "ops.outer(input, vec2)", "torch.outer(row, vector)", also=("torch.ger",)),
    op("kron(input, other)", "ops.kron", "torch.kron(matrix, matrix_2)"),
    op(
        "cross(input, other, dim=-1)",
        "ops.cross(input, other, axis=-1)",
        "torch.cross(triples, triples_2, dim=-1)",
        notes={"dim": "of another one move it to the end with keras.ops.moveaxis"},
    ),
    op(
        "linalg.cross(input, other, *, dim=-1)",
        "ops.cross(input, other, axis=-1)",
        "torch.linalg.cross(triples, triples_2)",
        notes={"dim": "of another one move it to the end with keras.ops.moveaxis"},
    ),
    op(
        "linalg.vecdot(x, y, *, dim=-1)",
        "ops.sum(x * y, axis=always(dim))",
        "torch.linalg.vecdot(x, y)",
        "torch.linalg.vecdot(x, y, dim=1)",
        notes={"x": "of complex numbers keras.ops.conj(x)"},
    ),
    op(
        "tensordot(a, b, dims=2)",
        "ops.tensordot(a, b, axes=dims)",
        "torch.tensordot(x, y, dims=3)",
        "torch.tensordot(x, y, dims=([1, 2], [1, 2]))",
    ),
    op(
        "einsum(equation, *operands)",
        "ops.einsum(equation, *operands)",
        "torch.einsum('bij,bjk->bik', batch, batch_2)",
        "torch.einsum('i,j->ij', row, vector)",
    ),
    op(
        "chain_matmul(*matrices)",
        "chain(matrices)",
        "torch.chain_matmul(matrix, matrix_2)",
        helper='''
def chain(matrices):
    """Their product, from the left."""
    first, *rest = matrices
    for each in rest:
        first = keras.ops.matmul(first, each)
    return first
''',
    ),
    op(
        "linalg.multi_dot(tensors)",
        "chain(tensors)",
        "torch.linalg.multi_dot([matrix, matrix_2])",
        helper='''
def chain(matrices):
    """Their product, from the left."""
    first, *rest = matrices
    for each in rest:
        first = keras.ops.matmul(first, each)
    return first
''',
    ),
    _added("addmm", "mat1, mat2", "ops.matmul(mat1, mat2)", "matrix_3, matrix, matrix_2"),
    _added("addmv", "mat, vec", "ops.matmul(mat, vec)", "vector_3, matrix, vector"),
    _added("addr", "vec1, vec2", "ops.outer(vec1, vec2)", "matrix_4, row, vector"),
    _added("baddbmm", "batch1, batch2", "ops.matmul(batch1, batch2)", "batch_3, batch, batch_2"),
    _added("addbmm", "batch1, batch2", "ops.sum(ops.matmul(batch1, batch2), axis=0)", "matrix_3, batch, batch_2"),
    op(
        "cdist(x1, x2, p=2.0)",
        "ops.norm(x1[..., :, None, :] - x2[..., None, :, :], ord=always(p), axis=-1)",
        "torch.cdist(batch, batch_9)",
        "torch.cdist(batch, batch_9, p=1.0)",
        watch=("keras.ops.cdist is p=2.",),
    ),
    op(
        "linalg.matrix_power(A, n)",
        "matrix_power(A, n)",
        "torch.linalg.matrix_power(square, 3)",
        "torch.linalg.matrix_power(square, -2)",
        helper='''
def matrix_power(x, n):
    """n times the matrix; of a negative n its inverse."""
    x = keras.ops.inv(x) if n < 0 else x
    found = keras.ops.broadcast_to(keras.ops.eye(x.shape[-1], dtype=x.dtype), x.shape)
    for _ in range(abs(n)):
        found = keras.ops.matmul(found, x)
    return found
''',
        also=("torch.matrix_power",),
    ),
    op("det(input)", "ops.det(input)", "torch.det(square)"),
    op("linalg.det(A)", "ops.det", "torch.linalg.det(square)"),
    op("logdet(input)", "ops.logdet(input)", "torch.logdet(definite)"),
    op("slogdet(input)", "ops.slogdet(input)", "torch.slogdet(square)"),
    op("linalg.slogdet(A)", "ops.slogdet", "torch.linalg.slogdet(square)"),
    op("inverse(input)", "ops.inv(input)", "torch.inverse(square)"),
    op("linalg.inv(A)", "ops.inv", "torch.linalg.inv(square)"),
    op(
        "pinverse(input, rcond=1e-15)",
        "ops.pinv(input)",
        "torch.pinverse(matrix)",
        notes={"rcond": "rcond"},
        gradients=False,
        because=_NONE,
    ),
    op(
        "linalg.pinv(A, *, rtol=None)",
        "ops.pinv(A)",
        "torch.linalg.pinv(matrix)",
        gradients=False,
        because=_NONE,
        notes={"rtol": "rcond"},
    ),
    op(
        "cholesky(input, upper=False)",
        "ops.cholesky(input, upper=upper)",
        "torch.cholesky(definite)",
        gradients=False,
        because="of a matrix that is symmetric the gradient is one of several",
    ),
    op(
        "linalg.cholesky(A, *, upper=False)",
        "ops.cholesky",
        "torch.linalg.cholesky(definite)",
        "torch.linalg.cholesky(definite, upper=True)",
        gradients=False,
        because="of a matrix that is symmetric the gradient is one of several",
    ),
    op(
        "cholesky_inverse(input, upper=False)",
        "ops.inv(ops.matmul(input, ops.swapaxes(input, -1, -2)))",
        "torch.cholesky_inverse(lower)",
        notes={"upper": "False alone"},
        gradients=False,
        because="torch reads one triangle alone",
    ),
    op(
        "cholesky_solve(B, L, upper=False)",
        "ops.solve(ops.matmul(L, ops.swapaxes(L, -1, -2)), B)",
        "torch.cholesky_solve(four_rows, lower)",
        notes={"upper": "False alone"},
        gradients=False,
        because="torch reads one triangle alone",
    ),
    op(
        "linalg.solve(A, B, *, left=True)",
        "ops.solve(A, B)",
        "torch.linalg.solve(square_2, four_rows)",
        notes={"left": "True alone"},
    ),
    op(
        "linalg.solve_triangular(A, B, *, upper, left=True, unitriangular=False)",
        "ops.solve_triangular(A, B, lower=not upper)",
        "torch.linalg.solve_triangular(lower, four_rows, upper=False)",
        notes={"left": "True alone", "unitriangular": "False alone"},
        gradients=False,
        because="torch reads one triangle alone",
    ),
    op(
        "triangular_solve(b, A, upper=True)",
        "(ops.solve_triangular(A, b, lower=not upper), A)",
        "torch.triangular_solve(four_rows, lower, upper=False)",
        gradients=False,
        because="torch reads one triangle alone",
    ),
    op("linalg.qr(A, mode='reduced')", "ops.qr", "torch.linalg.qr(matrix)", gradients=False, because=_NONE),
    op(
        "qr(input, some=True)",
        "ops.qr(input, mode='reduced' if some else 'complete')",
        "torch.qr(matrix)",
        gradients=False,
        because=_NONE,
    ),
    op("linalg.svdvals(A)", "ops.svd(A, compute_uv=False)", "torch.linalg.svdvals(matrix)"),
    op(
        "linalg.eigvalsh(A, UPLO='L')",
        "ops.eigh(A)[0]",
        "torch.linalg.eigvalsh(definite)",
        notes={"UPLO": "the matrix is symmetric"},
        gradients=False,
        because=_NONE,
    ),
    op("linalg.matrix_rank(A)", "ops.matrix_rank", "torch.linalg.matrix_rank(matrix)"),
    op(
        "linalg.cond(A, p=None)",
        "ops.max(ops.svd(A, compute_uv=False), axis=-1) / ops.min(ops.svd(A, compute_uv=False), axis=-1)",
        "torch.linalg.cond(square_2)",
        gradients=False,
        because=_NONE,
        notes={"p": "None alone"},
    ),
    op(
        "linalg.norm(A, ord=None, dim=None, keepdim=False)",
        "ops.norm(ops.reshape(A, (-1,))) if ord is None and dim is None else "
        "ops.norm(A, ord=ord, axis=dim, keepdims=keepdim)",
        "torch.linalg.norm(x)",
        "torch.linalg.norm(x, dim=1)",
        "torch.linalg.norm(matrix, ord=1, dim=-1, keepdim=True)",
    ),
    op(
        "linalg.vector_norm(x, ord=2, dim=None, keepdim=False)",
        "ops.norm(ops.reshape(x, (-1,)), ord=always(ord)) if dim is None else "
        "ops.norm(x, ord=always(ord), axis=dim, keepdims=keepdim)",
        "torch.linalg.vector_norm(x)",
        "torch.linalg.vector_norm(x, 1, -1)",
        "torch.linalg.vector_norm(x, dim=1, keepdim=True)",
    ),
    op(
        "linalg.matrix_norm(A, ord='fro', dim=(-2, -1), keepdim=False)",
        "ops.norm(A, ord=always(ord), axis=always(dim), keepdims=keepdim)",
        "torch.linalg.matrix_norm(square)",
        "torch.linalg.matrix_norm(square, 1)",
    ),
    op(
        "linalg.tensorinv(A, ind=2)",
        "ops.reshape(ops.inv(ops.reshape(A, (math.prod(A.shape[:ind]), -1))), A.shape[ind:] + A.shape[:ind])",
        "torch.linalg.tensorinv(square_2, 1)",
        notes={"ind": "how many axes are rows"},
    ),
    *nothing(
        "The factors that it gives are for another call of torch's; call the function that uses them: keras.ops.inv, "
        "keras.ops.solve, keras.ops.lstsq, keras.ops.qr.",
        *(f"torch.{name}()" for name in "geqrf orgqr ormqr lu_solve lu_unpack lu".split()),
        *(
            f"torch.linalg.{name}()"
            for name in """cholesky_ex inv_ex solve_ex ldl_factor ldl_factor_ex ldl_solve lu lu_factor
               lu_factor_ex lu_solve householder_product""".split()
        ),
    ),
    *nothing(
        "Eigenvectors and singular vectors are determined but for their signs, so nothing can be held against each "
        "other "
        "number by number; keras.ops.svd, keras.ops.eigh and keras.ops.eig give them, keras.ops.lstsq the least "
        "squares.",
        "torch.svd(input, some=True, compute_uv=True)",
        "torch.linalg.svd(A, full_matrices=True)",
        "torch.linalg.eigh(A, UPLO='L')",
        "torch.linalg.eig(A)",
        "torch.linalg.eigvals(A)",
        "torch.linalg.lstsq(A, B)",
    ),
    *nothing(
        "Keras has no such function; write it in keras.ops, or call the backend's own.",
        "torch.matrix_exp(input)",
        "torch.linalg.matrix_exp(A)",
        "torch.linalg.tensorsolve(A, B)",
        "torch.lobpcg(A)",
        "torch.svd_lowrank(A)",
        "torch.pca_lowrank(A)",
        *(
            f"torch.fft.{name}(input)"
            for name in "fftn ifftn rfft2 irfft2 rfftn irfftn hfft ihfft hfft2 ihfft2 hfftn ihfftn".split()
        ),
    ),
)
