"""A recipe as a live Keras model, its weights random."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from differential.recipe import Node, Recipe, input_nodes, renamed
from equivalence.keras_side import wire
from equivalence.keras_side.case_model import random_weight
from equivalence.keras_side.rebuild import set_weights
from equivalence.keras_side.recording import pack
from equivalence.keras_side.symbols import apply, build, function_of
from equivalence.keras_side.unset_weights import unset_weights


class Builder:
    """Calls the nodes of a recipe one by one; `tensors` holds what came out, by its text."""

    def __init__(self) -> None:
        self.tensors: dict[str, Any] = {}
        self._last: list[str] = []
        self._called: dict[int, tuple[Any, Node]] = {}

    def add(self, node: Node) -> list[str]:
        """Call a node; returns the texts of its outputs. Raises whatever Keras raises."""
        made = self._input(node) if node["kind"] == "input" else self._call(node)
        leaves = keras.tree.flatten(made)
        if not all(isinstance(leaf, keras.KerasTensor) for leaf in leaves):
            raise ValueError("not every output is a tensor")
        texts = [f"{node['id']}.{index}" for index in range(len(leaves))]
        self.tensors.update(zip(texts, leaves, strict=True))
        self._last = texts
        return texts

    def model(self, recipe: Recipe) -> Any:
        """The model of the tensors that the nodes made."""
        given = recipe["outputs"] if recipe["outputs"] is not None else self._last
        inputs, outputs = (renamed(part, self.tensors.__getitem__) for part in (recipe["inputs"], given))
        return keras.Model(inputs, outputs, name=recipe["name"])

    def _input(self, node: Node) -> Any:
        shape = [None if isinstance(size, str) else size for size in node["shape"]]
        return keras.Input(shape, dtype=_at_floatx(node["dtype"]), name=node.get("name"))

    def _call(self, node: Node) -> Any:
        given = [self.tensors[ref] for ref in node["inputs"]]
        if node["kind"] == "again":
            function, first = self._called[node["of"]]
        else:
            first = node
            function = _built(node["recipe"]) if node["kind"] == "nested" else function_of(_configured(node))
            self._called[node["id"]] = function, node
        call = _at_floatx(node.get("call") or {})
        if first["kind"] == "nested":
            own = given[: len(function.inputs)]
            return function(pack(function, own), **wire.decode(call, given))
        return apply(function, {**_configured(first), "call": call}, given)


def build_model(recipe: Recipe) -> Any:
    """The model of a recipe, names counted from one, its weights to be set. Raises whatever Keras raises."""
    keras.backend.clear_session(free_memory=False)
    with unset_weights():
        return _built(recipe)


def randomise(model: Any, seed: int) -> None:
    """Neither zeros nor ones in any weight; the same numbers of float32, whatever the model computes in."""
    random = np.random.default_rng([seed, 1])
    drawn = [random_weight(weight, random) for weight in model.weights]
    set_weights(model, [array.astype(np.float32) if array.dtype.kind == "f" else array for array in drawn])


def _built(recipe: Recipe) -> Any:
    if recipe.get("sequential"):
        (start,) = input_nodes(recipe)
        layers = [build(_configured(node)) for node in recipe["nodes"] if node["kind"] != "input"]
        return keras.Sequential([Builder()._input(start), *layers], name=recipe["name"])
    builder = Builder()
    for node in recipe["nodes"]:
        builder.add(node)
    return builder.model(recipe)


def _configured(node: Node) -> Node:
    return {**node, "config": _at_floatx(node["config"])}


def _at_floatx(value: Any) -> Any:
    """With Keras's default for every `float32`: a model that is built to compute in float64 does so throughout."""
    if isinstance(value, dict):
        return {key: _at_floatx(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_at_floatx(item) for item in value]
    return keras.config.floatx() if isinstance(value, str) and value == "float32" else value
