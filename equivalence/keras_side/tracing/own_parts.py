"""Whether a model has code of somebody's own in it."""

from __future__ import annotations

from typing import Any

from equivalence.keras_side.tracing.own_activations import own_activation
from equivalence.keras_side.tracing.own_layers import is_keras_model, is_own


def has_own_parts(model: Any) -> bool:
    """Whether any layer of a model, at any depth, or an activation of one, is of somebody's own."""
    return any(
        own_activation(layer) is not None
        or type(layer).__module__.partition(".")[0] != "keras"
        or (is_own(layer) and not is_keras_model(layer))
        for layer in model._flatten_layers()
    )
