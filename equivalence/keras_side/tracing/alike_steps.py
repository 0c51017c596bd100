"""What traces of one `call` have in common: kinds of steps, calls that do the same, results that are tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras.src import tree
from keras.src.ops import core

from equivalence.keras_side.tracing.needed_steps import tensors_of
from equivalence.keras_side.tracing.tape import Step, Trace
from equivalence.keras_side.tracing.traced_loops import LoopStep
from equivalence.translation.graph import Graph, Held, Layer, MaskOf, Ref
from equivalence.translation.structure import leaves

KerasTensor = keras.KerasTensor


def changes_nothing(step: Step) -> bool:
    """Whether a tensor is made a tensor, which gives the same one."""
    given = step.args[0] if step.args else None
    if not isinstance(step.operation, core.ConvertToTensor) or not isinstance(given, KerasTensor):
        return False
    return bool(given.dtype == step.outputs.dtype)


def tensors_alone(outputs: Any) -> Any:
    """What a layer returns, without what is no tensor: the code that called it has seen that already."""
    found = [leaf for leaf in leaves(outputs) if isinstance(leaf, (Ref, MaskOf, Held))]
    if len(found) == len(leaves(outputs)):
        return outputs
    return found[0] if len(found) == 1 else found


def numbers_among(outputs: Any, read: Any) -> dict[int, Any]:
    """Which of the tensors that a `call` returns are numbers in what was read of it."""
    pairs = zip(tree.flatten(outputs), leaves(read), strict=True)
    found = [leaf for tensor, leaf in pairs if isinstance(tensor, KerasTensor)]
    return {index: leaf for index, leaf in enumerate(found) if not isinstance(leaf, (Ref, MaskOf, Held))}


def kind_of(step: Step) -> Any:
    if step.function:
        return step.function
    layer = step.operation
    # one without weights may be made by the call itself (layers.concatenate(x))
    kept = isinstance(layer, keras.Layer) and layer.weights and not isinstance(layer, LoopStep)
    return id(layer) if kept else type(layer)


def kinds_of(steps: Sequence[Step]) -> list[Any]:
    """What the steps of one trace are, and how many tensors each gives."""
    return [(kind_of(step), len(tensors_of(step.outputs))) for step in steps]


def same_steps(steps: Sequence[Step], others: Sequence[Step]) -> bool:
    """Whether two traces at the same sizes, in inference and in training, are of one graph: `x * training` is not."""
    if kinds_of(steps) != kinds_of(others):
        return False
    return all(_numbers(one) == _numbers(other) for one, other in zip(steps, others, strict=True))


def _numbers(step: Step) -> list[Any]:
    """What a step is given beside tensors and its mode."""
    named = {key: value for key, value in step.kwargs.items() if key != "training"}
    kept = {} if isinstance(step.operation, (keras.Layer, type(None))) else vars(step.operation)
    settings = {key: value for key, value in kept.items() if key != "name" and not key.startswith("_")}
    leaves = tree.flatten((step.args, named, settings))
    return [leaf for leaf in leaves if isinstance(leaf, (bool, int, float, str))]


def same_results(traces: Sequence[Trace], others: Sequence[Trace]) -> bool:
    """Whether traces return tensors of the same dtypes and shapes, each as its other one, in the same structure."""
    return all(_result(one) == _result(other) for one, other in zip(traces, others, strict=True))


def _result(trace: Trace) -> Any:
    outputs = trace.outputs
    tensors = [(x.shape, x.dtype) if isinstance(x, KerasTensor) else x for x in tree.flatten(outputs)]
    return tree.map_structure(lambda _: 0, outputs), tensors


def as_in_a_file(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration as a file has it: tuples are lists."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in config.items()}


def same_graph(one: Graph, other: Graph) -> bool:
    """Whether two traces of a layer did the same."""

    def described(graph: Graph) -> Any:
        calls = [
            (c.layer.cls, c.layer.config, _identity(c.layer), c.node, c.args, c.kwargs, c.masks) for c in graph.calls
        ]
        in_training = None if graph.in_training is None else described(graph.in_training)
        return calls, graph.outputs, graph.specs, in_training

    return bool(described(one) == described(other))


def _identity(layer: Layer) -> int:
    """Which layer it is; an operation is made anew at each call."""
    return id(layer) if layer.stored or layer.graph else 0


def no_tensor(outputs: Any) -> str:
    """What of a result is none and holds none, as text; "" where all of it are tensors."""
    found = [leaf for leaf in leaves(outputs) if leaf is None or isinstance(leaf, (bool, int, float, str))]
    return repr(found[0])[:60] if found else "" if leaves(outputs) else repr(outputs)[:60]
