"""A Keras model that lives in the caller's own process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from equivalence.errors import Refused


def is_keras_model(value: Any) -> bool:
    """Whether `value` is a `keras.Model`; Keras is not imported to find out."""
    model = getattr(sys.modules.get("keras"), "Model", None)
    return isinstance(model, type) and isinstance(value, model)


def save(model: Any, path: Path) -> Path:
    """Write a live `keras.Model` as `.keras`, from where it goes the way of any file.

    Raises Refused where Keras cannot write it, as it cannot a model that was never built.
    """
    try:
        model.save(path)
    except Exception as error:  # Keras raises whatever a layer's get_config raises
        reason = " ".join(str(error).split())
        raise Refused(f"Keras cannot save the model {model.name!r}: {reason}") from error
    return path
