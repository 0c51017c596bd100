"""Keras with the mode of a call kept to that call.

Keras 3 notes the `training` of a call where the calls that come after it in the same model find it, too
(keras/src/layers/layer.py, `_resolve_and_populate_arg`): behind a Dropout called with `training=True`,
BatchNormalization is in training in `model(x)`, and in inference in `predict(x)`, which says so to every call.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras.src.backend.common import global_state


@contextmanager
def scoped_modes() -> Iterator[None]:
    """While this lasts, a layer's `training` is known to the layers within it, and to none after it."""
    call = keras.layers.Layer.__call__

    def scoped(layer: Any, *args: Any, **kwargs: Any) -> Any:
        context = global_state.get_global_attribute("current_call_ctx")
        before = context.get_value("training") if context else None
        try:
            return call(layer, *args, **kwargs)
        finally:
            if context:
                context.set_value("training", before)

    keras.layers.Layer.__call__ = scoped
    try:
        yield
    finally:
        keras.layers.Layer.__call__ = call
