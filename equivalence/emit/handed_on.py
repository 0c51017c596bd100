"""What Keras hands on beside the numbers of a call: masks, and which tensor object an output is (decision 12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from equivalence.emit.draft import ForwardDraft
from equivalence.translation.call_site import KerasObject, Site, Value
from equivalence.translation.structure import leaves_of, mapped


def previous_masks(args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Value | None]:
    """The masks that Keras has a layer compute the mask of its output from: the call's, or those of its first argument.

    keras/src/layers/layer.py, "We need to cache the `previous_mask`".
    """
    given = leaves_of(Value, kwargs.get("mask"))
    if given:
        return [*given]
    first = args[0] if args else next(iter(kwargs.values()), None)
    return [value.mask for value in leaves_of(Value, first)]


def inherit(outputs: Sequence[Value], masks: Sequence[Value | None]) -> None:
    """What Layer.compute_mask and Layer._set_mask_metadata do: each output gets the mask that stands in its place."""
    if any(value.mask is None for value in outputs):
        for value, mask in zip(outputs, masks, strict=False):
            value.mask = value.mask or mask


def as_objects(site: Site, outputs: Any) -> Any:
    """Outputs as Keras makes them: new objects, unless the emit function says that they are what was given."""
    given = {id(value.object) for value in site.inputs}
    kept = {id(held) for held in site.returned}

    def made(value: Any) -> Any:
        if isinstance(value, Value) and id(value.object) in given - kept:
            return value.as_object(KerasObject())
        return value

    return mapped(made, outputs)


def as_objects_of(given: Sequence[Value], forward: ForwardDraft, outputs: Sequence[Value]) -> list[Value]:
    """The outputs of a nested model as the objects that they are; masks that it took off its inputs are off.

    What it returns of its inputs is the caller's object, and two outputs may be one.
    """
    objects: dict[int, KerasObject] = {}
    for value, (_, held, _) in zip(given, forward.inputs, strict=True):
        objects.setdefault(id(held.object), value.object)
        if held.mask is None:
            value.mask = None
    inner = leaves_of(Value, forward.outputs)
    return [
        value.as_object(objects.setdefault(id(held.object), value.object))
        for value, held in zip(outputs, inner, strict=True)
    ]
