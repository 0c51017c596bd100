"""Which layers are the user's own, to be looked into, and what their parts are called."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import keras

from equivalence import catalogue
from equivalence.translation.graph import ClassName
from equivalence.translation.held_layers import snake_case

#: Keras's classes that say nothing by themselves: what they compute is what runs in them.
_TRANSPARENT = ("Functional", "Sequential", "Model", "Lambda")

_NO_SETTINGS = ("trainable", "built", "autocast", "supports_masking", "name")
#: What Keras, and TensorFlow in it, keep books of a layer's parts under.
_BOOKS = ("_layers", "_inbound_nodes", "_outbound_nodes", "_self_", "_tracker", "_operations", "_functional")


def class_of_layer(layer: Any) -> ClassName:
    """How files name the class of a layer or operation."""
    cls = type(layer)
    if cls.__module__.startswith("keras.src.ops."):
        return ClassName(cls.__module__, cls.__name__, "")
    if cls.__module__.split(".")[0] == "keras":
        return ClassName("keras.layers", cls.__name__, "")
    registered = keras.saving.get_registered_name(cls)
    return ClassName(cls.__module__, cls.__name__, registered if registered != cls.__name__ else "")


def is_own(layer: Any) -> bool:
    """Whether a layer is traced: no entry translates its class, or it is a model."""
    if isinstance(layer, keras.Model) or type(layer).__name__ in _TRANSPARENT:
        return True
    return isinstance(layer, keras.Layer) and catalogue.find(class_of_layer(layer)) is None


def is_keras_model(layer: Any) -> bool:
    """Whether a model is one of Keras's own kinds, whose layers go by their names."""
    return isinstance(layer, keras.Model) and type(layer).call in _calls_of_keras()


def _calls_of_keras() -> tuple[Any, ...]:
    from keras.src.models.functional import Functional

    return Functional.call, keras.Sequential.call


def place_of(cls: type) -> str:
    """Where a class is written: "my_layers.py:12"; "" where there is no file (a notebook's last cell)."""
    try:
        file, (_, line) = inspect.getsourcefile(cls), inspect.getsourcelines(cls)
    except (OSError, TypeError):
        return ""
    return f"{Path(file or '').name}:{line}"


def held_names(owner: Any, outermost: bool) -> dict[int, str]:
    """What the layers that an own layer holds are called in it, by id(): by the attributes they are kept under.

    `self.blocks = [a, b]` holds "blocks_0" and "blocks_1". Layers of Keras's own kinds of models go by their names;
    in one that is not the `outermost`, what Keras numbered through the whole process is numbered anew.
    """
    if is_keras_model(owner):
        return _names_in_model(owner, outermost)
    names: dict[int, str] = {}
    for attribute, value in vars(owner).items():
        if attribute.startswith(_BOOKS):
            continue
        _name(value, attribute.strip("_"), names, set())
    for layer in getattr(owner, "_layers", []):
        names.setdefault(id(layer), layer.name)
    return names


def _names_in_model(model: Any, outermost: bool) -> dict[int, str]:
    names: dict[int, str] = {}
    for layer in model._layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue  # the argument has its name
        kind = snake_case(type(layer).__name__)
        numbered = re.fullmatch(rf"{kind}(_\d+)?", layer.name) and not outermost
        name, count = kind if numbered else layer.name, 0
        while name in names.values():
            count += 1
            name = f"{kind}_{count}"
        names[id(layer)] = name
    return names


def _name(value: Any, name: str, names: dict[int, str], seen: set[int]) -> None:
    if isinstance(value, keras.Layer):
        names.setdefault(id(value), name)
    elif isinstance(value, (list, tuple, dict)) and id(value) not in seen:
        seen.add(id(value))
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            _name(item, f"{name}_{key}", names, seen)


def variable_names(owner: Any) -> dict[int, str]:
    """What the variables and arrays of an own layer are called, by id(): Keras's names, or those of attributes."""
    attributes = {id(value): name.strip("_") for name, value in vars(owner).items() if _holds_numbers(value)}
    own = {id(variable): variable.name for variable in [*owner._trainable_variables, *owner._non_trainable_variables]}
    named = {key: name for key, name in own.items() if not name.startswith("variable") or key not in attributes}
    return {**attributes, **named}


def _holds_numbers(value: Any) -> bool:
    return isinstance(value, keras.Variable) or (hasattr(value, "shape") and hasattr(value, "dtype"))


def numbers_kept(owner: Any) -> dict[str, int | float]:
    """The numbers that an own layer keeps under public names: its sizes and rates."""
    return {
        name: value
        for name, value in vars(owner).items()
        if type(value) in (int, float) and not name.startswith("_") and name.isidentifier() and name not in _NO_SETTINGS
    }
