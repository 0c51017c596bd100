"""Functions of the user's own that layers of Keras's apply last: the layer is one step, what they do others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras.src.layers.convolutional.base_conv import BaseConv
from keras.src.layers.convolutional.base_conv_transpose import BaseConvTranspose
from keras.src.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv
from keras.src.layers.convolutional.base_separable_conv import BaseSeparableConv

from equivalence import catalogue

#: Layers whose output is activation(of everything else).
_LAST = (
    keras.layers.Activation, keras.layers.Dense, keras.layers.EinsumDense,
    BaseConv, BaseConvTranspose, BaseDepthwiseConv, BaseSeparableConv,
)  # fmt: skip


def own_activation(layer: Any) -> Callable[..., Any] | None:
    """The activation of a layer where it is code of somebody's own that no entry translates, else None."""
    activation = getattr(layer, "activation", None) if isinstance(layer, _LAST) else None
    if activation is None or isinstance(activation, keras.Layer) or _module(activation).startswith("keras."):
        return None
    name = keras.saving.get_registered_name(activation) if hasattr(activation, "__name__") else ""
    found: Callable[..., Any] | None = activation
    return None if any(name in entry.stored for entry in catalogue.activations()) else found


def _module(function: Any) -> str:
    return str(getattr(function, "__module__", "") or type(function).__module__)


@contextmanager
def without_own_activation(layer: Any) -> Iterator[None]:
    """The layer as if it had none, where it is somebody's own."""
    activation = own_activation(layer)
    if activation is None:
        yield
        return
    vars(layer)["activation"] = keras.activations.linear
    try:
        yield
    finally:
        vars(layer)["activation"] = activation
