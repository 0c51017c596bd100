"""Keras symbols by name, and calls of them as a case states them.

A case is a dictionary: "keras" (the dotted name), "kind", "config", "call" (keyword arguments of the call,
written as `wire` says; "$args" may list its positional ones), "inputs" (declared shapes without batch, the size
of the batch where it is fixed, and dtypes), "list" (whether the inputs go in as one list; None: found from the
signature), "seed".
"""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from equivalence.keras_side import wire


def symbol(name: str) -> Any:
    """What a dotted name means: `keras.layers.Conv2D`, or `operator.getitem` for Python's own operators."""
    root, *attributes = name.split(".")
    found: Any = {"keras": keras, "operator": operator}[root]
    for attribute in attributes:
        if inspect.isfunction(found) and attribute in inspect.signature(found).parameters:
            break  # an argument with an entry of its own, as keras.Model.fit.class_weight
        found = getattr(found, attribute)
    return found


def build(case: dict[str, Any]) -> Any:
    """The layer, loss or optimizer of a case; objects in its configuration are deserialised.

    A class that reads no configuration is called with it; a function gets it as keywords, and waits for the rest.
    """
    made, config = symbol(case["keras"]), _objects(wire.decode(case["config"], ()))
    if not inspect.isclass(made):
        return functools.partial(made, **config)
    return made.from_config(config) if hasattr(made, "from_config") else made(**config)


def function_of(case: dict[str, Any]) -> Callable[..., Any]:
    """What is called with the inputs: a layer, a loss, or a function with its configuration as keywords."""
    found: Callable[..., Any] = symbol(case["keras"])
    return build(case) if inspect.isclass(found) else found


def apply(function: Callable[..., Any], case: dict[str, Any], inputs: Sequence[Any], **more: Any) -> Any:
    """Call it on the inputs: positionally, or as a list where it takes several tensors as one argument."""
    call = dict(case.get("call") or {})
    if not inspect.isclass(symbol(case["keras"])):
        call = {**case["config"], **call}
    taken = wire.used(call)
    given = [tensor for index, tensor in enumerate(inputs) if index not in taken]
    as_list = case.get("list")
    if as_list is None:
        as_list = len(given) > 1 and _required(function) == 1
    stated = keras.tree.map_structure(_at_float_dtype, wire.decode(call.pop("$args", []), inputs))
    positional = stated or ([given] if as_list else given)
    return function(*positional, **wire.decode(call, inputs), **more)


def _at_float_dtype(value: Any) -> Any:
    """Array constants of floats in Keras's float dtype, as those in a model follow it."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(keras.config.floatx())
    return value


def _required(function: Callable[..., Any]) -> int:
    """How many positional arguments have no default."""
    called = function.call if isinstance(function, keras.layers.Layer) else function
    parameters = inspect.signature(called).parameters.values()
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(item.kind in positional and item.default is inspect.Parameter.empty for item in parameters)


def _objects(config: Any) -> Any:
    """Inner layers may be stated by class name alone; Keras asks for the module too."""
    if isinstance(config, dict):
        filled = {key: _objects(value) for key, value in config.items()}
        if "class_name" in filled and "config" in filled:
            return {"module": "keras.layers", "registered_name": None, **filled}
        return filled
    return [_objects(item) for item in config] if isinstance(config, list) else config
