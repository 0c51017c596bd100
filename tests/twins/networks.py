"""The networks under test: both twins, what they are twins of, and how their values are drawn and taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch
from torch import nn

import keras_impl.inception_resnet_v2
import keras_impl.inception_v3
import keras_impl.mini_xception
import keras_impl.xception
import torch_impl.inception_resnet_v2
import torch_impl.inception_v3
import torch_impl.mini_xception
import torch_impl.xception

EMOTION_MODEL = Path(__file__).parent / "emotion_model.json"


@dataclass(frozen=True)
class Network:
    """`shape`: one at which odd and even sizes meet every padded pooling. `original`: the model that the
    Keras twin's layers come from, of (include_top, shape, classes), with logits for output."""

    keras: Callable[..., Any]
    torch: Callable[..., nn.Module]
    shape: tuple[int, int, int]
    original: Callable[[bool, tuple[int, int, int], int], Any]


def application(build: Callable[..., keras.Model]) -> Callable[[bool, tuple[int, int, int], int], keras.Model]:
    def original(include_top: bool, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return build(include_top, weights=None, input_shape=shape, classes=classes, classifier_activation=None)

    return original


def emotion_model(include_top: bool, shape: tuple[int, int, int], classes: int) -> keras.Model:
    """The layers that Keras 2.0.5 wrote into emotion_model.hdf5, at another size and number of classes."""
    config = json.loads(EMOTION_MODEL.read_text("utf-8"))
    layers: dict[str, Any] = {layer["config"]["name"]: layer["config"] for layer in config["layers"]}
    layers["input_1"] |= {"batch_input_shape": [None, *shape], "dtype": keras.config.floatx()}
    layers["conv2d_7"]["filters"] = classes
    layers["predictions"]["activation"] = "linear"
    model = keras.Model.from_config(config)
    return keras.Model(model.inputs[0], model.outputs[0] if include_top else model.get_layer("add_4").output)


NETWORKS = {
    "mini_xception": Network(
        keras_impl.mini_xception.MiniXception, torch_impl.mini_xception.MiniXception, (49, 62, 1), emotion_model
    ),
    "xception": Network(
        keras_impl.xception.Xception,
        torch_impl.xception.Xception,
        (71, 83, 3),
        application(keras.applications.Xception),
    ),
    "inception_v3": Network(
        keras_impl.inception_v3.InceptionV3,
        torch_impl.inception_v3.InceptionV3,
        (75, 107, 3),
        application(keras.applications.InceptionV3),
    ),
    "inception_resnet_v2": Network(
        keras_impl.inception_resnet_v2.InceptionResNetV2,
        torch_impl.inception_resnet_v2.InceptionResNetV2,
        (75, 107, 3),
        application(keras.applications.InceptionResNetV2),
    ),
}


def images(shape: tuple[int, int, int], batch: int = 2, seed: int = 1) -> np.ndarray:
    """Channels last, in float64."""
    return np.random.default_rng(seed).normal(size=(batch, *shape))


def to_torch(images: np.ndarray) -> torch.Tensor:
    """Channels first."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(images, -1, 1)))


def randomise(module: nn.Module, images: np.ndarray) -> None:
    """Random weights, biases, gammas and betas; running statistics that fit the images.

    Without the latter a deep random network answers the same whatever its epsilons are.
    """
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, weight in module.named_parameters():
            if not weight.requires_grad:
                continue
            weight.normal_(0.0, (2 / weight[0].numel()) ** 0.5 if weight.ndim > 1 else 0.25, generator=generator)
            if weight.ndim == 1 and name.endswith("weight"):
                weight.abs_().add_(0.5)
        norms = [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]
        for norm in norms:
            norm.momentum = 1.0
        module.train()(to_torch(images))
        module.eval()
        for norm in norms:
            norm.momentum = 0.01


def keras_layers(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """The output of every layer with weights, by its name, and of the model."""
    outputs = {layer.name: layer.output for layer in model.layers if layer.weights}
    values = keras.Model(model.input, {**outputs, "output": model.output})(images, training=False)
    return {name: keras.ops.convert_to_numpy(value) for name, value in values.items()}


def torch_layers(module: nn.Module, images: np.ndarray, names: Any) -> dict[str, np.ndarray]:
    """The outputs of the submodules that are the Keras layers `names`, channels last, and of the module."""
    outputs: dict[str, np.ndarray] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(part: nn.Module, args: Any, output: torch.Tensor) -> None:
            outputs[name] = np.moveaxis(output.numpy(), 1, -1)

        return hook

    hooks = [
        part.register_forward_hook(keep(path.replace(".", "_")))
        for path, part in module.named_modules()
        if path.replace(".", "_") in names
    ]
    with torch.no_grad():
        outputs["output"] = np.moveaxis(module(to_torch(images)).numpy(), 1, -1)
    for hook in hooks:
        hook.remove()
    return outputs
