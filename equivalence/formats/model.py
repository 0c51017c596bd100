"""From a serialised model to its Graph: which layers there are, nested models and shared ones."""

from __future__ import annotations

from typing import Any

from equivalence.formats.document import Document, class_name
from equivalence.formats.file_limits import DEFAULTS, Limits, lifted_by
from equivalence.formats.former_layers import as_today
from equivalence.formats.functional import functional_graph
from equivalence.formats.held_models import holds_a_model, is_model, layers_in
from equivalence.formats.refusal import shown
from equivalence.formats.sequential import sequential_graph
from equivalence.translation.graph import ClassName, Graph, Layer

#: Keys that Keras 1 wrote and no later version does.
KERAS_1_KEYS = ("nb_filter", "border_mode", "dim_ordering", "W_regularizer")


def build_model(item: dict[str, Any], document: Document, limits: Limits = DEFAULTS) -> Graph:
    """The graph of a whole model file.

    Raises Refused where the model is no Functional or Sequential one, and where its configuration
    contradicts itself or multiplies without end; the message names the file and the layer.
    """
    item = as_today(item) if document.old else item
    cls = class_name(item, document)
    if not is_model(cls):
        raise document.refuse(
            f"the model is of class {shown(cls.name)}, a subclassed model: its file does not say how its "
            "layers are connected; build or load it where its class is and port it live: equivalence.port(model) "
            "(docs/own_layers.md)"
        )
    graph = build_layer(item, document).graph
    assert graph is not None
    if _calls(graph, {}) > limits.layer_calls:
        raise document.refuse(
            f"the model calls its layers more than {limits.layer_calls} times, counted with those of the models in it "
            f"at every call; {lifted_by('layer_calls')}"
        )
    return graph


def _calls(graph: Graph, known: dict[int, int]) -> int:
    """How many layers run when a model does: models that call a model twice, which calls one twice, soon are many."""
    if id(graph) not in known:
        known[id(graph)] = sum(
            1 + sum(_calls(inside, known) for _, inside in call.layer.models()) for call in graph.calls
        )
    return known[id(graph)]


def build_layer(item: Any, document: Document) -> Layer:
    """One serialised layer or nested model; the same Layer again where `shared_object_id` repeats."""
    document.expect(item, dict, "a layer")
    cls = class_name(item, document)
    config = item.get("config")
    if cls.name == "Sequential" and isinstance(config, list):
        config = {"layers": config}  # Keras before 2.2.3
    config = document.expect(config, dict, f"the configuration of a layer of class {shown(cls.name)}")
    name = item.get("name", config.get("name", cls.name.lower()))
    name = document.expect(name, str, f"the name of a layer of class {shown(cls.name)}")
    shared_id = item.get("shared_object_id")
    if isinstance(shared_id, int) and shared_id in document.shared:
        return _same(document.shared[shared_id], name, cls, document)
    for key in KERAS_1_KEYS:
        if key in config:
            raise document.refuse(
                f"layer {shown(name)} has the Keras 1 argument {key!r}: Keras 1 files are not read; "
                "load and save the model with Keras 2.2 first"
            )
    trainable = document.expect(config.get("trainable", True), bool, f"trainable of {shown(name)}")
    layer = Layer(name, cls, config, trainable=trainable)
    if is_model(cls):
        layer.graph = _graph(name, cls, config, document)
        layer.config = {key: value for key, value in config.items() if key != "layers"}
    else:
        layer.inside = _inside(layer, document)
    if isinstance(shared_id, int):
        document.shared[shared_id] = layer
    return layer


def _inside(layer: Layer, document: Document) -> dict[str, Layer]:
    """The layers kept inside one that are or hold models, by their keys."""
    held = layers_in(layer.cls, layer.config)
    return {item.key: build_layer(item.value, document) for item in held if holds_a_model(item.value)}


def _graph(name: str, cls: ClassName, config: dict[str, Any], document: Document) -> Graph:
    items = document.expect(config.get("layers"), list, f"the layers of {shown(name)}")
    layers = [build_layer(item, document) for item in items]
    names = set()
    for layer in layers:
        if layer.name in names:
            raise document.refuse(f"model {shown(name)} has two layers named {shown(layer.name)}")
        names.add(layer.name)
    if cls.name == "Sequential":
        return sequential_graph(name, cls, config, layers, document)
    nodes = [item.get("inbound_nodes", []) for item in items]
    return functional_graph(name, cls, config, layers, nodes, document)


def _same(layer: Layer, name: str, cls: ClassName, document: Document) -> Layer:
    if (layer.name, layer.cls) != (name, cls):
        raise document.refuse(
            f"layers {shown(layer.name)} of class {shown(layer.cls.name)} and {shown(name)} of class "
            f"{shown(cls.name)} claim to be one shared object"
        )
    return layer
