"""A segmenter: dilated convolutions of several reaches side by side, enlarged smoothly, with a mean of the whole."""

from __future__ import annotations

from typing import Any

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import Tensor, nn

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair


def keras_segmenter() -> Any:
    image = keras.Input((16, 24, 3), name="image")
    low = layers.Conv2D(5, 3, strides=2, padding="valid", activation="relu", name="low")(image)
    low = layers.Cropping2D(((1, 0), (0, 1)), name="crop")(low)
    x = layers.SeparableConv2D(8, 3, strides=1, padding="same", depth_multiplier=2, name="separable")(low)
    x = layers.BatchNormalization(name="separable_bn")(x)
    x = layers.ELU(name="elu")(x)
    x = layers.MaxPooling2D(2, name="halve")(x)
    near = layers.Conv2D(6, 3, padding="same", name="near")(x)
    far = layers.Conv2D(6, 3, padding="same", dilation_rate=2, name="far")(x)
    whole = layers.GlobalAveragePooling2D(name="whole_pool")(x)
    whole = layers.Dense(6, activation="relu", name="whole")(whole)
    whole = layers.Reshape((1, 1, 6), name="whole_map")(whole)
    x = layers.Average(name="mean_of_both")([near, far])
    x = layers.Add(name="with_whole")([x, whole])
    x = layers.UpSampling2D(2, interpolation="bilinear", name="enlarge")(x)
    x = layers.Concatenate(name="with_low")([low, x])
    x = layers.Conv2D(4, 1, name="scores")(x)
    return keras.Model(image, layers.Softmax(name="classes")(x), name="segmenter")


class Separable(nn.Sequential):
    def __init__(self, channels: int, multiplier: int, filters: int) -> None:
        super().__init__(
            nn.Conv2d(channels, channels * multiplier, 3, padding=1, groups=channels, bias=False),
            nn.Conv2d(channels * multiplier, filters, 1),
        )


class Segmenter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.entry = nn.Conv2d(3, 5, 3, stride=2)
        self.sep = Separable(5, 2, 8)
        self.sep_bn = nn.BatchNorm2d(8, eps=1e-3, momentum=0.01)
        self.aspp = nn.ModuleList(
            [nn.Conv2d(8, 6, 3, padding=1), nn.Conv2d(8, 6, 3, padding=2, dilation=2)],
        )
        self.image_level = nn.Linear(8, 6)
        self.classifier = nn.Conv2d(11, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        low = F.relu(self.entry(x))[:, :, 1:, :-1]
        x = F.elu(self.sep_bn(self.sep(low)))
        x = F.max_pool2d(x, kernel_size=2)
        level = F.relu(self.image_level(x.mean(dim=(2, 3))))
        x = (self.aspp[0](x) + self.aspp[1](x)) / 2
        x = x + level.unsqueeze(-1).unsqueeze(-1)
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        x = self.classifier(torch.cat([low, x], dim=1))
        return x.softmax(dim=1)


PAIR = WrittenPair(
    "segmenter",
    keras_segmenter,
    Segmenter,
    lambda random: [pictures(random, 2, 16, 24, 3)],
    places={
        "low": "entry",
        "separable": {
            "depthwise.weight": "sep.0.weight",
            "pointwise.weight": "sep.1.weight",
            "pointwise.bias": "sep.1.bias",
        },
        "separable_bn": "sep_bn",
        "near": "aspp.0",
        "far": "aspp.1",
        "whole": "image_level",
        "scores": "classifier",
    },
    bound=1e-6,
    because="TensorFlow enlarges bilinearly in float32, whatever the dtype",
)
