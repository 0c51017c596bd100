"""A model whose random layers pass on what they get, even those that are called with `training=True`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import keras


def still(model: Any) -> None:
    """Has every layer that draws random numbers run as in inference, whatever its call says.

    A layer draws random numbers where it holds a seed generator, or is in training unless told otherwise (those that
    augment images).
    """
    for layer in model._flatten_layers():
        if not layer._call_has_training_arg:
            continue
        draws = any(isinstance(held, keras.random.SeedGenerator) for held in vars(layer).values())
        if draws or inspect.signature(layer.call).parameters["training"].default is True:
            layer.call = _in_inference(layer.call)


def _in_inference(call: Callable[..., Any]) -> Callable[..., Any]:
    def stilled(*args: Any, **kwargs: Any) -> Any:
        return call(*args, **{**kwargs, "training": False})

    return stilled
