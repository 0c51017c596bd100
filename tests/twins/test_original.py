"""Each Keras twin is the network that it names: the same layers in the same order, so its weight files fit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from networks import NETWORKS, images

CASES = {
    f"{name}-{'with' if include_top else 'without'} top": (name, include_top)
    for name in NETWORKS
    for include_top in (True, False)
}


@pytest.fixture(scope="module", params=list(CASES.values()), ids=list(CASES))
def models(request: pytest.FixtureRequest) -> Iterator[tuple[keras.Model, keras.Model]]:
    """The twin, and the original with random weights, those of one axis included; both give logits."""
    name, include_top = request.param
    network = NETWORKS[name]
    twin = network.keras(include_top, network.shape, classes=1000, classifier_activation=None)
    original = network.original(include_top, network.shape, 1000)
    random = np.random.default_rng(2)
    for weight in original.weights:
        if len(weight.shape) == 1:
            weight.assign(random.uniform(0.5, 1.5, weight.shape))
    yield twin, original
    keras.backend.clear_session()


def test_layers_and_their_order(models: tuple[keras.Model, keras.Model]) -> None:
    def described(model: keras.Model) -> list[object]:
        renamed = {"CustomScaleLayer": "ScaledAdd"}
        return [
            (renamed.get(type(layer).__name__, type(layer).__name__), [weight.shape for weight in layer.weights])
            for layer in model.layers
        ]

    twin, original = models
    assert described(twin) == described(original)


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5"])
def test_weight_files_load_as_they_are(models: tuple[keras.Model, keras.Model], suffix: str, tmp_path: Path) -> None:
    """`.weights.h5` goes by class names and counters, the legacy `.h5` by order."""
    twin, original = models
    for weight in twin.weights:
        weight.assign(np.zeros(weight.shape))
    path = tmp_path / f"model{suffix}"
    if suffix == ".h5":
        original.save(path)
    else:
        original.save_weights(path)
    twin.load_weights(path)
    path.unlink()
    x = images(NETWORKS[twin.name].shape)
    actual, expected = (keras.ops.convert_to_numpy(model(x, training=False)) for model in (twin, original))
    assert np.ptp(expected) > 0
    assert np.array_equal(actual, expected)
