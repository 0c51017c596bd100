"""What a live model is called on: as it declares it, as it was built, or as the caller says."""

from __future__ import annotations

import inspect
from typing import Any

import keras
from keras.src import tree
from keras.src.models.functional import Functional

from equivalence.errors import Refused
from equivalence.keras_side.tracing.tape import Trace

KerasTensor = keras.KerasTensor


def declared_inputs(model: Any, given: Any = None) -> tuple[Any, ...]:
    """The arguments of the model's call, with a KerasTensor for each tensor; sizes that are open are None.

    `given`: arrays, tensors or `keras.Input`s in the structure of the call; of an array the batch is open. A model
    whose call takes several arguments gets a tuple of them. Raises Refused where neither tells.
    """
    if given is not None:
        structure = tree.map_structure(_declared, given)
        return tuple(structure) if _arguments(model) > 1 and isinstance(structure, (tuple, list)) else (structure,)
    if isinstance(model, keras.Sequential) and model._functional:
        return (model._functional._inputs_struct,)
    if isinstance(model, Functional):
        return (model._inputs_struct,)
    shapes = getattr(model, "_build_shapes_dict", None)
    if not shapes:
        raise Refused(
            f"model {model.name!r:.80} does not say what it is called on: "
            "say it with port(model, inputs=...), an example or a keras.Input for each tensor"
        )
    return tuple(tree.map_shape_structure(_of_shape, shape) for shape in shapes.values())


def taken_as_indices(trace: Trace) -> set[int]:
    """Which of the inputs an Embedding looks up, in whatever layer it is, though they are said to hold floats."""
    position = {id(tensor): index for index, tensor in enumerate(trace.inputs) if "float" in tensor.dtype}
    found = set()
    for step in trace.steps:
        given = [x for x in tree.flatten((step.args, step.kwargs)) if isinstance(x, KerasTensor)]
        if isinstance(step.operation, keras.layers.Embedding):
            found |= {position[id(x)] for x in given if id(x) in position}
        elif step.inside is not None:
            inside = taken_as_indices(step.inside)
            found |= {position[id(x)] for i, x in enumerate(given) if i in inside and id(x) in position}
    return found


def with_indices(called_on: tuple[Any, ...], which: set[int]) -> tuple[Any, ...]:
    """The same arguments, where these tensors hold whole numbers."""
    count = iter(range(len(tree.flatten(called_on))))

    def changed(tensor: Any) -> Any:
        return KerasTensor(tensor.shape, "int32", name=tensor.name) if next(count) in which else tensor

    made: tuple[Any, ...] = tree.map_structure(changed, called_on)
    return made


def _declared(value: Any) -> Any:
    if isinstance(value, KerasTensor) or value is None:
        return value
    if not hasattr(value, "shape") or not hasattr(value, "dtype"):
        raise Refused(f"inputs holds {value!r:.60}, which is neither an array nor a keras.Input")
    dtype = keras.backend.standardize_dtype(value.dtype)
    return KerasTensor((None, *value.shape[1:]), "float32" if dtype == "float64" else dtype)


def _of_shape(shape: tuple[int | None, ...]) -> Any:
    return KerasTensor((None, *shape[1:]))


def _arguments(model: Any) -> int:
    """How many arguments without a default a model's call has."""
    parameters = inspect.signature(model.call).parameters.values()
    return sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
