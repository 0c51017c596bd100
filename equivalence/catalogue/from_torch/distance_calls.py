"""Distances, one-hots, grids and dropout of tensors: functions of torch.nn.functional and their modules."""

from __future__ import annotations

from equivalence.catalogue.from_torch.torch_rows import nothing, row

_COSINE = (
    "keras.ops.sum(x1 * x2, axis=always(dim)) / (keras.ops.maximum(keras.ops.norm(x1, axis=always(dim)), eps) * "
    "keras.ops.maximum(keras.ops.norm(x2, axis=always(dim)), eps))"
)
_APART = "keras.ops.norm(x1 - x2 + eps, ord=always(p), axis=-1, keepdims=keepdim)"
PDIST = '''
def pdist(x, p):
    """The distances of all pairs of rows, each once."""
    first, second = np.triu_indices(x.shape[0], 1)
    return keras.ops.norm(
        keras.ops.take(x, first, axis=0) - keras.ops.take(x, second, axis=0), ord=p, axis=-1
    )
'''
GRIDS = '''
def affine_grid(theta, size, align_corners):
    """Where each pixel of the output lies in the input, in -1 to 1: (batch, height, width, x and y)."""
    axes = []
    for length in size[2:]:
        steps = np.linspace(-1.0, 1.0, length) if length > 1 else np.zeros(1)
        axes.append(steps if align_corners else steps * (length - 1) / length)
    places = np.stack([*np.meshgrid(*axes, indexing="ij")[::-1], np.ones(size[2:])], axis=-1)
    return keras.ops.einsum("...j,nij->n...i", keras.ops.cast(places, theta.dtype), theta)


def grid_sample(image, grid, mode, padding_mode, align_corners):
    """Takes pixels, channels last, at the places of a grid in -1 to 1; beyond the edge zeros, or the edge itself."""
    height, width = image.shape[1], image.shape[2]

    def place(share, size):
        at = (share + 1) * (size - 1) / 2 if align_corners else ((share + 1) * size - 1) / 2
        return keras.ops.clip(at, 0, size - 1) if padding_mode == "border" else at

    x, y = place(grid[..., 0], width), place(grid[..., 1], height)
    flat = keras.ops.reshape(image, (image.shape[0], height * width, image.shape[3]))

    def pixel(row, column):
        inside = (row >= 0) & (row <= height - 1) & (column >= 0) & (column <= width - 1)
        index = keras.ops.clip(row, 0, height - 1) * width + keras.ops.clip(column, 0, width - 1)
        index = keras.ops.cast(keras.ops.reshape(index, (image.shape[0], -1, 1)), "int32")
        found = keras.ops.reshape(
            keras.ops.take_along_axis(flat, index, axis=1), (*row.shape, image.shape[3])
        )
        return found * keras.ops.cast(inside, found.dtype)[..., None]

    if mode == "nearest":
        return pixel(keras.ops.round(y), keras.ops.round(x))
    top, left = keras.ops.floor(y), keras.ops.floor(x)
    down, right = (y - top)[..., None], (x - left)[..., None]
    upper = pixel(top, left) * (1 - right) + pixel(top, left + 1) * right
    lower = pixel(top + 1, left) * (1 - right) + pixel(top + 1, left + 1) * right
    return upper * (1 - down) + lower * down
'''
_TRAINING = {"training": "of a layer: keras.layers.Dropout, which knows it from the call"}


def _noise(shape: str) -> str:
    return f"keras.random.dropout(input, p{shape}) if training else input"


ROWS = (
    row(
        "nn.CosineSimilarity(dim=1, eps=1e-08)(x1, x2)",
        _COSINE,
        "nn.CosineSimilarity()(x, y)",
        "nn.CosineSimilarity(-1)(x, y)",
        watch=("keras.losses.CosineSimilarity has the other sign, and goes along the last axis.",),
    ),
    row(
        "F.cosine_similarity(x1, x2, dim=1, eps=1e-08)",
        _COSINE,
        "F.cosine_similarity(x, y)",
        "F.cosine_similarity(x, y, -1)",
        also=("torch.cosine_similarity",),
    ),
    row(
        "nn.PairwiseDistance(p=2.0, eps=1e-06, keepdim=False)(x1, x2)",
        _APART,
        "nn.PairwiseDistance()(features, features_2)",
        "nn.PairwiseDistance(1.0, keepdim=True)(features, features_2)",
    ),
    row(
        "F.pairwise_distance(x1, x2, p=2.0, eps=1e-06, keepdim=False)",
        _APART,
        "F.pairwise_distance(features, features_2)",
        also=("torch.pairwise_distance",),
    ),
    row(
        "F.pdist(input, p=2)",
        "pdist(input, p)",
        "F.pdist(features)",
        "F.pdist(features, 1)",
        helper=PDIST,
        also=("torch.pdist",),
    ),
    row(
        "F.one_hot(tensor, num_classes=-1)",
        "keras.ops.one_hot(tensor, keras.ops.max(tensor) + 1 if num_classes == -1 else num_classes, dtype='int32')",
        "F.one_hot(ids, 4)",
        watch=("keras.ops.one_hot gives floats where no dtype is said.",),
    ),
    row(
        "F.affine_grid(theta, size, align_corners=None)",
        "affine_grid(theta, size, align_corners)",
        "F.affine_grid(theta, (2, 3, 5, 6), align_corners=False)",
        "F.affine_grid(theta, (2, 3, 5, 6), align_corners=True)",
        helper=GRIDS,
    ),
    row(
        "F.grid_sample(input, grid, mode='bilinear', padding_mode='zeros', align_corners=None)",
        "grid_sample(input, grid, mode, padding_mode, align_corners)",
        "F.grid_sample(image, grid * 3 - 1.5, align_corners=False)",
        "F.grid_sample(image, grid * 3 - 1.5, padding_mode='border', align_corners=True)",
        "F.grid_sample(image, grid * 3 - 1.5, mode='nearest', align_corners=False)",
        helper=GRIDS,
        notes={
            "padding_mode": "'zeros' and 'border'; fold the places back yourself for 'reflection'",
            "mode": "'bilinear' and 'nearest'; of 'bicubic' Keras has keras.ops.image.map_coordinates for order up "
            "to 1",
        },
    ),
    row(
        "F.dropout(input, p=0.5, training=True, inplace=False)",
        _noise(""),
        "F.dropout(many_rows, 0.25)",
        kind="random",
        training="random",
        notes=_TRAINING,
    ),
    row(
        "torch.dropout(input, p, train)",
        "keras.random.dropout(input, p) if train else input",
        "torch.dropout(many_rows, 0.25, True)",
        kind="random",
        training="random",
        also=("torch.native_dropout", "torch.feature_dropout"),
    ),
    row(
        "F.dropout1d(input, p=0.5, training=True, inplace=False)",
        _noise(", noise_shape=(input.shape[0], 1, input.shape[-1])"),
        "F.dropout1d(many_seqs, 0.25)",
        kind="random",
        training="random",
        notes=_TRAINING,
    ),
    row(
        "F.dropout2d(input, p=0.5, training=True, inplace=False)",
        _noise(", noise_shape=(input.shape[0], 1, 1, input.shape[-1])"),
        "F.dropout2d(many_images, 0.25)",
        kind="random",
        training="random",
        notes=_TRAINING,
    ),
    row(
        "F.dropout3d(input, p=0.5, training=True, inplace=False)",
        _noise(", noise_shape=(input.shape[0], 1, 1, 1, input.shape[-1])"),
        "F.dropout3d(many_volumes, 0.25)",
        kind="random",
        training="random",
        notes=_TRAINING,
    ),
    row(
        "F.alpha_dropout(input, p=0.5, training=False, inplace=False)",
        "keras.layers.AlphaDropout(p)(input, training=True) if training else input",
        "F.alpha_dropout(x)",
        notes=_TRAINING,
    ),
    row(
        "torch.alpha_dropout(input, p, train)",
        "keras.layers.AlphaDropout(p)(input, training=True) if train else input",
        "torch.alpha_dropout(x, 0.5, False)",
    ),
    row(
        "F.feature_alpha_dropout(input, p=0.5, training=False, inplace=False)",
        "keras.layers.AlphaDropout(p, noise_shape=(input.shape[0], 1, 1, input.shape[-1]))(input, training=True) "
        "if training else input",
        "F.feature_alpha_dropout(image)",
        notes=_TRAINING,
    ),
    row(
        "torch.feature_alpha_dropout(input, p, train)",
        "keras.layers.AlphaDropout(p, noise_shape=(input.shape[0], 1, 1, input.shape[-1]))(input, training=True) "
        "if train else input",
        "torch.feature_alpha_dropout(image, 0.5, False)",
    ),
    *nothing(
        "It is what nn.MultiheadAttention calls, with its weights as arguments; look up nn.MultiheadAttention.",
        "F.multi_head_attention_forward(query, key, value, embed_dim_to_check, num_heads)",
    ),
    *nothing(
        "It is a kernel for numbers of eight bits, or for experts in groups, on a GPU; keras.ops.matmul multiplies, "
        "and "
        "model.quantize('int8') or 'float8' chooses such numbers.",
        "F.scaled_mm()",
        "F.grouped_mm()",
        "F.scaled_grouped_mm()",
    ),
)
