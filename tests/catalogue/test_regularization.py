"""What the proofs of dropout and pooling do not reach: old files, refusals, layers that leave nothing behind."""

from __future__ import annotations

from typing import Any

import pytest
from single_layer import emitted

from equivalence.errors import Refused


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("Dropout", {"rate": 0.0, "noise_shape": [None, 1, 1, None]}),
        ("SpatialDropout2D", {"rate": 0.0}),
        ("AlphaDropout", {"rate": 0}),
        ("GaussianNoise", {"stddev": 0.0}),
        ("GaussianDropout", {"rate": 0.0}),
        ("ActivityRegularization", {"l1": 0.5}),
    ],
)
def test_what_does_nothing_leaves_nothing(name: str, config: dict[str, Any]) -> None:
    draft = emitted(name, config, {}, "2.15.0")
    assert not draft.classes[-1].modules
    assert draft.classes[-1].outputs is draft.classes[-1].inputs[0][1]


def test_the_unused_noise_shape_of_keras_2_is_known() -> None:
    config = {"rate": 0.25, "noise_shape": None, "seed": None}
    draft = emitted("SpatialDropout1D", config, {}, "2.15.0", shape=(None, 9, 3))
    assert draft.classes[-1].modules == {"layer": "nn.Dropout1d(0.25)"}


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        ("Dropout", {"rate": 1.5}, r"rate=1\.5 should lie between 0 and 1"),
        ("Dropout", {"rate": 0.5, "noise_shape": [None, 1]}, r"noise_shape=\[None, 1\] does not fit"),
        ("Dropout", {"rate": 0.5, "noise_shape": [None, 4, 1, 3]}, r"noise_shape=\[None, 4, 1, 3\] does not fit"),
        ("AlphaDropout", {"rate": 0.5, "noise_shape": [None, 1, 1, 3]}, "noise_shape"),
        ("GaussianDropout", {"rate": 1.0}, r"rate=1\.0 gives noise without bound"),
        ("SpatialDropout1D", {"rate": 0.5}, "its input has shape"),
        ("MaxPooling2D", {"padding": "causal"}, "padding='causal'"),
        ("AveragePooling2D", {"pool_size": [2, 2, 2]}, r"pool_size=\[2, 2, 2\]"),
        ("GlobalMaxPooling1D", {}, "its input has shape"),
    ],
)
def test_what_cannot_be_meant_is_refused(name: str, config: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused, match=rf"model\.h5: layer 'layer' \({name}\): {message}"):
        emitted(name, config, {}, "2.15.0")
