"""Functions that Keras 2 wrapped as layers when they met a Keras tensor: TFOpLambda, SlicingOpLambda.

Such a layer names a TensorFlow function ("math.multiply"), which entries list among their stored names, and
keeps the settings that Keras 3 writes into an operation's configuration among the arguments of its call.
"""

from __future__ import annotations

from typing import Any

from equivalence.schema import Entry
from equivalence.translation.call_site import Value
from equivalence.translation.graph import ClassName, Layer

_WRAPPERS = ("TFOpLambda", "SlicingOpLambda")


def class_of(layer: Layer) -> ClassName:
    """The class an entry is found by: for a wrapped function, the function; a model's, whatever module it lay in."""
    if layer.graph is not None:
        return ClassName("", layer.cls.name, "")
    if layer.cls.name in _WRAPPERS and not layer.cls.registered:
        return ClassName("tf", str(layer.config.get("function")), "")
    return layer.cls


def settings(layer: Layer, entry: Entry, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The configuration, with the settings of a wrapped function's call in it and taken from `kwargs`."""
    if layer.cls.name not in _WRAPPERS:
        return layer.config
    stated = {key: value for key, value in layer.config.items() if key not in ("function", "dtype")}
    for key in [key for key in kwargs if entry.argument(key) and not isinstance(kwargs[key], Value)]:
        stated[key] = kwargs.pop(key)
    kwargs.pop("name", None)  # of the TensorFlow operation
    return stated
