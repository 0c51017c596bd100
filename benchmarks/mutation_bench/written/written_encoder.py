"""A Transformer encoder over padded texts, in torch with nn.MultiheadAttention."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import padded
from benchmarks.mutation_bench.written_pair import WrittenPair

WIDTH, HEADS = 12, 3


def keras_block(x: Any, mask: Any, name: str) -> Any:
    attention = layers.MultiHeadAttention(HEADS, WIDTH // HEADS, name=f"{name}_attention")
    attended = attention(x, x, attention_mask=mask)
    attended = layers.Dropout(0.125, name=f"{name}_dropout")(attended)
    x = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm1")(layers.Add(name=f"{name}_add1")([x, attended]))
    y = layers.Dense(20, activation="relu", name=f"{name}_wide")(x)
    y = layers.Dense(WIDTH, name=f"{name}_narrow")(y)
    return layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm2")(layers.Add(name=f"{name}_add2")([x, y]))


def keras_encoder() -> Any:
    words = keras.Input((10,), dtype="int32", name="words")
    mask = ops.not_equal(words, 0)
    x = layers.Embedding(29, WIDTH, name="word_embedding")(words)
    x = layers.LayerNormalization(name="first_norm")(x)
    x = keras_block(x, ops.expand_dims(mask, 1), "layer1")
    x = keras_block(x, ops.expand_dims(mask, 1), "layer2")
    x = layers.GlobalAveragePooling1D(name="mean")(x, mask=mask)
    return keras.Model(words, layers.Dense(4, name="topic")(x), name="encoder")


class EncoderLayer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.drop = nn.Dropout(0.125)
        self.ln1 = nn.LayerNorm(width, eps=1e-6)
        self.ff = nn.Sequential(nn.Linear(width, 20), nn.ReLU(), nn.Linear(20, width))
        self.ln2 = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        attended, _ = self.self_attn(x, x, x, key_padding_mask=padding, need_weights=False)
        x = self.ln1(x + self.drop(attended))
        return self.ln2(x + self.ff(x))


class TextEncoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Embedding(29, 12)
        self.norm = nn.LayerNorm(12, eps=1e-3)
        self.layers = nn.ModuleList([EncoderLayer(12, 3) for _ in range(2)])
        self.head = nn.Linear(12, 4)

    def forward(self, words: Tensor) -> Tensor:
        padding = words == 0
        x = self.norm(self.tokens(words))
        for layer in self.layers:
            x = layer(x, padding)
        kept = (~padding).unsqueeze(-1).to(x.dtype)
        x = (x * kept).sum(dim=1) / kept.sum(dim=1)
        return self.head(x)


def _attention(path: str) -> dict[str, str]:
    found = {"output.weight": f"{path}.out_proj.weight", "output.bias": f"{path}.out_proj.bias"}
    for part, name in enumerate(("query", "key", "value")):
        found |= {f"{name}.{kind}": f"{path}.in_proj_{kind}#{part}/3" for kind in ("weight", "bias")}
    return found


PAIR = WrittenPair(
    "encoder",
    keras_encoder,
    TextEncoder,
    lambda random: [padded(random, 4, 10, 29)],
    places={
        "word_embedding": "tokens",
        "first_norm": "norm",
        "topic": "head",
        **{
            f"layer{number + 1}_{theirs}": (
                _attention(f"layers.{number}.self_attn") if theirs == "attention" else f"layers.{number}.{ours}"
            )
            for number in range(2)
            for theirs, ours in (
                ("attention", ""),
                ("norm1", "ln1"),
                ("wide", "ff.0"),
                ("narrow", "ff.2"),
                ("norm2", "ln2"),
            )
        },
    },
)
