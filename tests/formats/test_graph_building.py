"""Configurations to graphs: calls, arguments, order, structures, and what is refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from equivalence.errors import Refused
from equivalence.formats import read
from equivalence.formats.document import Document
from equivalence.formats.model import build_model
from equivalence.translation.graph import ClassName, Constant, Graph, Ref
from equivalence.translation.structure import leaves


def tensor(layer: str, node: int = 0, index: int = 0) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [layer, node, index]}}


def call(*args: Any, **kwargs: Any) -> dict[str, Any]:
    return {"args": list(args), "kwargs": kwargs}


def layer(name: str, kind: str, *nodes: Any, **config: Any) -> dict[str, Any]:
    return {
        "module": "keras.layers", "class_name": kind, "registered_name": None,
        "name": name, "config": {"name": name, **config}, "inbound_nodes": list(nodes),
    }  # fmt: skip


def functional(*layers: dict[str, Any], inputs: Any = ("x", 0, 0), outputs: Any = ("y", 0, 0)) -> dict[str, Any]:
    config = {"name": "model", "layers": list(layers), "input_layers": list(inputs), "output_layers": list(outputs)}
    return {"module": "keras.models", "class_name": "Functional", "registered_name": "Functional", "config": config}


def sequential(*layers: dict[str, Any], **config: Any) -> dict[str, Any]:
    config = {"name": "chain", "layers": list(layers), **config}
    return {"module": "keras", "class_name": "Sequential", "config": config}


X = layer("x", "InputLayer", batch_shape=[None, 4], dtype="float32")


def build(item: dict[str, Any], version: str = "3.15.1") -> Graph:
    return build_model(copy.deepcopy(item), Document("some.keras", version))


def test_calls_stand_in_topological_order_whatever_the_order_of_the_layers() -> None:
    graph = build(
        functional(layer("y", "Dense", call(tensor("b"))), layer("b", "Dense", call(tensor("a"))),
                   layer("a", "Dense", call(tensor("x"))), X)
    )  # fmt: skip
    assert [each.layer.name for each in graph.calls] == ["a", "b", "y"]


def test_calls_that_no_output_needs_are_left_out_and_numbers_stay() -> None:
    shared = layer("s", "Dense", call(tensor("x")), call(tensor("y0")))
    graph = build(
        functional(X, layer("y0", "Dense", call(tensor("x"))), shared, layer("y", "Dense", call(tensor("s", 1))))
    )
    assert [(each.layer.name, each.node) for each in graph.calls] == [("y0", 0), ("s", 1), ("y", 0)]


def test_arguments_are_translated() -> None:
    value = {"class_name": "__tensor__", "config": {"value": [1.5, 2.5], "dtype": "float32"}}
    part = {"class_name": "__slice__", "config": {"start": 1, "stop": None, "step": -2}}
    rest = {"class_name": "__ellipsis__", "config": {}}
    graph = build(functional(X, layer("y", "GetItem", call(tensor("x"), [part, rest, None], other=value, axis=[1, 2]))))
    (only,) = graph.calls
    assert only.args == [Ref("x", 0, 0), [slice(1, None, -2), ..., None]]
    assert only.kwargs == {"other": Constant([1.5, 2.5], "float32"), "axis": [1, 2]}


def test_a_nested_model_in_the_outputs_is_counted_from_one() -> None:
    inner = functional(X, layer("y", "Dense", call(tensor("x"))))
    inner |= {"name": "inner", "inbound_nodes": [call(tensor("x")), call(tensor("a"))]}
    graph = build(
        functional(X, layer("a", "Dense", call(tensor("inner", 0))), inner, outputs=[["inner", 1, 0], ["inner", 2, 0]])
    )
    assert graph.outputs == [Ref("inner", 0, 0), Ref("inner", 1, 0)]


def test_a_list_of_one_input_stands_for_its_tensor() -> None:
    graph = build(functional(X, layer("y", "Dense", call(tensor("x"))), inputs=[["x", 0, 0]], outputs=[["y", 0, 0]]))
    assert (graph.inputs, graph.outputs) == (Ref("x", 0, 0), [Ref("y", 0, 0)])


def test_a_dict_of_inputs_stands_in_keras_order() -> None:
    other = layer("b", "InputLayer", batch_shape=[2, None], dtype="int32")
    item = functional(X, other, layer("y", "Add", call([tensor("x"), tensor("b")])))
    item["config"]["input_layers"] = {"x": ["x", 0, 0], "b": ["b", 0, 0]}
    graph = build(item)
    assert [ref.layer for ref in graph.specs] == ["b", "x"]
    assert [(spec.shape, spec.dtype) for spec in graph.specs.values()] == [((2, None), "int32"), ((None, 4), "float32")]


def test_inputs_and_outputs_are_in_the_order_of_keras(models: dict[str, Any], files: Path) -> None:
    theirs = models["two_heads"]
    model = read(files / "two_heads.keras")
    assert [spec.name for spec in model.graph.specs.values()] == [tensor.name for tensor in theirs.inputs]
    makers = [tensor._keras_history.operation.name for tensor in theirs.outputs]
    assert [ref.layer for ref in leaves(model.graph.outputs)] == makers
    model.close()


def test_a_registered_class_is_told_from_keras_own() -> None:
    custom = layer("y", "Add", call(tensor("x"))) | {"module": "my", "registered_name": "Custom>Add"}
    graph = build(functional(X, custom))
    assert graph.layers[1].cls == ClassName("my", "Add", "Custom>Add")


@pytest.mark.parametrize(
    ("config", "shape", "name"),
    [
        pytest.param({"build_input_shape": [None, 7]}, (None, 7), "a_input", id="build_input_shape"),
        pytest.param({}, (3, 5), "a_input", id="first-layer"),
    ],
)
def test_where_a_sequential_model_may_declare_its_input(config: Any, shape: Any, name: str) -> None:
    first = layer("a", "Dense") if config else layer("a", "Dense", batch_input_shape=[3, 5])
    (spec,) = build(sequential(first, **config)).specs.values()
    assert (spec.shape, spec.name) == (shape, name)


def test_a_sequential_model_may_begin_with_a_model() -> None:
    inner = functional(X, layer("y", "Dense", call(tensor("x")))) | {"name": "inner"}
    (spec,) = build(sequential(inner, layer("z", "Dense"))).specs.values()
    assert spec.shape == (None, 4)


def test_a_sequential_model_of_keras_2_0_is_a_bare_list() -> None:
    first = layer("a", "Dense", batch_input_shape=[None, 5])
    graph = build({"class_name": "Sequential", "config": [first, layer("b", "Dense")]}, "2.0.5")
    assert [each.layer.name for each in graph.calls] == ["a", "b"]


DENSE = layer("y", "Dense", call(tensor("x")))
CYCLE = functional(X, layer("a", "Dense", call(tensor("y"))), layer("y", "Dense", call(tensor("a"))))
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "cyclic": (CYCLE, "cyclic: layer 'a'"),
    "calls-itself": (functional(X, layer("y", "Dense", call(tensor("y")))), "cyclic: layer 'y'"),
    "same-name": (functional(X, DENSE, DENSE), "two layers named 'y'"),
    "missing-layer": (functional(X, layer("y", "Dense", call(tensor("gone")))), "layer 'gone', which it lacks"),
    "missing-call": (functional(X, layer("y", "Dense", call(tensor("x", 3)))), "call 3 of layer 'x'"),
    "missing-tensor": (functional(X, layer("y", "Dense", call(tensor("x", 0, 1)))), "tensor 1 of call 0"),
    "negative-index": (functional(X, layer("y", "Dense", call(tensor("x", -1)))), "call -1"),
    "input-not-declared": (functional(X, X | {"name": "b"}, layer("y", "Dense", call(tensor("b")))), "'b'"),
    "input-no-input-layer": (functional(X, DENSE, inputs=["y", 0, 0]), "'y' of model 'model' is no InputLayer"),
    "no-outputs": ({**functional(X), "config": {"name": "model", "layers": [X], "input_layers": []}}, "output_layers"),
    "sparse-input": (functional(layer("x", "InputLayer", batch_shape=[None, 4], sparse=True), DENSE), "sparse"),
    "shape-of-text": (functional(layer("x", "InputLayer", batch_shape=[None, "4"]), DENSE), "'4'"),
    "lambda-argument": (
        functional(X, layer("y", "Dense", call(tensor("x"), {"class_name": "__lambda__", "config": {"value": "…"}}))),
        "'__lambda__'",
    ),
    "unbuilt-sequential": (sequential(layer("a", "Dense")), "never built"),
    "empty-sequential": (sequential(), "chain"),
    "subclassed": (sequential(X) | {"class_name": "MyModel", "module": "mine"}, "'MyModel', a subclassed model"),
    "registered-functional": (functional(X, DENSE) | {"registered_name": "Mine>Functional"}, "subclassed"),
    "keras-1-layer": (functional(X, layer("y", "Dense", call(tensor("x")), W_regularizer=None)), "Keras 1"),
    "trainable-text": (functional(X, layer("y", "Dense", call(tensor("x")), trainable="no")), "'no'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_contradicts_itself_is_refused(name: str) -> None:
    item, reason = BAD[name]
    with pytest.raises(Refused) as refused:
        build(item)
    assert str(refused.value).startswith("some.keras: ")
    assert reason in str(refused.value)


WRONG: tuple[Any, ...] = (None, 5, "text", [], {}, [None], {"class_name": 3}, True)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [at, *(path for key in keys for path in paths(value[key], (*at, key)))] if at else [
        path for key in keys for path in paths(value[key], (key,))
    ]  # fmt: skip


@pytest.mark.parametrize("version", ["3.15.1", "2.12.0"])
def test_a_wrong_type_anywhere_is_refused_or_harmless(version: str) -> None:
    """Each value of a configuration replaced by each wrong one: a Refused or a graph, nothing else."""
    inner = functional(X, DENSE) | {"name": "inner", "inbound_nodes": [call(tensor("x"))]}
    part = {"class_name": "__slice__", "config": {"start": 1, "stop": None, "step": None}}
    old = layer("old", "TFOpLambda", [["inner", 0, 0, {"y": ["x", 0, 0]}]])
    whole = functional(X, inner, sequential(X, DENSE) | {"name": "s", "inbound_nodes": [call(tensor("inner"))]}, old,
                       layer("y", "GetItem", call(tensor("old"), [part], mask=tensor("s"))))  # fmt: skip
    build(whole, version)
    refused = 0
    for path in paths(whole):
        for wrong in WRONG:
            changed = copy.deepcopy(whole)
            target: Any = changed
            for key in path[:-1]:
                target = target[key]
            target[path[-1]] = copy.deepcopy(wrong)
            try:
                build(changed, version)
            except Refused as error:
                assert str(error).startswith("some.keras: ")
                refused += 1
    assert refused > 300
