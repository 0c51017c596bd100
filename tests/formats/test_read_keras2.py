"""Files that Keras 2 wrote (keras2/make.py): forms of its own, and flat lists for nested models."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equivalence.formats import read
from equivalence.translation.graph import Call, Graph, Layer, ModelFile, Ref

FOLDER = Path(__file__).with_name("keras2")
FILES = ("nested.h5", "nested.keras", "text.h5")


def mark(layer: str, position: int) -> float:
    spec = importlib.util.spec_from_file_location("make_keras2", FOLDER / "make.py")
    assert spec is not None and spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return float(module.mark(layer, position))


@pytest.fixture(params=FILES)
def model(request: pytest.FixtureRequest) -> Iterator[ModelFile]:
    found = read(FOLDER / request.param)
    yield found
    found.close()


@pytest.fixture(params=["nested.h5", "nested.keras"])
def nested(request: pytest.FixtureRequest) -> Iterator[ModelFile]:
    found = read(FOLDER / request.param)
    yield found
    found.close()


def every_layer(graph: Graph) -> Iterator[Layer]:
    for layer in graph.layers:
        yield layer
        if layer.graph is not None:
            yield from every_layer(layer.graph)


def test_every_array_reaches_the_layer_that_owned_it(model: ModelFile) -> None:
    count = 0
    for layer in every_layer(model.graph):
        for position, array in enumerate(array for arrays in layer.stored.values() for array in arrays):
            np.testing.assert_array_equal(array.read(), np.full(array.shape, mark(layer.name, position), "float32"))
            count += 1
    assert count == {"two_heads": 18, "text": 14}[model.graph.name]


def calls(model: ModelFile, layer: str) -> list[Call]:
    return [call for call in model.graph.calls if call.layer.name == layer]


def test_calls_of_a_nested_model_count_from_zero(nested: ModelFile) -> None:
    assert [call.node for call in calls(nested, "encoder")] == [0, 1]
    (concat,) = calls(nested, "tf.concat")
    assert concat.args == [[Ref("encoder", 0, 0), Ref("tf.__operators__.getitem", 0, 0)]]
    (slicing,) = calls(nested, "tf.__operators__.getitem")
    assert slicing.args == [Ref("encoder", 1, 0)]


def test_a_slice_is_a_slice(nested: ModelFile) -> None:
    (call,) = calls(nested, "tf.__operators__.getitem")
    assert call.kwargs == {"slice_spec": [slice(None), slice(None), slice(None), slice(1, 3)]}


def test_a_constant_may_be_the_first_argument(nested: ModelFile) -> None:
    (call,) = calls(nested, "tf.math.subtract")
    assert call.args == [1.0]
    assert call.kwargs["y"] == Ref("tf.__operators__.add", 0, 0)


def test_inputs_and_outputs_keep_their_names(nested: ModelFile) -> None:
    assert nested.graph.inputs == {"image": Ref("image", 0, 0)}
    assert nested.graph.outputs == {"y": Ref("out", 0, 0), "z": Ref("side", 0, 0)}
    assert nested.graph.specs[Ref("image", 0, 0)].shape == (None, 6, 5, 3)


def test_a_frozen_layer_is_known(nested: ModelFile) -> None:
    assert [layer.name for layer in every_layer(nested.graph) if not layer.trainable] == ["conv_b"]


def test_the_version_of_the_writer_is_known(model: ModelFile) -> None:
    assert model.keras_version == "2.21.0"
