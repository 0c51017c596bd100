"""The networks of keras.applications: equal at every layer, in plain torch.nn modules, with nothing left over."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import keras
import pytest
import torch
from torch import nn

from equivalence import Ported, for_inference, port
from equivalence.keras_side import KerasProcess
from equivalence.translation.graph import Graph, Stored
from equivalence.verification.against_keras import compare_with
from scripts.applications import calibrated

#: Side lengths at which every stage still has several positions; None is the network's own size.
SIZES = {
    "Xception": 71, "InceptionV3": 75, "VGG16": 32, "ResNet50V2": 65, "MobileNet": None, "DenseNet121": 64,
}  # fmt: skip

#: Networks of which TensorFlow rounds constants to float32; `make applications` ports all forty.
FAMILIES = {"EfficientNetB0": 64, "ConvNeXtTiny": 64}

CONVOLUTIONS = {"Conv2D": 1, "DepthwiseConv2D": 1, "SeparableConv2D": 2}  # nn.Conv2d modules that each becomes


@pytest.fixture(scope="module", params=SIZES)
def network(request: pytest.FixtureRequest) -> tuple[str, keras.Model]:
    size = SIZES[request.param]
    smaller = {"input_shape": (size, size, 3), "classes": 7} if size else {}
    make = getattr(keras.applications, request.param)
    return request.param, make(weights=None, classifier_activation=None, **smaller)


@pytest.fixture(scope="module")
def ported(
    network: tuple[str, keras.Model], keras_process: KerasProcess, tmp_path_factory: pytest.TempPathFactory
) -> Ported:
    """Ported and verified, its logits compared, not probabilities that are all alike."""
    name, model = network
    path = calibrated(model, tmp_path_factory.mktemp(name) / f"{name}.keras", keras_process)
    made = port(path, verify=False)
    compare_with(keras_process, made, path, lambda what: None)
    return made


def test_every_layer_is_equal(ported: Ported) -> None:
    report = ported.report
    assert report.verified, report.because
    assert Counter(row["path"] for row in report.layers) == Counter(call.path for call in report.emitted)
    assert max(row["max_rel"] for row in report.layers) <= 1e-9


@pytest.mark.parametrize("name", FAMILIES)
def test_a_network_of_each_family_is_equal(name: str, keras_process: KerasProcess, tmp_path: Path) -> None:
    size = FAMILIES[name]
    make = getattr(keras.applications, name)
    model = make(weights=None, classifier_activation=None, input_shape=(size, size, 3), classes=7)
    path = calibrated(model, tmp_path / f"{name}.keras", keras_process)
    made = port(path)  # asks Keras on torch too, where TensorFlow rounds constants to float32
    assert made.report.verified, made.report.because
    assert len(every_stored(made)) == len(model.weights)


def every_stored(made: Ported) -> set[int]:
    return {id(placement.stored) for placement in made.draft.placements if placement.stored}


def test_what_torch_has_is_torch_s(network: tuple[str, keras.Model], ported: Ported) -> None:
    """Every convolution, BatchNormalization, Dense and symmetric pooling is a module of torch.nn."""
    layers = Counter(type(layer).__name__ for layer in network[1].layers)
    modules = Counter(type(module) for module in ported.module.modules())
    assert modules[nn.Conv2d] == sum(count * layers[name] for name, count in CONVOLUTIONS.items())
    assert modules[nn.BatchNorm2d] == layers["BatchNormalization"]
    assert modules[nn.Linear] == layers["Dense"]
    for kind, module in (("MaxPooling2D", nn.MaxPool2d), ("AveragePooling2D", nn.AvgPool2d)):
        assert modules[module] == layers[kind]


def test_folding_its_norms_is_exact(network: tuple[str, keras.Model], ported: Ported) -> None:
    """All that follow a convolution of which nothing else is used, as Keras's own graph tells."""
    module = copy.deepcopy(ported.module).double()
    x = torch.randn(2, 3, *network[1].input_shape[1:3], dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    fast = for_inference(module, x, compiled=False)
    assert len(fast.folded) == len([*norms_behind_convolutions(network[1])])
    with torch.no_grad():
        expected = module(x)
    assert (fast(x) - expected).abs().max() <= 1e-12 * expected.abs().max()


def norms_behind_convolutions(model: keras.Model) -> Iterator[str]:
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            before = layer.input._keras_history.operation
            linear = type(before).__name__ in CONVOLUTIONS and before.activation is keras.activations.linear
            if linear and len(before._outbound_nodes) == 1:
                yield layer.name


def test_helpers_are_few_and_nothing_is_moved(network: tuple[str, keras.Model], ported: Ported) -> None:
    helpers = [part for part in ast.parse(ported.source).body if isinstance(part, (ast.ClassDef, ast.FunctionDef))]
    others = [part for part in helpers if part.name not in (type(ported.module).__name__, "load")]
    assert sum(part.end_lineno - part.lineno + 1 for part in others if part.end_lineno) <= 30
    moves = [name for name in ("permute", "transpose", "movedim", "moveaxis") if name in ported.source]
    assert moves == []


def test_every_stored_array_is_used_once(network: tuple[str, keras.Model], ported: Ported) -> None:
    stored = [id(array) for array in every_array(ported.graph)]
    assert len(stored) == len(network[1].weights)
    placed = Counter(id(placement.stored) for placement in ported.draft.placements if placement.stored)
    assert placed == Counter(stored)
    assert ported.report.parameters == network[1].count_params()


def every_array(graph: Graph) -> Iterator[Stored]:
    for layer in graph.layers:
        for arrays in layer.stored.values():
            yield from arrays
        if layer.graph is not None:
            yield from every_array(layer.graph)
