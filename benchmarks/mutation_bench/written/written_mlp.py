"""A perceptron for tables, in torch as one nn.Sequential."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_mlp() -> Any:
    table = keras.Input((13,), name="table")
    x = layers.Dense(17, use_bias=False, name="dense_1")(table)
    x = layers.BatchNormalization(name="norm_1")(x)
    x = layers.Activation("relu", name="relu_1")(x)
    x = layers.Dropout(0.25, name="dropout_1")(x)
    x = layers.Dense(17, name="dense_2")(x)
    x = layers.BatchNormalization(epsilon=1e-4, scale=False, name="norm_2")(x)
    x = layers.LeakyReLU(negative_slope=0.25, name="leaky_2")(x)
    x = layers.Dropout(0.5, name="dropout_2")(x)
    x = layers.Dense(11, activation="tanh", name="dense_3")(x)
    return keras.Model(table, layers.Dense(5, activation="softmax", name="classes")(x), name="mlp")


class Perceptron(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(13, 17, bias=False),
            nn.BatchNorm1d(17, eps=1e-3, momentum=0.01),
            nn.ReLU(),
            nn.Dropout(0.25),
            nn.Linear(17, 17),
            nn.BatchNorm1d(17, eps=1e-4, momentum=0.01),
            nn.LeakyReLU(0.25),
            nn.Dropout(0.5),
            nn.Linear(17, 11),
            nn.Tanh(),
            nn.Linear(11, 5),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x).softmax(dim=1)


PAIR = WrittenPair(
    "mlp",
    keras_mlp,
    Perceptron,
    lambda random: [random.normal(size=(6, 13))],
    places={
        "dense_1": "net.0",
        "norm_1": "net.1",
        "dense_2": "net.4",
        "norm_2": "net.5",
        "dense_3": "net.8",
        "classes": "net.10",
    },
)
