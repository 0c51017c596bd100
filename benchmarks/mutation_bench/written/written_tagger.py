"""A tagger: a GRU both ways over every step, and one backwards behind it; torch steps first inside."""

from __future__ import annotations

from typing import Any

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_tagger() -> Any:
    words = keras.Input((9,), dtype="int32", name="words")
    x = layers.Embedding(19, 6, name="embedding")(words)
    x = layers.Dropout(0.25, name="dropout")(x)
    x = layers.Bidirectional(layers.GRU(5, return_sequences=True), name="both_ways")(x)
    x = layers.LayerNormalization(name="norm")(x)
    tags = layers.TimeDistributed(layers.Dense(4, activation="softmax"), name="tags")(x)
    whole = layers.Bidirectional(layers.LSTM(3), name="whole")(x)
    whole = layers.Dense(2, activation="tanh", name="kind")(whole)
    return keras.Model(words, [tags, whole], name="tagger")


class Tagger(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(19, 6)
        self.dropout = nn.Dropout(0.25)
        self.gru = nn.GRU(6, 5, bidirectional=True)
        self.norm = nn.LayerNorm(10, eps=1e-3)
        self.tags = nn.Linear(10, 4)
        self.lstm = nn.LSTM(10, 3, batch_first=True, bidirectional=True)
        self.kind = nn.Linear(6, 2)

    def forward(self, words: Tensor) -> tuple[Tensor, Tensor]:
        x = self.dropout(self.embedding(words))
        x, _ = self.gru(x.transpose(0, 1))
        x = self.norm(x.transpose(0, 1))
        tags = F.softmax(self.tags(x), dim=-1)
        _, (h, _) = self.lstm(x)
        whole = torch.cat([h[0], h[1]], dim=-1)
        return tags, torch.tanh(self.kind(whole))


def _both(path: str, back: bool) -> dict[str, str]:
    end = "_reverse" if back else ""
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    return {name: f"{path}.{name}{end}" for name in names}


PAIR = WrittenPair(
    "tagger",
    keras_tagger,
    Tagger,
    lambda random: [random.integers(0, 19, size=(4, 9)).astype("int32")],
    places={
        "both_ways/forward": _both("gru", back=False),
        "both_ways/backward": _both("gru", back=True),
        "whole/forward": _both("lstm", back=False),
        "whole/backward": _both("lstm", back=True),
    },
)
