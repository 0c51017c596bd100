"""What the proofs of BatchNormalization and its kind do not reach: old files, refusals, frozen layers."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from typing import Any

import keras
import numpy as np
import pytest
import torch
from single_layer import emitted

import equivalence
from equivalence.errors import Refused

BATCH = {name: (3,) for name in ("gamma", "beta", "moving_mean", "moving_variance")}


def test_an_axis_listed_by_keras_2_is_that_axis() -> None:
    draft = emitted("BatchNormalization", {"axis": [3], "momentum": 0.75}, BATCH, "2.4.0")
    assert draft.classes[-1].modules == {"layer": "nn.BatchNorm2d(3, eps=0.001, momentum=0.25)"}


def test_keys_that_only_keras_2_wrote_are_known() -> None:
    config = {"fused": True, "virtual_batch_size": None, "renorm": False, "axis": [3]}
    assert emitted("BatchNormalization", config, BATCH, "2.15.0").placements


@pytest.mark.parametrize(
    ("name", "config", "arrays", "message"),
    [
        ("BatchNormalization", {"axis": 0}, BATCH, "axis=0"),
        ("BatchNormalization", {"axis": [1, 2]}, BATCH, r"axis=\[1, 2\]"),
        ("BatchNormalization", {"virtual_batch_size": 8}, BATCH, "virtual_batch_size=8"),
        ("BatchNormalization", {"renorm": True, "renorm_clipping": {"rmax": "3"}}, BATCH, "renorm_clipping"),
        ("LayerNormalization", {"axis": [1, -1]}, {"gamma": (3, 9), "beta": (3, 9)}, r"axis=\[1, -1\]"),
        ("LayerNormalization", {"axis": 4}, {"gamma": (3,), "beta": (3,)}, "axis=4"),
        ("GroupNormalization", {"groups": 2}, {"gamma": (3,), "beta": (3,)}, "groups=2"),
        ("RMSNormalization", {"axis": 1}, {"scale": (9,)}, "axis=1"),
    ],
)
def test_what_torch_has_no_place_for_is_refused(
    name: str, config: dict[str, Any], arrays: dict[str, tuple[int, ...]], message: str
) -> None:
    with pytest.raises(Refused, match=rf"model\.h5: layer 'layer' \({name}\): {message}"):
        emitted(name, config, arrays, "2.15.0")


def test_a_frozen_layer_keeps_its_statistics_in_exact_training() -> None:
    x = keras.Input((5, 7, 3))
    frozen = keras.layers.BatchNormalization(trainable=False)
    model = keras.Model(x, frozen(x))
    frozen.set_weights([np.random.default_rng(1).uniform(0.5, 2.0, 3) for _ in range(4)])
    module = equivalence.port(model, verify=False, exact_training=True).module.train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    batch = np.random.default_rng(2).standard_normal((2, 5, 7, 3)).astype(np.float32)
    y = module(torch.from_numpy(np.moveaxis(batch, -1, 1).copy()))
    np.testing.assert_allclose(
        np.moveaxis(y.detach().numpy(), 1, -1), model(batch, training=True), rtol=1e-5, atol=1e-5
    )
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
