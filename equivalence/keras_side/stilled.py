"""A model whose random layers pass on what they get, and whose every call is in the mode that it states."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import keras
from keras.src.backend.common.global_state import get_global_attribute


def still(model: Any) -> None:
    """Has every layer that draws random numbers run as in inference, whatever its call says.

    A layer draws random numbers where it holds a seed generator, or is in training unless told otherwise (those that
    augment images).

    And has the mode of a call end with it. In Keras it goes over to whatever the model calls next, unless the model is
    called with `training` itself: behind a RandomFlip, whose default is True, every BatchNormalization would train.
    """
    modes: list[Any] = []  # of the calls under way, from the outermost
    for layer in model._flatten_layers():
        if layer._call_has_training_arg and _draws(layer):
            layer.call = _in_inference(layer.call)
        layer.call = _ending_its_mode(layer.call, modes)


def _draws(layer: Any) -> bool:
    holds = any(isinstance(held, keras.random.SeedGenerator) for held in vars(layer).values())
    return holds or inspect.signature(layer.call).parameters["training"].default is True


def _in_inference(call: Callable[..., Any]) -> Callable[..., Any]:
    def stilled(*args: Any, **kwargs: Any) -> Any:
        return call(*args, **{**kwargs, "training": False})

    return stilled


def _ending_its_mode(call: Callable[..., Any], modes: list[Any]) -> Callable[..., Any]:
    def ended(*args: Any, **kwargs: Any) -> Any:
        context = get_global_attribute("current_call_ctx")
        modes.append(context.get_value("training"))
        try:
            return call(*args, **kwargs)
        finally:
            modes.pop()
            if modes:
                context.set_value("training", modes[-1])

    return ended
