"""From one sequence to another: states handed over, attention without a scale, steps read backwards."""

from __future__ import annotations

from typing import Any

import keras
import torch
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_translator() -> Any:
    source, target = keras.Input((8, 5), name="source"), keras.Input((6, 4), name="target")
    read, h, c = layers.LSTM(7, return_sequences=True, return_state=True, name="encoder")(source)
    written = layers.LSTM(7, return_sequences=True, name="decoder")(target, initial_state=[h, c])
    context = layers.Attention(name="attention")([written, read])
    x = layers.Concatenate(name="joined")([written, context])
    x = layers.Dense(9, activation="tanh", name="combined")(x)
    backwards = layers.SimpleRNN(5, go_backwards=True, return_sequences=True, name="backwards")(x)
    x = layers.Dense(6, name="words")(backwards)
    return keras.Model([source, target], layers.Softmax(name="probabilities")(x), name="translator")


class Seq2Seq(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.LSTM(5, 7, batch_first=True)
        self.decoder = nn.LSTM(4, 7, batch_first=True)
        self.combine = nn.Linear(14, 9)
        self.back = nn.RNN(9, 5, batch_first=True)
        self.vocabulary = nn.Linear(5, 6)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        keys, state = self.encoder(source)
        queries, _ = self.decoder(target, state)
        scores = torch.bmm(queries, keys.transpose(1, 2))
        context = torch.bmm(scores.softmax(dim=-1), keys)
        x = torch.cat((queries, context), dim=-1)
        x = self.combine(x).tanh()
        x, _ = self.back(x.flip(1))
        return self.vocabulary(x).softmax(-1)


PAIR = WrittenPair(
    "translator",
    keras_translator,
    Seq2Seq,
    lambda random: [pictures(random, 3, 8, 5), pictures(random, 3, 6, 4)],
    places={"combined": "combine", "backwards": "back", "words": "vocabulary"},
)
