"""The twins held to each other as a user's test would: through the assertion that the package brings."""

from __future__ import annotations

from typing import Any

import keras
import pytest
import torch
from networks import NETWORKS, images, randomise

import torch_impl.mini_xception
from equivalence import assert_equivalent, transfer


def test_twins_are_equivalent() -> None:
    network = NETWORKS["mini_xception"]
    arguments: dict[str, Any] = {"classes": 7, "classifier_activation": None}
    module = network.torch(channels=network.shape[-1], **arguments).double()
    randomise(module, images(network.shape, batch=4, seed=0))
    model = network.keras(input_shape=network.shape, **arguments)
    transfer(module, model)
    assert_equivalent(model, module, images(network.shape), weights="given")


def test_a_twin_with_a_mistake_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    network = NETWORKS["mini_xception"]
    model = network.keras(input_shape=network.shape, classes=7)
    module = torch_impl.mini_xception.MiniXception(channels=1, classes=7)
    norm = next(part for part in module.modules() if isinstance(part, torch.nn.BatchNorm2d))
    monkeypatch.setattr(norm, "eps", 1e-5)
    first = next(layer.name for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization))
    with pytest.raises(AssertionError, match=rf"Different: 1 fault at {first}\.") as told:
        assert_equivalent(model, module)
    assert "eps of batch_norm is 1e-05, where Keras (epsilon) needs 0.001" in str(told.value)
