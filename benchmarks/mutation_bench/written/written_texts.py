"""A classifier of padded texts: an embedding that masks, and an LSTM over what is not padding."""

from __future__ import annotations

from typing import Any

import keras
import torch
from keras import layers
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from benchmarks.mutation_bench.drawn_inputs import padded
from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_texts() -> Any:
    words = keras.Input((11,), dtype="int32", name="words")
    x = layers.Embedding(23, 6, mask_zero=True, name="embedding")(words)
    x = layers.SpatialDropout1D(0.25, name="dropout")(x)
    x = layers.LSTM(7, return_sequences=True, name="lstm_1")(x)
    x = layers.LSTM(7, name="lstm_2")(x)
    x = layers.Dense(7, activation="relu", name="dense")(x)
    return keras.Model(words, layers.Dense(1, activation="sigmoid", name="positive")(x), name="texts")


class TextClassifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.word_vectors = nn.Embedding(23, 6)
        self.rnn1 = nn.LSTM(6, 7, batch_first=True)
        self.rnn2 = nn.LSTM(7, 7, batch_first=True)
        self.hidden = nn.Linear(7, 7)
        self.output = nn.Linear(7, 1)

    def forward(self, words: Tensor) -> Tensor:
        lengths = (words != 0).sum(dim=1)
        x = self.word_vectors(words)
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        packed, _ = self.rnn1(packed)
        _, (h, _) = self.rnn2(packed)
        x = torch.relu(self.hidden(h[-1]))
        return torch.sigmoid(self.output(x))


PAIR = WrittenPair(
    "texts",
    keras_texts,
    TextClassifier,
    lambda random: [padded(random, 5, 11, 23)],
    places={
        "embedding": "word_vectors",
        "lstm_1": "rnn1",
        "lstm_2": "rnn2",
        "dense": "hidden",
        "positive": "output",
    },
)
