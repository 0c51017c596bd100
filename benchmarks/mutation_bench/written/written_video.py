"""A 3-D convolutional network for short films, with a step for each frame at the end."""

from __future__ import annotations

from typing import Any

import keras
import torch
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_video() -> Any:
    film = keras.Input((6, 12, 10, 2), name="film")
    x = layers.Conv3D(5, 3, padding="same", name="conv1")(film)
    x = layers.BatchNormalization(name="bn1")(x)
    x = layers.Activation("relu", name="relu1")(x)
    x = layers.Conv3D(5, (1, 3, 3), strides=(1, 2, 2), padding="same", name="conv2")(x)
    x = layers.BatchNormalization(name="bn2")(x)
    x = layers.Activation("relu", name="relu2")(x)
    x = layers.Conv3D(7, (2, 3, 2), strides=(2, 1, 1), activation="softplus", name="conv3")(x)
    mean = layers.GlobalAveragePooling3D(name="mean")(x)
    largest = layers.GlobalMaxPooling3D(name="largest")(x)
    x = layers.Concatenate(name="both")([mean, largest])
    x = layers.Dense(9, name="hidden")(x)
    x = layers.Activation("swish", name="swish")(x)
    return keras.Model(film, layers.Dense(4, activation="softmax", name="action")(x), name="video")


class C3D(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv3d(2, 5, 3, padding=1),
            nn.BatchNorm3d(5, eps=1e-3, momentum=0.01),
            nn.ReLU(),
            nn.ConstantPad3d((0, 1, 0, 1, 0, 0), 0.0),
            nn.Conv3d(5, 5, (1, 3, 3), stride=(1, 2, 2)),
            nn.BatchNorm3d(5, eps=1e-3, momentum=0.01),
            nn.ReLU(),
            nn.Conv3d(5, 7, (2, 3, 2), stride=(2, 1, 1)),
            nn.Softplus(),
        )
        self.fc1 = nn.Linear(14, 9)
        self.fc2 = nn.Linear(9, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x).flatten(2)
        x = torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1)
        x = nn.functional.silu(self.fc1(x))
        return torch.softmax(self.fc2(x), dim=1)


PAIR = WrittenPair(
    "video",
    keras_video,
    C3D,
    lambda random: [pictures(random, 2, 6, 12, 10, 2)],
    places={
        "conv1": "features.0",
        "bn1": "features.1",
        "conv2": "features.4",
        "bn2": "features.5",
        "conv3": "features.7",
        "hidden": "fc1",
        "action": "fc2",
    },
)
