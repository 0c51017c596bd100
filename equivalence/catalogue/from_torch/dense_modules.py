"""Linear maps, embeddings, attention and dropout: modules of torch.nn, functions of torch.nn.functional."""

from __future__ import annotations

from collections.abc import Callable

from equivalence.catalogue.from_torch.torch_rows import row
from equivalence.translation.keras_templates import Cannot, Given

BILINEAR = '''
class Bilinear(keras.layers.Layer):
    """x1 W x2 + b for each of `out_features` matrices W."""

    def __init__(self, out_features, bias=True, **options):
        super().__init__(**options)
        self.out_features, self.use_bias = out_features, bias

    def build(self, first_shape, second_shape):
        self.weight = self.add_weight(
            shape=(self.out_features, first_shape[-1], second_shape[-1]), name="weight"
        )
        self.bias = (
            self.add_weight(shape=(self.out_features,), name="bias") if self.use_bias else None
        )

    def call(self, first, second):
        out = keras.ops.einsum("...i,oij,...j->...o", first, self.weight, second)
        return out + self.bias if self.use_bias else out
'''
_DROPPED = {"training": "Keras layers know it from the call: model(x, training=True)"}
_ROW = {
    "padding_idx": "its row is not trained in torch and starts at zero; Keras trains it: a mask (mask_zero=True) "
    "hides the steps",
    "sparse": "how torch stores the gradient",
    "scale_grad_by_freq": "Keras does not scale gradients; give sample weights",
    "norm_type": "of max_norm",
    "max_norm": "embeddings_constraint=keras.constraints.MaxNorm(max_norm, axis=1): at each step, not at each look-up",
}
_EMBEDDING = (
    "padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False, _weight=None, "
    "_freeze=False, device=None, dtype=None"
)


def _bag(given: Given) -> str:
    if given.of("offsets", 1) is not None or given.of("per_sample_weights", 1) is not None:
        raise Cannot(
            "offsets, per_sample_weights: pad the bags to one length, and weigh what keras.layers.Embedding gives"
        )
    function = given.value("mode")
    return f"keras.ops.{function}(keras.layers.Embedding(num_embeddings, embedding_dim)(input), axis=1)"


def _bag_function(given: Given) -> str:
    if given.of("offsets", 1) is not None or given.of("per_sample_weights", 1) is not None:
        raise Cannot("offsets, per_sample_weights: pad the bags to one length, and weigh what keras.ops.take gives")
    return f"keras.ops.{given.value('mode')}(keras.ops.take(weight, input, axis=0), axis=1)"


def _dropout(dims: int) -> Callable[[Given], str]:
    def write(given: Given) -> str:
        shape = f", noise_shape=(None, {'1, ' * dims}None)" if dims else ""
        return f"keras.layers.Dropout(p{shape})(input, training=training)"

    return write


def _attention(given: Given) -> str:
    """nn.MultiheadAttention: what it gives besides the output, and what it is given besides the three."""
    for name in ("add_bias_kv", "add_zero_attn"):
        if given.value(name):
            raise Cannot(
                f"{name}: Keras attends to what it is given alone; concatenate the further step to key and value"
            )
    if not given.value("batch_first"):
        raise Cannot(
            "batch_first=False is torch's default, (time, batch, features): exchange the first two axes of query, "
            "key and "
            "value with keras.ops.swapaxes, look up the call with batch_first=True, and exchange them back"
        )
    mask = given.of("attn_mask", 1) is not None
    padding = given.of("key_padding_mask", 1) is not None
    options = []
    if mask or padding:
        terms = (["keras.ops.logical_not(attn_mask)"] if mask else []) + (
            ["keras.ops.logical_not(key_padding_mask)[:, None, :]"] if padding else []
        )
        options.append(f"attention_mask={' & '.join(terms)}")
    if given.of("is_causal"):
        options.append("use_causal_mask=True")
    scores = given.value("need_weights")
    if scores:
        options.append("return_attention_scores=True")
    layer = "keras.layers.MultiHeadAttention(num_heads, embed_dim // num_heads, dropout=dropout, use_bias=bias)"
    called = f"{layer}({', '.join(['query', 'value', 'key', *options])})"
    if not scores:
        return called
    return f"averaged({called})" if given.value("average_attn_weights") else called


AVERAGED = '''
def averaged(found):
    """The output, and the scores averaged over the heads."""
    output, scores = found
    return output, keras.ops.mean(scores, axis=1)
'''

_HEADS = (
    "nn.MultiheadAttention(embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, "
    "kdim=None, vdim=None, batch_first=False, device=None, dtype=None)(query, key, value, key_padding_mask=None, "
    "need_weights=True, attn_mask=None, average_attn_weights=True, is_causal=False)"
)


def _scaled(given: Given) -> str:
    """Keras has (batch, steps, heads, size), torch (batch, heads, steps, size)."""
    if given.has("enable_gqa") and given.value("enable_gqa"):
        raise Cannot("enable_gqa: repeat the heads of key and value with keras.ops.repeat(..., axis=1) first")
    scale = "keras.ops.shape(query)[-1] ** -0.5" if given.is_none("scale") else "scale"
    mask = "None" if given.is_none("attn_mask") else "attn_mask"
    return f"attention(query, key, value, {mask}, is_causal, {scale})"


ATTENTION = '''
def attention(query, key, value, mask, is_causal, scale):
    """softmax(query key^T scale) value; a boolean mask is True where it attends, another one is added."""
    scores = keras.ops.matmul(query, keras.ops.swapaxes(key, -1, -2)) * scale
    if is_causal:
        mask = keras.ops.tril(keras.ops.ones(scores.shape[-2:], dtype="bool"))
    if mask is not None:
        boolean = keras.backend.standardize_dtype(mask.dtype) == "bool"
        scores = keras.ops.where(mask, scores, -np.inf) if boolean else scores + mask
    return keras.ops.matmul(keras.ops.softmax(scores), value)
'''

ROWS = (
    row(
        "nn.Linear(in_features, out_features, bias=True, device=None, dtype=None)(x)",
        "keras.layers.Dense",
        "nn.Linear(5, 7)(features)",
        "nn.Linear(5, 7, bias=False)(features)",
        "nn.Linear(5, 7)(steps)",
    ),
    row(
        "nn.LazyLinear(out_features, bias=True, device=None, dtype=None)(x)",
        "keras.layers.Dense",
        "nn.LazyLinear(7)(features)",
    ),
    row(
        "F.linear(input, weight, bias=None)",
        "keras.ops.matmul(input, keras.ops.transpose(weight)) if bias is None else "
        "keras.ops.matmul(input, keras.ops.transpose(weight)) + bias",
        "F.linear(features, dense_weight)",
        "F.linear(features, dense_weight, seven)",
        watch=("torch keeps the weight as (out, in), Keras as (in, out).",),
    ),
    row(
        "nn.Bilinear(in1_features, in2_features, out_features, bias=True, device=None, dtype=None)(input1, input2)",
        "Bilinear(out_features, bias)(input1, input2)",
        "nn.Bilinear(5, 4, 7)(features, features_4)",
        "nn.Bilinear(5, 4, 7, bias=False)(features, features_4)",
        helper=BILINEAR,
        notes={"in1_features": "Keras takes it from the input", "in2_features": "Keras takes it from the input"},
    ),
    row(
        "F.bilinear(input1, input2, weight, bias=None)",
        "keras.ops.einsum('...i,oij,...j->...o', input1, weight, input2) if bias is None else "
        "keras.ops.einsum('...i,oij,...j->...o', input1, weight, input2) + bias",
        "F.bilinear(features, features_4, pair_weight, seven)",
        "F.bilinear(features, features_4, pair_weight)",
        also=("torch.bilinear",),
    ),
    row(
        f"nn.Embedding(num_embeddings, embedding_dim, {_EMBEDDING})(x)",
        "keras.layers.Embedding",
        "nn.Embedding(6, 5)(words)",
        "nn.Embedding(6, 5, padding_idx=0)(words)",
        notes={**_ROW, "_weight": "layer.set_weights([weight]) once it is built", "_freeze": "layer.trainable = False"},
    ),
    row(
        "F.embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, "
        "sparse=False)",
        "keras.ops.take(weight, input, axis=0)",
        "F.embedding(words, table)",
        notes=_ROW,
    ),
    row(
        "nn.EmbeddingBag(num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, "
        "mode='mean', "
        "sparse=False, _weight=None, include_last_offset=False, padding_idx=None, device=None, dtype=None)(input, "
        "offsets=None, per_sample_weights=None)",
        _bag,
        "nn.EmbeddingBag(6, 5)(bags)",
        "nn.EmbeddingBag(6, 5, mode='sum')(bags)",
        "nn.EmbeddingBag(6, 5, mode='max')(bags)",
        notes={**_ROW, "_weight": "layer.set_weights([weight])", "include_last_offset": "of offsets"},
    ),
    row(
        "F.embedding_bag(input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, "
        "mode='mean', "
        "sparse=False, per_sample_weights=None, include_last_offset=False, padding_idx=None)",
        _bag_function,
        "F.embedding_bag(bags, table)",
        "F.embedding_bag(bags, table, mode='sum')",
        notes={**_ROW, "include_last_offset": "of offsets"},
    ),
    row(
        _HEADS,
        _attention,
        "nn.MultiheadAttention(6, 2, batch_first=True)(steps_6, memory, memory)",
        "nn.MultiheadAttention(6, 2, batch_first=True, bias=False)(steps_6, steps_6, steps_6, need_weights=False)",
        "nn.MultiheadAttention(6, 2, batch_first=True)(steps_6, memory, memory, average_attn_weights=False)",
        "nn.MultiheadAttention(6, 2, batch_first=True)(steps_6, memory, memory, attn_mask=steps_mask)",
        "nn.MultiheadAttention(6, 3, kdim=5, vdim=5, batch_first=True)(steps_6, steps, steps, need_weights=False)",
        "nn.MultiheadAttention(6, 2, batch_first=True)(steps_6, memory, memory, key_padding_mask=padded_memory)",
        helper=AVERAGED,
        max_rel=1e-7,
        because="Keras rounds 1 / sqrt(size of a head) to float32",
        watch=(
            "Keras is called with (query, value, key), torch with (query, key, value).",
            "True in attn_mask and key_padding_mask is what torch leaves out, and in Keras's masks what is kept.",
        ),
        notes={
            "kdim": "Keras takes it from the input",
            "vdim": "Keras takes it from the input",
            "average_attn_weights": "the mean over the heads",
            "is_causal": "use_causal_mask=True; torch wants the mask besides",
        },
    ),
    row(
        "F.scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, "
        "enable_gqa=False)",
        _scaled,
        "F.scaled_dot_product_attention(queries, keys, values)",
        "F.scaled_dot_product_attention(queries, keys, values, attn_mask=score_bias, scale=0.25)",
        "F.scaled_dot_product_attention(queries, queries, queries, is_causal=True)",
        helper=ATTENTION,
        watch=(
            "keras.ops.dot_product_attention wants (batch, steps, heads, size), torch (batch, heads, steps, size).",
        ),
        notes={"dropout_p": "keras.layers.Dropout on the softmax"},
        max_rel=1e-7,
        because="Keras rounds constants to float32",
    ),
    row("nn.Dropout(p=0.5, inplace=False)(x)", "keras.layers.Dropout", "nn.Dropout(0.25)(x)", training="random"),
    row(
        "nn.Dropout1d(p=0.5, inplace=False)(x)",
        "keras.layers.SpatialDropout1D",
        "nn.Dropout1d(0.25)(seq)",
        training="random",
        says="Whole channels are dropped.",
    ),
    row(
        "nn.Dropout2d(p=0.5, inplace=False)(x)",
        "keras.layers.SpatialDropout2D",
        "nn.Dropout2d()(image)",
        training="random",
    ),
    row(
        "nn.Dropout3d(p=0.5, inplace=False)(x)",
        "keras.layers.SpatialDropout3D",
        "nn.Dropout3d()(volume)",
        training="random",
    ),
    row(
        "nn.AlphaDropout(p=0.5, inplace=False)(x)",
        "keras.layers.AlphaDropout",
        "nn.AlphaDropout(0.25)(x)",
        training="random",
    ),
    row(
        "nn.FeatureAlphaDropout(p=0.5, inplace=False)(x)",
        "keras.layers.AlphaDropout(p, noise_shape=(x.shape[0], 1, 1, x.shape[-1]))(x)",
        "nn.FeatureAlphaDropout(0.25)(image)",
        training="random",
        watch=("The noise's shape is that of an image; of a sequence it has one 1 less.",),
    ),
)
