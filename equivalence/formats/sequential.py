"""A Sequential model's configuration: a chain, and an input shape that stands in one of four places."""

from __future__ import annotations

from typing import Any

from equivalence.formats.declared_inputs import batch_shape, dtype_name, input_spec, is_input
from equivalence.formats.document import Document
from equivalence.formats.refusal import shown
from equivalence.translation.graph import Call, ClassName, Graph, Layer, Ref, Spec


def sequential_graph(
    name: str, cls: ClassName, config: dict[str, Any], layers: list[Layer], document: Document
) -> Graph:
    """The chain of `layers`. Raises Refused where no input shape is known (an unbuilt model)."""
    chain = [layer for layer in layers if not is_input(layer)]
    if not chain or any(is_input(layer) for layer in layers[1:]):
        raise document.refuse(f"Sequential model {shown(name)} is not one input followed by layers")
    spec = _input(name, config, layers[0], document)
    start = Ref(spec.name, 0, 0)
    tensor: Any = start
    calls = []
    for layer in chain:
        if layer.graph is not None and not (isinstance(layer.graph.inputs, Ref) and _is_one(layer.graph.outputs)):
            raise document.refuse(
                f"model {shown(layer.name)} in Sequential model {shown(name)} has not one input and output"
            )
        calls.append(Call(layer, 0, [tensor], {}))
        tensor = Ref(layer.name, 0, 0)
        if layer.graph is not None and isinstance(layer.graph.outputs, list):
            tensor = [tensor]  # what is called next in the chain is called with a list
    return Graph(name, cls, layers, calls, {start: spec}, start, tensor)


def _is_one(outputs: Any) -> bool:
    return isinstance(outputs, Ref) or (isinstance(outputs, list) and len(outputs) == 1 and isinstance(outputs[0], Ref))


def _input(name: str, config: dict[str, Any], first: Layer, document: Document) -> Spec:
    """The model's input; without an InputLayer it is named as Keras names it, after the first layer."""
    if is_input(first):
        return input_spec(first, document)
    own_name = f"{first.name}_input"
    declared = config.get("build_input_shape") or batch_shape(first.config)
    if declared is not None:
        shape = document.shape(declared, f"the input shape of {shown(name)}")
        return Spec(own_name, shape, dtype_name(first.config, document))
    if first.graph is not None and isinstance(first.graph.inputs, Ref):
        inner = first.graph.specs[first.graph.inputs]
        return Spec(own_name, inner.shape, inner.dtype)
    raise document.refuse(
        f"Sequential model {shown(name)} was never built, so its input shape is unknown; "
        "call model.build((None, ...)) and save it again"
    )
