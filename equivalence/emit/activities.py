"""What activity regularizers add to the loss: the forward as a function that gives it beside the outputs."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from equivalence.catalogue import find
from equivalence.catalogue.named_objects import named_object
from equivalence.emit.called_text import defined
from equivalence.emit.class_text import annotation, parameter, signature
from equivalence.emit.draft import ClassDraft, FileDraft, ForwardDraft
from equivalence.emit.forward_text import ForwardText
from equivalence.emit.layer_paths import layers_by_path
from equivalence.emit.line_breaking import broken, indented
from equivalence.emit.trained_parts import ADDS_UP, Functions
from equivalence.emit.wrapped import class_of
from equivalence.errors import Refused
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Graph, Layer, Spec
from equivalence.translation.order import KERAS

#: The layer that is nothing but such a penalty: its settings are those of keras.regularizers.L1L2.
_PENALTY = "keras.layers.ActivityRegularization"
#: The name of the function in a script, and of what it returns beside the outputs.
NAME, _TOTAL = "with_penalty", "penalty"


class Activities(NamedTuple):
    """The text of the function, and what of the port's file it calls."""

    source: str
    imported: tuple[str, ...]


def activities(draft: FileDraft, graph: Graph, functions: Functions) -> Activities | None:
    """None where no layer of the model has an activity regularizer.

    Raises Refused for one in a model inside the model, or of what the port does not compute.
    """
    model, terms = draft.classes[-1], list[str]()
    for path, layer, _ in layers_by_path(graph):
        given = _given(layer)
        if given is None:
            continue
        where = f"{functions.where}: the activity_regularizer of layer {path!r:.120}"
        entry, config = named_object(given, "keras.regularizers", where)
        seen = [] if path != layer.name else [*_outputs(model.forward, layer.name)]
        if not seen:
            raise Refused(f"{where} is for what a model inside the model computes, which has no translation")
        for value in seen:
            if value.order != KERAS and entry.name not in ADDS_UP:
                raise Refused(f"{where} is for axes as Keras has them, which lie otherwise in PyTorch")
            name = functions.of(entry, config, [Spec("weight", (None, *value.shape[1:]), "float32")])
            terms.append(f"{name}({value}) / len({value})")  # keras/src/layers/layer.py: a share for each sample
    return _written(draft, model, " + ".join(terms)) if terms else None


def _given(layer: Layer) -> Any:
    """The activity regularizer of a layer as it is serialised, None without one."""
    entry = find(class_of(layer))
    if entry is not None and entry.keras == _PENALTY:
        config = {name: layer.config.get(name) or 0.0 for name in ("l1", "l2")}
        return {"class_name": "L1L2", "config": config} if any(config.values()) else None
    return layer.config.get("activity_regularizer")


def _outputs(forward: ForwardDraft, layer: str) -> Iterator[Value]:
    """What a layer gives, in all of its calls."""
    for value in [*(value for _, value, _ in forward.inputs), *forward.values]:
        for name, _, _ in value.taps:
            if name == layer:
                yield value


def _written(draft: FileDraft, model: ClassDraft, total: str) -> Activities:
    """The forward with one output more, in which the module is an argument."""
    value = Value("_v0_", total, KERAS, (), hint=_TOTAL)
    trees = {**model.forward.trees, value.token: ast.parse(total, mode="eval").body}
    more: dict[str, Any] = {"values": [*model.forward.values, value], "trees": trees}
    forward = replace(model.forward, **more, outputs=(model.outputs, value))
    inputs = {name for name, _, _ in forward.inputs}
    module = next(name for name in ("model", "module", "port", "net") if name not in inputs)
    text = ForwardText(forward, False, {*draft.names, module})
    body = [(prefix, _Renamed(module).visit(copy.deepcopy(tree))) for _, prefix, tree in text.statements()]
    used = {node.id for _, tree in body for node in ast.walk(tree) if isinstance(node, ast.Name)}
    parameters = [f"{module}: {model.name}", *(f"{name}: {parameter(value)}" for name, value, _ in forward.inputs)]
    lines = [
        signature(NAME, parameters, annotation(forward.returned), 0),
        '    """The outputs of the model, and what its activity regularizers add to the loss."""',
        *(indented(broken(prefix, tree, 4), 1) for prefix, tree in body),
    ]
    return Activities("\n".join(lines), tuple(sorted(used & {defined(text) for text in draft.helpers})))


class _Renamed(ast.NodeTransformer):
    """Writes a name for `self`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.name if node.id == "self" else node.id, node.ctx)
