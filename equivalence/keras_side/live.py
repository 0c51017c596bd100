"""A Keras model that lives in the caller's own process."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from equivalence.errors import Refused, printable


def is_keras_model(value: Any) -> bool:
    """Whether `value` is a `keras.Model`; Keras is not imported to find out."""
    model = getattr(sys.modules.get("keras"), "Model", None)
    return isinstance(model, type) and isinstance(value, model)


def has_own_layers(model: Any) -> bool:
    """Whether a live model has code of somebody's own in it: no file tells it, and no other process has it."""
    from equivalence.keras_side.tracing.own_parts import has_own_parts

    return has_own_parts(model)


def load_with(path: Path, custom_objects: Mapping[str, Any]) -> Any:
    """The model of a file, loaded by Keras with classes of somebody's own, whose code runs; none that the file holds.

    Raises Refused where Keras cannot load it.
    """
    import keras

    try:
        return keras.saving.load_model(path, custom_objects=dict(custom_objects), compile=False, safe_mode=True)
    except Exception as error:
        raise Refused(
            f"{path.name}: Keras does not load it: {printable(f'{type(error).__name__}: {error}', 400)}"
        ) from error


def save(model: Any, path: Path) -> Path | None:
    """Write a live `keras.Model` as `.keras`, from where it goes the way of any file; returns the path.

    None where Keras cannot write it: an argument of a layer has no configuration, or the model was never built.
    """
    try:
        model.save(path)
    except Exception:  # Keras raises whatever a layer's get_config raises
        return None
    return path
