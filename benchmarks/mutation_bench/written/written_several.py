"""A model with several inputs and outputs: a picture, a table and words go in, a class and a box come out."""

from __future__ import annotations

from typing import Any

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_several() -> Any:
    picture = keras.Input((14, 10, 3), name="picture")
    table = keras.Input((5,), name="table")
    words = keras.Input((6,), dtype="int32", name="words")
    x = layers.Conv2D(4, 3, activation="relu", name="look")(picture)
    x = layers.MaxPooling2D(2, name="shrink")(x)
    x = layers.Flatten(name="seen")(x)
    x = layers.Dense(12, activation="relu", name="sight")(x)
    t = layers.Dense(12, activation="relu", name="numbers")(table)
    w = layers.Embedding(13, 12, name="word_vectors")(words)
    w = layers.Conv1D(12, 3, activation="relu", name="phrases")(w)
    w = layers.GlobalAveragePooling1D(name="meaning")(w)
    gate = layers.Dense(12, activation="sigmoid", name="gate")(t)
    x = layers.Multiply(name="gated")([x, gate])
    most = layers.Maximum(name="most")([x, w])
    x = layers.Concatenate(name="all")([x, t, most])
    shared = layers.Dense(10, activation="exponential", name="shared")(x)
    kind = layers.Dense(4, activation="log_softmax", name="kind")(shared)
    box = layers.Dense(4, activation="softsign", name="box")(shared)
    return keras.Model([picture, table, words], {"kind": kind, "box": box}, name="several")


class MultiModal(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.image_fc = nn.Linear(6 * 4 * 4, 12)
        self.table_fc = nn.Linear(5, 12)
        self.words = nn.Embedding(13, 12)
        self.conv1d = nn.Conv1d(12, 12, 3)
        self.gate_fc = nn.Linear(12, 12)
        self.trunk = nn.Linear(36, 10)
        self.class_head = nn.Linear(10, 4)
        self.box_head = nn.Linear(10, 4)

    def forward(self, picture: Tensor, table: Tensor, words: Tensor) -> dict[str, Tensor]:
        x = F.max_pool2d(torch.relu(self.conv(picture)), 2)
        x = torch.relu(self.image_fc(torch.flatten(x, start_dim=1)))
        t = torch.relu(self.table_fc(table))
        w = torch.relu(self.conv1d(self.words(words).transpose(1, 2)))
        w = w.mean(dim=-1)
        x = x * torch.sigmoid(self.gate_fc(t))
        x = torch.cat([x, t, torch.maximum(x, w)], dim=1)
        x = torch.exp(self.trunk(x))
        return {"kind": F.log_softmax(self.class_head(x), dim=1), "box": F.softsign(self.box_head(x))}


PAIR = WrittenPair(
    "several",
    keras_several,
    MultiModal,
    lambda random: [
        pictures(random, 4, 14, 10, 3),
        random.normal(size=(4, 5)),
        random.integers(0, 13, size=(4, 6)).astype("int32"),
    ],
    places={
        "look": "conv",
        "sight": "image_fc",
        "numbers": "table_fc",
        "word_vectors": "words",
        "phrases": "conv1d",
        "gate": "gate_fc",
        "shared": "trunk",
        "kind": "class_head",
        "box": "box_head",
    },
    flattened={"sight": (6, 4)},
)
