"""Feature maps (8, 8, 2048) of photographs, from the twin InceptionV3 at 299 x 299.

Its weights are those trained on ImageNet where Keras has them or can fetch them, else random from a fixed
seed, with batch statistics that fit the photographs: each of the 2048 filters is then a fixed random
function of the picture, non-negative and of about the size that trained ones give.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import torch
from torch import nn

from equivalence import transfer
from keras_impl.inception_v3 import InceptionV3 as KerasInceptionV3
from torch_impl.inception_v3 import InceptionV3 as TorchInceptionV3

SIZE = 299
SHAPE = (8, 8, 2048)  # of a feature map, in Keras's order
IMAGENET = (
    "https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/"
    "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
)
_SEED = 3
_BATCH = 8


@dataclass(frozen=True)
class Extractor:
    """The same network in both frameworks, without its top; `weights` is "imagenet" or "random"."""

    keras: keras.Model
    torch: nn.Module
    weights: str

    def maps(self, images: np.ndarray) -> np.ndarray:
        """(N, 299, 299, 3) in [-1, 1] -> (N, 8, 8, 2048), computed in torch."""
        with torch.inference_mode():
            parts = [self.torch(_channels_first(part)) for part in _batches(images)]
        return np.ascontiguousarray(torch.cat(parts).permute(0, 2, 3, 1).numpy())


def extractor(images: np.ndarray, weights: str | None = None) -> Extractor:
    """InceptionV3 in both frameworks. Random weights take their batch statistics from `images`.

    Args:
        images: (N, 299, 299, 3) in [-1, 1].
        weights: "imagenet" or "random"; None for the first that can be had.

    Raises:
        ValueError: `weights` is something else.
    """
    weights = weights or ("imagenet" if imagenet_is_there() else "random")
    if weights not in ("imagenet", "random"):
        raise ValueError(f'weights must be "imagenet", "random" or None, not {weights!r}')
    network = KerasInceptionV3(include_top=False, input_shape=(SIZE, SIZE, 3))
    module = TorchInceptionV3(include_top=False).to(memory_format=torch.channels_last)
    if weights == "imagenet":
        original = keras.applications.InceptionV3(include_top=False, weights="imagenet")
        network.set_weights(original.get_weights())  # layers of one order: the twin's are the original's
        transfer(network, module)
    else:
        _randomise(module, images)
        transfer(module, network)
    return Extractor(network, module.eval(), weights)


def imagenet_is_there() -> bool:
    """Whether Keras holds the trained weights already, or their server answers."""
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    if (home / "models" / IMAGENET.rpartition("/")[2]).exists():
        return True
    try:
        with urllib.request.urlopen(urllib.request.Request(IMAGENET, method="HEAD"), timeout=3):
            return True
    except (urllib.error.URLError, TimeoutError):
        return False


def _randomise(module: nn.Module, images: np.ndarray) -> None:
    generator = torch.Generator().manual_seed(_SEED)
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
    norms = [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # the plain mean over all batches
    with torch.no_grad():
        module.train()
        for part in _batches(images):
            module(_channels_first(part))
    for norm in norms:
        norm.momentum = 0.01


def _batches(images: np.ndarray) -> list[np.ndarray]:
    return [images[start : start + _BATCH] for start in range(0, len(images), _BATCH)]


def _channels_first(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2)
