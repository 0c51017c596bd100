"""Training from scratch: mini-Xception on small crops, its map pooled or flattened; nothing hangs on given features."""

from __future__ import annotations

from collections import OrderedDict

import keras
from keras import layers
from torch import nn

import keras_impl.heads as in_keras
import torch_impl.heads as in_torch
from keras_impl.mini_xception import MiniXception as KerasMiniXception
from keras_torch_experiments.global_average_pooling.candidates import CLASSES, initialise
from keras_torch_experiments.global_average_pooling.data import Data
from keras_torch_experiments.global_average_pooling.photographs import crops
from torch_impl.mini_xception import MiniXception as TorchMiniXception

SIZE = 48
MAP = (3, 3, 128)  # of SIZE, in Keras's order
HEADS = ("pool", "flatten")
#: Of the running statistics: at Keras's 0.99 they would not have arrived after the few steps there is time for.
MOMENTUM = 0.8


def small_crops(per_picture: int = 24, held_per_picture: int = 10) -> Data:
    """Photographs as (N, 48, 48, 3)."""
    seen = crops("training", per_picture, SIZE, seed=1)
    held = crops("validation", held_per_picture, SIZE, seed=1)
    return Data(seen.images, seen.labels, held.images, held.labels)


def in_torch_from_scratch(head: str, seed: int = 0) -> nn.Module:
    """(N, 3, 48, 48) -> (N, 2), with Keras's initial weights. Raises KeyError for a head not in HEADS."""
    predictions = {
        "pool": in_torch.GlobalAveragePoolingHead(MAP[-1], CLASSES),
        "flatten": in_torch.FlattenHead(*MAP, CLASSES),
    }[head]
    backbone = TorchMiniXception(include_top=False, channels=3)
    module = nn.Sequential(OrderedDict(backbone=backbone, predictions=predictions))
    initialise(module, seed)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = 1 - MOMENTUM
    return module


def in_keras_from_scratch(head: str) -> keras.Model:
    """(N, 48, 48, 3) -> (N, 2). Raises KeyError for a head not in HEADS."""
    predictions = {
        "pool": in_keras.GlobalAveragePoolingHead(MAP[-1], CLASSES),
        "flatten": in_keras.FlattenHead(*MAP, CLASSES),
    }[head]
    backbone = KerasMiniXception(include_top=False, input_shape=(SIZE, SIZE, 3))
    backbone.name = "backbone"
    for layer in backbone.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = MOMENTUM
    inputs = layers.Input((SIZE, SIZE, 3))
    return keras.Model(inputs, predictions(backbone(inputs)))
