"""A live model to a graph with its arrays: its code is run on tensors without numbers, at several sizes."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Any

import keras
from keras.src import tree

from equivalence.errors import Refused, printable
from equivalence.keras_side.tracing.symbolic_keras import Tracer
from equivalence.keras_side.tracing.tape import Trace
from equivalence.keras_side.tracing.traced_graph import Reading
from equivalence.translation.graph import ModelFile

#: Sizes of the batch and of the axes that a model leaves open, in each of the traces: primes, all different.
_BATCHES = (7, 11, 13)
_OPEN = (
    (59, 61, 67, 71, 73, 79),
    (83, 89, 97, 101, 103, 107),
    (109, 113, 127, 131, 137, 139),
)


@dataclass(slots=True)
class LiveModel:
    """A live model that was read."""

    model: Any
    declared: Any  # structure of KerasTensors that it is called on
    file: ModelFile
    reading: Reading

    @property
    def backend(self) -> str:
        return str(keras.config.backend())


def read_live(model: Any, declared: Any = None) -> LiveModel:
    """The graph of a built `keras.Model`, of whatever classes.

    `declared`: a structure of KerasTensors that the model is called on; left out, those that it says of itself.
    Raises Refused, with the file and line of the user's code where it is that code which cannot be traced.
    """
    declared = _declared(model) if declared is None else declared
    traces = [_traced(model, declared, which, training=None) for which in range(3)]
    try:
        training = _traced(model, declared, 0, training=True)
    except Refused:
        training = None
    reading = Reading(f"model {model.name}")
    graph = reading.graph(model.name, traces, training)
    return LiveModel(
        model, declared, ModelFile(f"{model.name} (live)", ".keras", keras.__version__, graph, lambda: None), reading
    )


def _declared(model: Any) -> Any:
    """The inputs as the model declares them, or as it was built."""
    from keras.src.models.functional import Functional

    if isinstance(model, keras.Sequential) and model._functional:
        return model._functional._inputs_struct
    if isinstance(model, Functional):
        return model._inputs_struct
    shapes = getattr(model, "_build_shapes_dict", None)
    if not shapes:
        raise Refused(
            f"model {model.name!r:.80} does not say what it is called on: call it once, "
            "or give port(model, inputs=...) an example"
        )
    first = next(iter(shapes.values()))
    return tree.map_shape_structure(lambda shape: keras.KerasTensor((None, *shape[1:])), first)


def _traced(model: Any, declared: Any, which: int, training: bool | None) -> Trace:
    sizes = iter(_OPEN[which])

    def concrete(tensor: Any) -> Any:
        if tensor is None:
            return None
        shape = [_BATCHES[which], *(next(sizes) if n is None else n for n in tensor.shape[1:])]
        return keras.KerasTensor(shape, tensor.dtype, name=tensor.name)

    mode = {} if training is None else {"training": training}
    try:
        return Tracer().trace(model, tree.map_structure(concrete, declared), **mode)
    except Exception as error:
        raise Refused(f"model {model.name!r:.80} cannot be traced: {_place(error)}{_said(error)}") from error


def _said(error: Exception) -> str:
    return (
        printable(str(error), 300) if isinstance(error, Refused) else printable(f"{type(error).__name__}: {error}", 300)
    )


def _place(error: Exception) -> str:
    """Where in the user's own code it happened."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _of_the_user(frame.filename)]
    return f"{own[-1].filename}, line {own[-1].lineno}, in {own[-1].name}: " if own else ""


def _of_the_user(file: str) -> bool:
    return not any(
        part in file for part in ("/keras/src/", "/equivalence/", "/tensorflow/", "/torch/", "/optree/", "/unittest/")
    )
