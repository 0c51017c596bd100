"""What holds modules and parameters in torch.nn, and the Transformer's modules."""

from __future__ import annotations

import ast
from collections.abc import Callable

from equivalence.catalogue.from_torch.torch_rows import nothing, row
from equivalence.translation.keras_templates import Given, Unknown

TRANSFORMER = '''
def attend(name, query, memory, d_model, nhead, dropout, bias, mask=None):
    """Attention under the name of torch's module; `mask` as torch has it: True, or minus infinity, is left out."""
    layer = keras.layers.MultiHeadAttention(
        nhead, d_model // nhead, dropout=dropout, use_bias=bias, name=name
    )
    if mask is None:
        return layer(query, memory)
    boolean = keras.backend.standardize_dtype(mask.dtype) == "bool"
    return layer(
        query, memory, attention_mask=keras.ops.logical_not(mask) if boolean else mask == 0
    )


def transformer_layer(
    x,
    d_model,
    nhead,
    dim_feedforward=2048,
    dropout=0.1,
    activation="relu",
    layer_norm_eps=1e-5,
    batch_first=False,
    norm_first=False,
    bias=True,
    memory=None,
    mask=None,
    memory_mask=None,
    name="",
):
    """A layer of torch's encoder, or with `memory` of its decoder; its parts are called as torch's are."""
    x = x if batch_first else keras.ops.swapaxes(x, 0, 1)
    if memory is not None and not batch_first:
        memory = keras.ops.swapaxes(memory, 0, 1)
    again = "multihead_attn" if memory is not None else ""
    steps = [lambda x: attend(f"{name}self_attn", x, x, d_model, nhead, dropout, bias, mask)]
    if again:
        steps.append(
            lambda x: attend(
                f"{name}{again}", x, memory, d_model, nhead, dropout, bias, memory_mask
            )
        )

    def feed_forward(x):
        x = keras.layers.Dense(
            dim_feedforward, activation=activation, use_bias=bias, name=f"{name}linear1"
        )(x)
        x = keras.layers.Dropout(dropout)(x)
        return keras.layers.Dense(d_model, use_bias=bias, name=f"{name}linear2")(x)

    for place, step in enumerate([*steps, feed_forward], start=1):
        norm = keras.layers.LayerNormalization(
            epsilon=layer_norm_eps, center=bias, name=f"{name}norm{place}"
        )
        if norm_first:
            x = x + keras.layers.Dropout(dropout)(step(norm(x)))
        else:
            x = norm(x + keras.layers.Dropout(dropout)(step(x)))
    return x if batch_first else keras.ops.swapaxes(x, 0, 1)


def transformer_stack(x, num_layers, *args, norm=None, name="", **options):
    """Equal layers over each other, and the last normalisation if there is one."""
    for place in range(num_layers):
        x = transformer_layer(x, *args, name=f"{name}layers.{place}.", **options)
    if norm is not None:
        x = keras.layers.LayerNormalization(epsilon=norm, name=f"{name}norm")(x)
    return x


def transformer(
    src,
    tgt,
    num_encoder_layers=6,
    num_decoder_layers=6,
    dim_feedforward=2048,
    dropout=0.1,
    activation="relu",
    layer_norm_eps=1e-5,
    batch_first=False,
    norm_first=False,
    bias=True,
    masks=(None, None, None),
    **options,
):
    """torch's whole Transformer, without embeddings."""
    options |= {"dim_feedforward": dim_feedforward, "dropout": dropout, "activation": activation}
    options |= {"batch_first": batch_first, "norm_first": norm_first, "bias": bias}
    options["layer_norm_eps"] = layer_norm_eps
    memory = transformer_stack(
        src, num_encoder_layers, mask=masks[0], norm=layer_norm_eps, name="encoder.", **options
    )
    return transformer_stack(
        tgt,
        num_decoder_layers,
        memory=memory,
        mask=masks[1],
        memory_mask=masks[2],
        norm=layer_norm_eps,
        name="decoder.",
        **options,
    )
'''
_LAYER = (
    "d_model, nhead, dim_feedforward=2048, dropout=0.1, activation='relu', layer_norm_eps=1e-05, batch_first=False, "
    "norm_first=False, bias=True, device=None, dtype=None"
)
_OPTIONS = (
    "dim_feedforward=dim_feedforward, dropout=dropout, activation=activation, layer_norm_eps=layer_norm_eps, "
    "batch_first=batch_first, norm_first=norm_first, bias=bias"
)
_MASKS = {
    name: "a mask over (batch, steps): combine it with the other one, of shape (batch, 1, steps)"
    for name in ("src_key_padding_mask", "tgt_key_padding_mask", "memory_key_padding_mask")
}
_CAUSAL = {name: "the mask says it" for name in ("is_causal", "tgt_is_causal", "memory_is_causal", "src_is_causal")}
_DROPOUT = "Keras drops attention and features at the same rates; both draw."


def _stack(kind: str) -> Callable[[Given], str]:
    """The layer that is handed in is one call of its module, whose arguments the stack takes over."""

    def write(given: Given) -> str:
        layer = given.node(f"{kind}coder_layer")
        if not isinstance(layer, ast.Call):
            raise Unknown(f"{kind}coder_layer")
        inside = ", ".join(
            [*map(ast.unparse, layer.args), *(f"{each.arg}={ast.unparse(each.value)}" for each in layer.keywords)]
        )
        more = "src, num_layers, " if kind == "en" else "tgt, num_layers, "
        masks = "mask=mask" if kind == "en" else "memory=memory, mask=tgt_mask, memory_mask=memory_mask"
        norm = given.node("norm")
        eps = ""
        if isinstance(norm, ast.Call):
            found = [each.value for each in norm.keywords if each.arg == "eps"] + norm.args[1:2]
            eps = f", norm={ast.unparse(found[0]) if found else '1e-05'}"
        return f"transformer_stack({more}{inside}{eps}, {masks})"

    return write


ROWS = (
    row(
        "nn.Sequential(*args)(x)",
        "keras.Sequential([*args])(x)",
        "nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 4))(features)",
        "nn.Sequential(nn.Conv2d(4, 6, 3, stride=2, padding=1), nn.BatchNorm2d(6), nn.Hardtanh(), nn.Sigmoid())(image)",
        prefixes=(),
        holds_modules=True,
        after="nn.BatchNorm keeps the unbiased batch variance.",
        watch=(
            "keras.layers.Lambda holds what is a function in Keras; in a functional model call the function itself.",
        ),
    ),
    row(
        f"nn.TransformerEncoderLayer({_LAYER})(src, src_mask=None, src_key_padding_mask=None, is_causal=False)",
        f"transformer_layer(src, d_model, nhead, {_OPTIONS}, mask=src_mask)",
        "nn.TransformerEncoderLayer(8, 2, 5, batch_first=True)(steps_8)",
        "nn.TransformerEncoderLayer(8, 2, 5, activation='gelu', norm_first=True)(steps_8)",
        "nn.TransformerEncoderLayer(8, 2, 5, layer_norm_eps=0.0009765625, batch_first=True)(steps_8, square_mask)",
        helper=TRANSFORMER,
        training="random",
        max_rel=3e-7,
        because="Keras takes constants through float32",
        notes={**_MASKS, **_CAUSAL},
    ),
    row(
        f"nn.TransformerDecoderLayer({_LAYER})(tgt, memory, tgt_mask=None, memory_mask=None, "
        f"tgt_key_padding_mask=None, "
        "memory_key_padding_mask=None, tgt_is_causal=False, memory_is_causal=False)",
        f"transformer_layer(tgt, d_model, nhead, {_OPTIONS}, memory=memory, mask=tgt_mask, memory_mask=memory_mask)",
        "nn.TransformerDecoderLayer(8, 2, 5, batch_first=True)(steps_8, memory_8)",
        "nn.TransformerDecoderLayer(8, 2, 5, batch_first=True, norm_first=True)(steps_8, memory_8, "
        "tgt_mask=square_mask)",
        helper=TRANSFORMER,
        training="random",
        max_rel=3e-7,
        because="Keras takes constants through float32",
        notes={**_MASKS, **_CAUSAL},
    ),
    row(
        "nn.TransformerEncoder(encoder_layer, num_layers, norm=None, enable_nested_tensor=True, "
        "mask_check=True)(src, mask=None, "
        "src_key_padding_mask=None, is_causal=None)",
        _stack("en"),
        "nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 5, batch_first=True), 2)(steps_8)",
        "nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 5), num_layers=2, norm=nn.LayerNorm(8))(steps_8)",
        helper=TRANSFORMER,
        training="random",
        max_rel=3e-7,
        because="Keras takes constants through float32",
        notes={**_MASKS, **_CAUSAL, "enable_nested_tensor": "how torch stores padded steps", "mask_check": "as that"},
    ),
    row(
        "nn.TransformerDecoder(decoder_layer, num_layers, norm=None)(tgt, memory, tgt_mask=None, memory_mask=None, "
        "tgt_key_padding_mask=None, memory_key_padding_mask=None, tgt_is_causal=None, memory_is_causal=False)",
        _stack("de"),
        "nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 5, batch_first=True), 2)(steps_8, memory_8)",
        helper=TRANSFORMER,
        training="random",
        max_rel=3e-7,
        because="Keras takes constants through float32",
        notes={**_MASKS, **_CAUSAL},
    ),
    row(
        "nn.Transformer(d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, dim_feedforward=2048, "
        "dropout=0.1, "
        "activation='relu', custom_encoder=None, custom_decoder=None, layer_norm_eps=1e-05, batch_first=False, "
        "norm_first=False, bias=True, device=None, dtype=None)(src, tgt, src_mask=None, tgt_mask=None, "
        "memory_mask=None, "
        "src_key_padding_mask=None, tgt_key_padding_mask=None, memory_key_padding_mask=None, src_is_causal=None, "
        "tgt_is_causal=None, memory_is_causal=False)",
        "transformer(src, tgt, num_encoder_layers=num_encoder_layers, num_decoder_layers=num_decoder_layers, "
        f"d_model=always(d_model), nhead=always(nhead), {_OPTIONS}, masks=(src_mask, tgt_mask, memory_mask))",
        "nn.Transformer(8, 2, 1, 2, 5, batch_first=True)(memory_8, steps_8)",
        helper=TRANSFORMER,
        training="random",
        max_rel=3e-7,
        because="Keras takes constants through float32",
        notes={
            **_MASKS,
            **_CAUSAL,
            "custom_encoder": "call your own in its place",
            "custom_decoder": "as custom_encoder",
        },
    ),
    *nothing(
        "It is what models are written with, and computes nothing; write a class of keras.Model or "
        "keras.layers.Layer, with "
        "call in place of forward.",
        "nn.Module()",
        "nn.Container()",
    ),
    *nothing(
        "Keras finds the layers in lists, tuples and dictionaries of a layer's attributes by itself; keep a Python "
        "list or "
        "dictionary.",
        "nn.ModuleList(modules=None)",
        "nn.ModuleDict(modules=None)",
        "nn.ParameterList(values=None)",
        "nn.ParameterDict(parameters=None)",
    ),
    *nothing(
        "In Keras a layer makes its own; call self.add_weight(shape=..., initializer=..., trainable=...) in build, and "
        "trainable=False for a buffer.",
        "nn.Parameter(data=None, requires_grad=True)",
        "nn.Buffer(data=None, *, persistent=True)",
        "nn.UninitializedParameter(requires_grad=True)",
        "nn.UninitializedBuffer(requires_grad=False)",
    ),
    *nothing(
        "Keras shares a batch out by a distribution, not by a module; call "
        "keras.distribution.set_distribution(keras.distribution.DataParallel()) before the model is built.",
        "nn.DataParallel(module, device_ids=None, output_device=None, dim=0)(x)",
    ),
)
