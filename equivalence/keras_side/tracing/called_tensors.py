"""The tensors that an own `call` sees, and those that its caller has for them."""

from __future__ import annotations

import inspect
from typing import Any

import keras
from keras.src import backend, tree
from keras.src.backend.common import global_state
from keras.src.models.functional import Functional

from equivalence.errors import Refused
from equivalence.keras_side.tracing.known_numbers import Number
from equivalence.keras_side.tracing.tape import Step

KerasTensor = keras.KerasTensor


def fresh(value: Any, known: dict[int, Any]) -> Any:
    """The tensor that an own `call` sees for one of its caller's, with a mask of its own."""
    if not isinstance(value, KerasTensor):
        return value
    if id(value) not in known:
        known[id(value)] = made = KerasTensor(value.shape, value.dtype, name=value.name)
        if (mask := backend.get_keras_mask(value)) is not None:
            backend.set_keras_mask(made, fresh(mask, known))
    return known[id(value)]


def with_masks(tensors: list[Any]) -> list[Any]:
    masks = [backend.get_keras_mask(tensor) for tensor in tensors]
    return [*tensors, *(mask for mask in masks if mask is not None)]


def handed_out(inner: Any, back: dict[int, Any]) -> Any:
    """The caller's tensor for one that a `call` returned, with the mask that it has there."""
    if not isinstance(inner, KerasTensor):
        return inner
    outer = Number(inner.dtype, inner.number) if isinstance(inner, Number) else KerasTensor(inner.shape, inner.dtype)
    if (mask := backend.get_keras_mask(inner)) is not None:
        known = back.get(id(mask))
        backend.set_keras_mask(outer, KerasTensor(mask.shape, "bool") if known is None else known)
    return outer


def take_over_masks(step: Step, outputs: Any) -> None:
    """Notes which masks were there before Keras asked `compute_mask`."""
    assert step.inside is not None
    inner = [x for x in tree.flatten(step.inside.outputs) if isinstance(x, KerasTensor)]
    step.masked_inside = [backend.get_keras_mask(x) is not None for x in inner]
    step.outputs = outputs


def argument_names(layer: Any, given: tuple[Any, Any]) -> list[str]:
    """For each tensor given, the name of the argument of `call` that it is in."""
    args, kwargs = given
    if isinstance(layer, Functional) and len(layer._inputs) == len(_symbols(given)):
        return [
            x.name if not x.name.startswith("keras_tensor") else x._keras_history.operation.name for x in layer._inputs
        ]
    parameters = list(inspect.signature(layer.call).parameters.values())
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    extra = next((p.name for p in parameters if p.kind == p.VAR_POSITIONAL), "inputs")
    named = [*(positional + [extra] * len(args))[: len(args)], *sorted(kwargs)]
    values = [*args, *(kwargs[key] for key in sorted(kwargs))]
    found = []
    for name, value in zip(named, values, strict=True):
        count = len(_symbols(value))
        found += [name] if count == 1 else [f"{name}_{i}" for i in range(count)]
    return found


def _symbols(structure: Any) -> list[Any]:
    return [leaf for leaf in tree.flatten(structure) if isinstance(leaf, KerasTensor)]


def with_mode_by_name(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The arguments of a call with its `training` by name, where it is the last of those that are not."""
    names = [*inspect.signature(layer.call).parameters]
    last = args[-1] if args else None
    if isinstance(last, bool) and names[len(args) - 1 : len(args)] == ["training"]:
        return args[:-1], {**kwargs, "training": last}
    return args, kwargs


def check_mask(layer: Any, kwargs: dict[str, Any]) -> None:
    """Raises Refused where a model is given a mask: it hangs that on its inputs, which is no step that is seen."""
    if not isinstance(layer, (Functional, keras.Sequential)):
        return
    if any(mask is not None for mask in tree.flatten(kwargs.get("mask"))):
        raise Refused(
            f"model {layer.name!r} is called with mask= by a model whose layers are its author's own: such a mask is "
            "not followed into it; put a Masking layer inside, or port the model without those layers"
        )


def with_mode_of_run(layer: Any, kwargs: dict[str, Any], training: bool, caller: Any) -> dict[str, Any]:
    """The arguments of a call by name, with the mode of the run where its code says `training=True` by default.

    `fit` and `predict` tell such a layer their mode; `model(x)` tells it none, which is training to it alone. A
    Functional model keeps the default as if the user had said it, and `predict` overrides that.
    """
    context = global_state.get_global_attribute("current_call_ctx")
    kept = isinstance(caller, Functional) and kwargs.get("training") is True
    told = ("training" in kwargs and not kept) or (context is not None and context.get_value("training") is not None)
    mode = inspect.signature(layer.call).parameters.get("training")
    return kwargs if told or mode is None or mode.default is not True else {**kwargs, "training": training}
