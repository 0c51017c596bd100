"""Settings that mean nothing: refused by file, layer, argument and value."""

from __future__ import annotations

from typing import Any

import pytest
from single_layer import emitted

from equivalence.errors import Refused


@pytest.mark.parametrize(
    ("name", "config", "because"),
    [
        ("ReLU", {"negative_slope": -0.5}, r"negative_slope=-0\.5 should be at least 0"),
        ("Softmax", {"axis": 4}, r"axis=4 is no axis of an input of shape \(None, 5\)"),
        ("PReLU", {"shared_axes": [0]}, "shared_axes=.* holds 0, no axis"),
        ("Reshape", {"target_shape": [2, 2]}, r"target_shape=\[2, 2\] does not hold the elements"),
        ("Reshape", {"target_shape": [-1, -1]}, r"target_shape=\[-1, -1\] leaves more than one size open"),
        ("Permute", {"dims": [2]}, r"dims=\[2\] does not name each of the axes 1 to 1 once"),
        ("Rescaling", {"scale": [1.0, 2.0], "offset": 0.0}, "scale=.* holds 2 numbers for an input of shape"),
        ("Rescaling", {"scale": "2", "offset": 0.0}, "scale='2' should be a finite number"),
        ("RepeatVector", {"n": 0}, "n=0 should be a whole number of at least 1"),
        ("Masking", {"mask_value": None}, "mask_value=None should be a finite number"),
        ("Activation", {"activation": "secret"}, "no entry translates its activation 'secret'"),
    ],
)
def test_settings_that_mean_nothing_are_refused(name: str, config: dict[str, Any], because: str) -> None:
    with pytest.raises(Refused, match=rf"model\.h5: layer 'layer' \({name}\): {because}"):
        emitted(name, config, {}, "3.15.1", (None, 5))
