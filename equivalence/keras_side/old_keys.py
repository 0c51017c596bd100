"""What Keras 2 wrote into configurations and Keras 3 does not read: left out where it changes nothing, or read."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
from keras.src.legacy.saving import saving_utils
from keras.src.models import functional

from equivalence.catalogue import find
from equivalence.schema import Entry
from equivalence.translation.graph import ClassName

#: Taken by layers of Keras 2 through **kwargs: no entry has it among what it calls legacy, as their own have it.
_UNNAMED = "time_major"
#: What Keras 2 called a DTypePolicy, which Keras 3 looks for under that name alone.
_POLICIES = ("Policy", "PolicyV1")


@contextmanager
def keras_2_read() -> Iterator[None]:
    """Has Keras build what a legacy file describes without the keys of `without_old_keys`.

    Tensors among the keyword arguments of a call, which Keras 2 wrote as the first ones are, are read as those:
    Keras 3 hands the layer their names.
    """
    build, call_of = saving_utils.model_from_config, functional.deserialize_node

    def built(config: Any, *args: Any, **kwargs: Any) -> Any:
        return build(without_old_keys(config), *args, **kwargs)

    def with_tensors(node: Any, created: dict[str, Any]) -> Any:
        args, kwargs = call_of(node, created)
        return args, {k: _tensors(v, created) for k, v in kwargs.items()} if isinstance(node, list) else kwargs

    saving_utils.model_from_config, functional.deserialize_node = built, with_tensors
    try:
        yield
    finally:
        saving_utils.model_from_config, functional.deserialize_node = build, call_of


def _tensors(value: Any, created: dict[str, Any]) -> Any:
    """A keyword argument, with the tensor for each [layer, call, output] in it.

    Raises IndexError, upon which Keras tries again later, where that call has not been made yet.
    """
    if not isinstance(value, list):
        return value
    if len(value) in (3, 4) and isinstance(value[0], str) and value[0] in created:
        return created[value[0]]._inbound_nodes[value[1]].output_tensors[value[2]]
    return [_tensors(part, created) for part in value]


def without_old_keys(config: Any) -> Any:
    """A serialised model of Keras 2 without the keys of its layers that Keras 3 refuses, and that change nothing.

    A key that has another value than that is left where it is, for Keras to refuse.
    """
    if isinstance(config, list):
        return [without_old_keys(part) for part in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") in _POLICIES and isinstance(policy := config.get("config"), dict):
        return policy.get("name")
    made = {key: without_old_keys(value) for key, value in config.items()}
    settings = made.get("config")
    if isinstance(settings, dict) and isinstance(name := made.get("class_name"), str):
        entry, layer = find(ClassName("", name, "")), getattr(keras.layers, name, None)
        if entry is not None and isinstance(layer, type):
            made["config"] = {k: v for k, v in settings.items() if not _left_out(entry, layer, k, v)}
    return made


def _left_out(entry: Entry, layer: type, key: str, value: Any) -> bool:
    argument = entry.argument(key)
    if argument is None or not (argument in entry.legacy or key == _UNNAMED) or _takes(layer, key):
        return False
    return argument.inert or value is None or value == argument.default


def _takes(layer: type, key: str) -> bool:
    """Whether a class, or one that it is made from, names an argument."""
    return any(key in _parameters(part) for part in layer.__mro__)


def _parameters(part: type) -> Mapping[str, inspect.Parameter]:
    init = vars(part).get("__init__")
    return inspect.signature(init).parameters if inspect.isfunction(init) else {}
