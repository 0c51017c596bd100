"""What a live layer or operation was made with, as a file would say it."""

from __future__ import annotations

import inspect
import json
from typing import Any

import keras

from equivalence import catalogue
from equivalence.errors import Refused
from equivalence.keras_side.tracing.own_layers import class_of_layer


def settings_of(layer: Any, where: str) -> dict[str, Any]:
    """The configuration of a layer, in JSON's types, or of an operation, with whatever it was given.

    What cannot be serialised and never changes what is computed (an initializer of one's own) is left out.
    Raises Refused where something else cannot be.
    """
    if not isinstance(layer, keras.Layer):
        return _of_operation(layer)
    try:
        config = keras.saving.serialize_keras_object(layer)["config"]
        return _through_json(config)
    except Exception:  # whatever a get_config of the user's raises
        return _one_by_one(layer, where)


def _of_operation(operation: Any) -> dict[str, Any]:
    """The arguments of an operation's constructor, which it keeps under their names."""
    if operation._auto_config is not None:
        return dict(operation._auto_config.config)
    names = [name for name in inspect.signature(type(operation).__init__).parameters if name not in ("self", "name")]
    return {name: getattr(operation, name, getattr(operation, f"_{name}", None)) for name in names}


def _one_by_one(layer: Any, where: str) -> dict[str, Any]:
    entry = catalogue.find(class_of_layer(layer))
    assert entry is not None
    config: dict[str, Any] = {}
    for argument in entry.arguments:
        if argument.inert or not hasattr(layer, argument.keras):
            continue
        value = getattr(layer, argument.keras)
        try:
            config[argument.keras] = _through_json(keras.saving.serialize_keras_object(value))
        except Exception as error:
            raise Refused(
                f"{where}: {argument.keras} is a {type(value).__name__}, which has no configuration ({error!s:.120})"
            ) from error
    return config


def _through_json(config: Any) -> Any:
    return json.loads(json.dumps(config))
