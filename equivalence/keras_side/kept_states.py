"""Stateful layers of a model: which there are, and what they have kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras


def is_stateful(model: Any) -> bool:
    """Whether a layer of the model, at any depth, keeps a state from call to call."""
    return any(True for _ in _states(model))


def reset_states(model: Any) -> None:
    """Has every stateful layer begin with zeros (`RNN.reset_state` of several cells raises AttributeError)."""
    for state in _states(model):
        state.assign(keras.ops.zeros_like(state))


def _states(model: Any) -> Iterator[Any]:
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.RNN) and layer.stateful:
            yield from keras.tree.flatten(layer.states)
