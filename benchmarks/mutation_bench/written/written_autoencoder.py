"""An autoencoder: flattened, narrowed, and built up again by transposed convolutions of odd and even kernels."""

from __future__ import annotations

from typing import Any

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_autoencoder() -> Any:
    encoder = keras.Sequential(
        [
            keras.Input((12, 20, 2)),
            layers.Conv2D(6, 3, strides=2, padding="same", name="conv1"),
            layers.LeakyReLU(negative_slope=0.25, name="leaky1"),
            layers.Conv2D(9, 3, strides=2, padding="same", name="conv2"),
            layers.LeakyReLU(negative_slope=0.25, name="leaky2"),
            layers.Flatten(name="flatten"),
            layers.Dense(8, name="code"),
        ],
        name="encoder",
    )
    decoder = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(3 * 5 * 9, activation="relu", name="widen"),
            layers.Reshape((3, 5, 9), name="map"),
            layers.Conv2DTranspose(6, 3, strides=2, padding="same", name="up1"),
            layers.BatchNormalization(name="norm1"),
            layers.ReLU(name="relu1"),
            layers.Conv2DTranspose(6, 4, strides=2, padding="same", activation="relu", name="up2"),
            layers.Conv2D(2, 3, padding="same", activation="tanh", name="picture"),
        ],
        name="decoder",
    )
    image = keras.Input((12, 20, 2), name="image")
    return keras.Model(image, decoder(encoder(image)), name="autoencoder")


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(2, 6, 3, stride=2)
        self.conv2 = nn.Conv2d(6, 9, 3, stride=2)
        self.code = nn.Linear(3 * 5 * 9, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = F.leaky_relu(self.conv1(F.pad(x, (0, 1, 0, 1))), 0.25)
        x = F.leaky_relu(self.conv2(F.pad(x, (0, 1, 0, 1))), 0.25)
        return self.code(x.permute(0, 2, 3, 1).flatten(1))


class Decoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.widen = nn.Linear(8, 3 * 5 * 9)
        self.up1 = nn.ConvTranspose2d(9, 6, 3, stride=2)
        self.norm1 = nn.BatchNorm2d(6, eps=0.001, momentum=0.01)
        self.up2 = nn.ConvTranspose2d(6, 6, 4, stride=2, padding=1)
        self.picture = nn.Conv2d(6, 2, 3, padding=1)

    def forward(self, code: Tensor) -> Tensor:
        x = F.relu(self.widen(code))
        x = x.view(-1, 3, 5, 9).permute(0, 3, 1, 2)
        x = self.up1(x)[:, :, :6, :10]
        x = F.relu(self.norm1(x))
        x = F.relu(self.up2(x))
        return torch.tanh(self.picture(x))


class Autoencoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.encoder(x))


PAIR = WrittenPair(
    "autoencoder",
    keras_autoencoder,
    Autoencoder,
    lambda random: [pictures(random, 3, 12, 20, 2)],
    places={
        f"{half}/{layer}": f"{half}.{layer}"
        for half, inside in (
            ("encoder", ("conv1", "conv2", "code")),
            ("decoder", ("widen", "up1", "norm1", "up2", "picture")),
        )
        for layer in inside
    },
)
