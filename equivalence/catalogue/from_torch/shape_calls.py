"""Functions of torch, and methods of its tensors, that move, join, cut or copy: axes are torch's own, in both."""

from __future__ import annotations

from collections.abc import Callable

from equivalence.catalogue.from_torch.torch_rows import nothing, op, row
from equivalence.translation.keras_templates import Given

_AXES = "Axes are counted as in torch; of an image the channels are the last axis in Keras."


def _parts(name: str) -> Callable[[Given], str]:
    """torch's size of each part, or the sizes: Keras wants how many, or where to cut."""

    def write(given: Given) -> str:
        sizes = given.of(name)
        dim = "axis=always(dim)"
        if isinstance(sizes, (list, tuple)):
            cuts = [sum(sizes[: place + 1]) for place in range(len(sizes) - 1)]
            return f"keras.ops.split({_first(given)}, {cuts!r}, {dim})"
        first = _first(given)
        return f"keras.ops.split({first}, list(range({name}, {first}.shape[dim], {name})), {dim})"

    return write


def _first(given: Given) -> str:
    return next(name for name in ("tensor", "input", "self") if given.has(name))


EXPAND = '''
def expand(x, sizes):
    """Broadcast to sizes, of which -1 is what it is."""
    known = (1,) * (len(sizes) - len(x.shape)) + tuple(x.shape)
    return keras.ops.broadcast_to(
        x, tuple(old if new == -1 else new for new, old in zip(sizes, known))
    )
'''
UNFOLD = '''
def windows(x, dim, size, step):
    """All windows of `size` along a dimension, every `step`; what is in them becomes the last axis."""
    starts = range(0, x.shape[dim] - size + 1, step)
    moved = keras.ops.moveaxis(x, dim, -1)
    parts = keras.ops.stack([moved[..., start : start + size] for start in starts], axis=-2)
    return keras.ops.moveaxis(parts, -2, dim)
'''
DIAGONAL = '''
def diag_embed(x, offset, dim1, dim2):
    """Matrices whose diagonal is the last axis."""
    size = x.shape[-1] + abs(offset)
    eye = keras.ops.cast(keras.ops.eye(size, k=offset), x.dtype)
    padding = [(0, 0)] * (len(x.shape) - 1) + [(max(-offset, 0), max(offset, 0))]
    rows = keras.ops.pad(x, padding)
    return keras.ops.moveaxis(rows[..., :, None] * eye, (-2, -1), (dim1, dim2))
'''
ROWS = (
    op("reshape(input, shape)", "ops.reshape(input, shape)", "torch.reshape(x, (4, 6))", "torch.reshape(x, (-1, 3))"),
    row("Tensor.reshape(self, *shape)", "keras.ops.reshape(self, shape)", "x.reshape(4, 6)", "x.reshape((2, -1))"),
    row(
        "Tensor.view(self, *shape)",
        "keras.ops.reshape(self, shape)",
        "x.view(4, 6)",
        "x.view(2, -1)",
        watch=("torch's view shares memory with its tensor, Keras's result never does.",),
    ),
    row("Tensor.view_as(self, other)", "keras.ops.reshape(self, other.shape)", "x.view_as(y)"),
    row("Tensor.reshape_as(self, other)", "keras.ops.reshape(self, other.shape)", "x.reshape_as(y)"),
    op(
        "permute(input, dims)",
        "ops.transpose(input, dims)",
        "torch.permute(x, (2, 0, 1))",
        also=("torch.permute_copy",),
    ),
    row("Tensor.permute(self, *dims)", "keras.ops.transpose(self, dims)", "x.permute(2, 0, 1)", "x.permute((0, 2, 1))"),
    op(
        "transpose(input, dim0, dim1)",
        "ops.swapaxes(input, dim0, dim1)",
        "torch.transpose(x, 0, 2)",
        "x.transpose(1, -1)",
        also=("torch.swapaxes", "torch.swapdims", "torch.transpose_copy"),
    ),
    op("t(input)", "ops.transpose(input)", "torch.t(matrix)", "matrix.t()"),
    op(
        "adjoint(input)",
        "ops.conj(ops.swapaxes(input, -1, -2))",
        "torch.adjoint(complex_1)",
        gradients=False,
        because="it is complex",
    ),
    op(
        "movedim(input, source, destination)",
        "ops.moveaxis(input, source, destination)",
        "torch.movedim(x, 0, 2)",
        also=("torch.moveaxis",),
    ),
    op(
        "squeeze(input, dim=None)",
        "ops.squeeze(input, axis=dim)",
        "torch.squeeze(column)",
        "torch.squeeze(column, 1)",
        watch=("keras.ops.squeeze refuses an axis that is longer than 1, torch leaves it.",),
    ),
    op("unsqueeze(input, dim)", "ops.expand_dims(input, dim)", "torch.unsqueeze(x, 1)", "x.unsqueeze(-1)"),
    row(
        "Tensor.expand(self, *sizes)",
        "expand(self, sizes)",
        "column.expand(3, 4)",
        "column.expand(2, -1, 4)",
        helper=EXPAND,
    ),
    row("Tensor.expand_as(self, other)", "keras.ops.broadcast_to(self, other.shape)", "row.expand_as(x)"),
    op("broadcast_to(input, size)", "ops.broadcast_to(input, size)", "torch.broadcast_to(row, (2, 3, 4))"),
    op(
        "broadcast_tensors(*tensors)",
        "[ops.broadcast_to(each, np.broadcast_shapes(*(other.shape for other in tensors))) for each in tensors]",
        "torch.broadcast_tensors(column, row)",
    ),
    op("broadcast_shapes(*shapes)", "np.broadcast_shapes(*shapes)", "torch.broadcast_shapes((3, 1), (1, 4))"),
    row("Tensor.repeat(self, *repeats)", "keras.ops.tile(self, repeats)", "x.repeat(2, 1, 3)", "x.repeat(2, 1, 1, 1)"),
    op("tile(input, dims)", "ops.tile(input, dims)", "torch.tile(x, (2, 1, 3))"),
    row("Tensor.tile(self, *dims)", "keras.ops.tile(self, dims)", "x.tile(2, 1, 3)"),
    op(
        "repeat_interleave(input, repeats, dim=None)",
        "ops.repeat",
        "torch.repeat_interleave(x, 2)",
        "torch.repeat_interleave(x, 2, dim=1)",
    ),
    op(
        "cat(tensors, dim=0)",
        "ops.concatenate",
        "torch.cat([x, y])",
        "torch.cat((x, y), dim=1)",
        "torch.cat([x, y], -1)",
        also=("torch.concat", "torch.concatenate"),
    ),
    op("stack(tensors, dim=0)", "ops.stack", "torch.stack([x, y])", "torch.stack((x, y), -1)"),
    op("hstack(tensors)", "ops.hstack", "torch.hstack((x, y))"),
    op("vstack(tensors)", "ops.vstack", "torch.vstack((x, y))", also=("torch.row_stack",)),
    op("dstack(tensors)", "ops.dstack", "torch.dstack((x, y))"),
    op(
        "column_stack(tensors)",
        "ops.stack(tensors, axis=1)",
        "torch.column_stack((row, row_2))",
        notes={"tensors": "vectors; matrices are keras.ops.hstack"},
    ),
    op(
        "block_diag(*tensors)",
        "block_diag(tensors)",
        "torch.block_diag(matrix, matrix_2)",
        helper='''
def block_diag(tensors):
    """Matrices along the diagonal of one, zeros elsewhere."""
    width = sum(each.shape[1] for each in tensors)
    rows, start = [], 0
    for each in tensors:
        rows.append(keras.ops.pad(each, ((0, 0), (start, width - start - each.shape[1]))))
        start += each.shape[1]
    return keras.ops.concatenate(rows, axis=0)
''',
    ),
    row(
        "torch.split(tensor, split_size_or_sections, dim=0)",
        _parts("split_size_or_sections"),
        "torch.split(x, 2, dim=1)",
        "torch.split(x, [1, 2], dim=1)",
        watch=("torch is told the size of a part, keras.ops.split how many there are, or where to cut.",),
        also=("torch.unsafe_split",),
    ),
    row("Tensor.split(self, split_size, dim=0)", _parts("split_size"), "x.split(2, dim=1)", "x.split([1, 2], 1)"),
    row(
        "torch.split_with_sizes(input, split_sizes, dim=0)",
        _parts("split_sizes"),
        "torch.split_with_sizes(x, [1, 2], 1)",
        also=("torch.split_with_sizes_copy", "torch.unsafe_split_with_sizes", "torch.split_copy"),
    ),
    row(
        "torch.chunk(input, chunks, dim=0)",
        "keras.ops.split(input, list(range(-(-input.shape[dim] // chunks), "
        "input.shape[dim], -(-input.shape[dim] // chunks))), axis=always(dim))",
        "torch.chunk(x, 2, dim=1)",
        "torch.chunk(x, 2, -1)",
        also=("torch.unsafe_chunk",),
        watch=("keras.ops.split(x, chunks, axis) is the same where the size is a multiple of it.",),
    ),
    op(
        "tensor_split(input, indices_or_sections, dim=0)",
        "ops.array_split(input, indices_or_sections, axis=dim)",
        "torch.tensor_split(x, 2, dim=1)",
    ),
    op(
        "hsplit(input, indices_or_sections)",
        "ops.split(input, indices_or_sections, axis=1)",
        "torch.hsplit(x, [1])",
        "torch.hsplit(x, 3)",
    ),
    op("vsplit(input, indices_or_sections)", "ops.vsplit(input, indices_or_sections)", "torch.vsplit(x, 2)"),
    op("dsplit(input, indices_or_sections)", "ops.dsplit(input, indices_or_sections)", "torch.dsplit(x, 2)"),
    op(
        "unbind(input, dim=0)",
        "ops.unstack(input, axis=dim)",
        "torch.unbind(x)",
        "torch.unbind(x, 1)",
        also=("torch.unbind_copy",),
    ),
    op("flip(input, dims)", "ops.flip(input, axis=dims)", "torch.flip(x, (1, 2))", "torch.flip(x, [0])"),
    row("Tensor.flip(self, *dims)", "keras.ops.flip(self, axis=dims)", "x.flip(1, 2)", "x.flip(0)"),
    op(
        "roll(input, shifts, dims=None)",
        "ops.roll(input, shifts, axis=dims)",
        "torch.roll(x, 1)",
        "torch.roll(x, 2, 1)",
        "torch.roll(x, (1, 2), (0, 1))",
    ),
    op(
        "rot90(input, k=1, dims=(0, 1))",
        "ops.flip(input, axis=always(dims)) if k % 4 == 2 else ops.rot90(input, k=k, axes=dims)",
        "torch.rot90(x)",
        "torch.rot90(x, 2, (1, 2))",
        "torch.rot90(x, -1, (1, 2))",
        watch=("Keras on TensorFlow shuffles the elements in half a turn (k=2): it is a flip of both axes.",),
    ),
    op("tril(input, diagonal=0)", "ops.tril", "torch.tril(square)", "torch.tril(square, -1)"),
    op("triu(input, diagonal=0)", "ops.triu", "torch.triu(square)", "torch.triu(square, 1)"),
    op("diag(input, diagonal=0)", "ops.diag", "torch.diag(row)", "torch.diag(square_2, 1)"),
    op("diagflat(input, offset=0)", "ops.diagflat", "torch.diagflat(row)", "torch.diagflat(row, 1)"),
    op(
        "diagonal(input, offset=0, dim1=0, dim2=1)",
        "ops.diagonal",
        "torch.diagonal(square)",
        "torch.diagonal(square, 1, 1, 2)",
        also=("torch.diagonal_copy",),
    ),
    op(
        "linalg.diagonal(A, *, offset=0, dim1=-2, dim2=-1)",
        "ops.diagonal(A, offset=offset, axis1=always(dim1), axis2=always(dim2))",
        "torch.linalg.diagonal(square)",
    ),
    op(
        "diag_embed(input, offset=0, dim1=-2, dim2=-1)",
        "diag_embed(input, offset, dim1, dim2)",
        "torch.diag_embed(x)",
        "torch.diag_embed(x, 1)",
        helper=DIAGONAL,
    ),
    op("trace(input)", "ops.trace(input)", "torch.trace(square_2)"),
    op(
        "narrow(input, dim, start, length)",
        "ops.take(input, range(start, start + length), axis=dim)",
        "torch.narrow(x, 1, 1, 2)",
        also=("torch.narrow_copy",),
        notes={"dim": "or a slice: input[:, start : start + length]"},
    ),
    op(
        "select(input, dim, index)",
        "ops.take(input, index, axis=dim)",
        "torch.select(x, 1, 2)",
        also=("torch.select_copy",),
    ),
    row(
        "Tensor.unfold(self, dimension, size, step)",
        "windows(self, dimension, size, step)",
        "x.unfold(2, 2, 1)",
        "x.unfold(1, 2, 1)",
        helper=UNFOLD,
    ),
    op(
        "meshgrid(*tensors, indexing='ij')",
        "ops.meshgrid(*tensors, indexing=always(indexing))",
        "torch.meshgrid(row, vector, indexing='ij')",
        "torch.meshgrid(row, vector, indexing='xy')",
    ),
    op(
        "cartesian_prod(*tensors)",
        "ops.stack([ops.reshape(each, (-1,)) for each in ops.meshgrid(*tensors, indexing='ij')], axis=-1)",
        "torch.cartesian_prod(row, vector)",
    ),
    op(
        "combinations(input, r=2, with_replacement=False)",
        "combinations(input, r, with_replacement)",
        "torch.combinations(row)",
        "torch.combinations(row, 2, True)",
        helper='''
def combinations(x, r, with_replacement):
    """All choices of r numbers of a vector."""
    import itertools

    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    return keras.ops.take(x, np.array(list(choose(range(x.shape[0]), r))), axis=0)
''',
    ),
    op(
        "atleast_1d(*tensors)",
        "[ops.reshape(each, (-1,)) if len(each.shape) < 1 else each for each in tensors]",
        "torch.atleast_1d(scalar, row)",
    ),
    op(
        "atleast_2d(*tensors)",
        "[ops.reshape(each, (1, -1)) if len(each.shape) < 2 else each for each in tensors]",
        "torch.atleast_2d(scalar, row, matrix)",
    ),
    op(
        "atleast_3d(*tensors)",
        "[ops.reshape(each, (1, -1, 1)) if len(each.shape) < 2 else each[..., None] if "
        "len(each.shape) == 2 else each for each in tensors]",
        "torch.atleast_3d(scalar, row, matrix)",
    ),
    op("numel(input)", "ops.size(input)", "torch.numel(x)", also=("torch.Tensor.nelement",)),
    row(
        "Tensor.size(self, dim=None)",
        "self.shape if dim is None else self.shape[dim]",
        "x.size(1)",
        watch=("Unknown sizes are None in a functional model; keras.ops.shape(x)[1] is a tensor then.",),
    ),
    row("Tensor.dim(self)", "len(self.shape)", "x.dim()", also=("torch.Tensor.ndimension",)),
    row("Tensor.contiguous(self)", "self", "x.contiguous()", says="Keras's tensors always are."),
    row("Tensor.type_as(self, other)", "keras.ops.cast(self, other.dtype)", "whole.type_as(x)"),
    row(
        "Tensor.to(self, device: device, dtype=None)",
        "self if dtype is None else keras.ops.cast(self, dtype)",
        "x.to('cpu')",
        "x.to(torch.device('cpu'), torch.float64)",
        says="Keras places tensors itself.",
    ),
    row(
        "Tensor.to(self, dtype)",
        "keras.ops.cast(self, dtype)",
        "x.to(torch.int32)",
        "whole.to(torch.float64)",
        gradients=False,
        because="of whole numbers there are none",
    ),
    *(
        row(
            f"Tensor.{name}(self)",
            f"keras.ops.cast(self, {dtype!r})",
            f"x.{name}()",
            gradients=False,
            because="of other kinds of numbers there are none",
            max_rel=1e-10 if name != "half" else 1e-3,
        )
        for name, dtype in (
            ("float", "float32"),
            ("double", "float64"),
            ("half", "float16"),
            ("int", "int32"),
            ("long", "int64"),
            ("short", "int16"),
            ("bool", "bool"),
            ("char", "int8"),
        )
    ),
    row("Tensor.byte(self)", "keras.ops.cast(self, 'uint8')", "counts.byte()"),
    row(
        "Tensor.item(self)",
        "keras.ops.convert_to_numpy(self).item()",
        "scalar.item()",
        gradients=False,
        because="it leaves the graph",
    ),
    row(
        "Tensor.tolist(self)",
        "keras.ops.convert_to_numpy(self).tolist()",
        "row.tolist()",
        gradients=False,
        because="it leaves the graph",
    ),
    row("Tensor.numpy(self)", "keras.ops.convert_to_numpy(self)", "whole.numpy()"),
    *nothing(
        "Keras's tensors have no strides; say the result with keras.ops.reshape, keras.ops.transpose or "
        "keras.ops.take.",
        "torch.as_strided(input, size, stride)",
        "torch.as_strided_copy(input, size, stride)",
        "torch.as_strided_scatter(input, src, size, stride)",
        "torch.Tensor.stride(self)",
        "torch.Tensor.storage_offset(self)",
    ),
)
