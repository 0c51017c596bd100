"""A Transformer decoder; torch computes the attention by hand, with query, key and value from one matrix."""

from __future__ import annotations

import math
from typing import Any

import keras
import torch
import torch.nn.functional as F
from keras import layers, ops
from torch import Tensor, nn

from benchmarks.mutation_bench.written_pair import WrittenPair

WIDTH, HEADS, LENGTH = 8, 2, 9


def keras_block(x: Any, name: str) -> Any:
    y = layers.LayerNormalization(epsilon=1e-5, name=f"{name}_norm1")(x)
    y = layers.MultiHeadAttention(HEADS, WIDTH // HEADS, name=f"{name}_attention")(y, y, use_causal_mask=True)
    x = layers.Add(name=f"{name}_add1")([x, y])
    y = layers.LayerNormalization(epsilon=1e-5, name=f"{name}_norm2")(x)
    y = layers.Dense(3 * WIDTH, name=f"{name}_wide")(y)
    y = ops.gelu(y)
    y = layers.Dense(WIDTH, name=f"{name}_narrow")(y)
    y = layers.Dropout(0.125, name=f"{name}_dropout")(y)
    return layers.Add(name=f"{name}_add2")([x, y])


def keras_decoder() -> Any:
    words = keras.Input((LENGTH,), dtype="int32", name="words")
    x = layers.Embedding(17, WIDTH, name="embedding")(words)
    x = x * 2.0
    x = keras_block(x, "block1")
    x = keras_block(x, "block2")
    x = layers.LayerNormalization(epsilon=1e-5, name="last_norm")(x)
    return keras.Model(words, layers.Dense(17, use_bias=False, name="next_word")(x), name="decoder")


class CausalSelfAttention(nn.Module):
    def __init__(self, n_embd: int, n_head: int) -> None:
        super().__init__()
        self.n_head = n_head
        self.c_attn = nn.Linear(n_embd, 3 * n_embd)
        self.c_proj = nn.Linear(n_embd, n_embd)

    def forward(self, x: Tensor) -> Tensor:
        b, t, c = x.shape
        q, k, v = self.c_attn(x).split(c, dim=2)
        q = q.view(b, t, self.n_head, c // self.n_head).transpose(1, 2)
        k = k.view(b, t, self.n_head, c // self.n_head).transpose(1, 2)
        v = v.view(b, t, self.n_head, c // self.n_head).transpose(1, 2)
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        mask = torch.tril(torch.ones(t, t, dtype=torch.bool, device=x.device))
        att = att.masked_fill(~mask, float("-inf"))
        att = F.softmax(att, dim=-1)
        y = (att @ v).transpose(1, 2).contiguous().view(b, t, c)
        return self.c_proj(y)


class MLP(nn.Module):
    def __init__(self, n_embd: int) -> None:
        super().__init__()
        self.c_fc = nn.Linear(n_embd, 3 * n_embd)
        self.c_proj = nn.Linear(3 * n_embd, n_embd)
        self.dropout = nn.Dropout(0.125)

    def forward(self, x: Tensor) -> Tensor:
        x = F.gelu(self.c_fc(x), approximate="tanh")
        return self.dropout(self.c_proj(x))


class Block(nn.Module):
    def __init__(self, n_embd: int, n_head: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(n_embd)
        self.attn = CausalSelfAttention(n_embd, n_head)
        self.ln_2 = nn.LayerNorm(n_embd)
        self.mlp = MLP(n_embd)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.wte = nn.Embedding(17, 8)
        self.h = nn.ModuleList([Block(8, 2) for _ in range(2)])
        self.ln_f = nn.LayerNorm(8)
        self.lm_head = nn.Linear(8, 17, bias=False)

    def forward(self, idx: Tensor) -> Tensor:
        x = self.wte(idx) * 2.0
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))


def _attention(path: str) -> dict[str, str]:
    found = {"output.weight": f"{path}.c_proj.weight", "output.bias": f"{path}.c_proj.bias"}
    for part, name in enumerate(("query", "key", "value")):
        found |= {f"{name}.{kind}": f"{path}.c_attn.{kind}#{part}/3" for kind in ("weight", "bias")}
    return found


def _places() -> dict[str, Any]:
    found: dict[str, Any] = {"embedding": "wte", "last_norm": "ln_f", "next_word": "lm_head"}
    for number in range(2):
        theirs, ours = f"block{number + 1}", f"h.{number}"
        found |= {f"{theirs}_norm1": f"{ours}.ln_1", f"{theirs}_norm2": f"{ours}.ln_2"}
        found |= {f"{theirs}_wide": f"{ours}.mlp.c_fc", f"{theirs}_narrow": f"{ours}.mlp.c_proj"}
        found |= {f"{theirs}_attention": _attention(f"{ours}.attn")}
    return found


PAIR = WrittenPair(
    "decoder",
    keras_decoder,
    GPT,
    lambda random: [random.integers(0, 17, size=(3, LENGTH)).astype("int32")],
    places=_places(),
    bound=1e-8,
    because="Keras's gelu takes its constants in float32, whatever it computes in",
)
