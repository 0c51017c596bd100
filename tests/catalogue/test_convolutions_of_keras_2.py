"""What Keras 2 wrote differently for convolutions and upsampling, from graphs as the readers build them."""

from __future__ import annotations

from typing import Any

import pytest
from single_layer import emitted

from equivalence.errors import Refused


@pytest.mark.parametrize(
    ("name", "config", "arrays"),
    [
        (
            "DepthwiseConv2D",
            {"kernel_size": [3, 2], "groups": 1},
            {"depthwise_kernel": (3, 2, 3, 1), "bias": (3,)},
        ),
        (
            "SeparableConv2D",
            {"filters": 5, "kernel_size": [3, 2], "groups": 1, "kernel_initializer": "glorot_uniform"},
            {"depthwise_kernel": (3, 2, 3, 1), "pointwise_kernel": (1, 1, 3, 5), "bias": (5,)},
        ),
        (
            "Conv2DTranspose",
            {"filters": 5, "kernel_size": [3, 2], "groups": 1},
            {"kernel": (3, 2, 5, 3), "bias": (5,)},
        ),
    ],
)
def test_keys_and_weight_names_of_keras_2_are_known(
    name: str, config: dict[str, Any], arrays: dict[str, tuple[int, ...]]
) -> None:
    draft = emitted(name, config, arrays, "2.15.0")
    assert [place.stored.name for place in draft.placements if place.stored] == list(arrays)
    with pytest.raises(Refused, match=r"model\.h5: layer 'layer' .*groups=3"):
        emitted(name, {**config, "groups": 3}, arrays, "2.15.0")


@pytest.mark.parametrize("version", ["2.2.4", "2.3.1", "2.1.6-tf", "2.2.4-tf"])
def test_bilinear_upsampling_from_corners_is_refused(version: str) -> None:
    with pytest.raises(Refused, match=f"Keras {version} may have interpolated from pixel corners"):
        emitted("UpSampling2D", {"interpolation": "bilinear"}, {}, version)
    emitted("UpSampling2D", {"interpolation": "nearest"}, {}, version)


@pytest.mark.parametrize("version", ["2.3.0-tf", "2.4.0", "2.15.0", "3.15.1", ""])
def test_bilinear_upsampling_from_centres_is_written(version: str) -> None:
    draft = emitted("UpSampling2D", {"interpolation": "bilinear"}, {}, version)
    assert "mode='bilinear'" in draft.classes[-1].forward.values[-1].expr


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("ZeroPadding2D", {"padding": [[1, -1], [0, 0]]}),
        ("ZeroPadding2D", {"padding": [1, 2, 3]}),
        ("Cropping2D", {"cropping": "1"}),
        ("Cropping2D", {"cropping": [[1, 2, 3], [0, 0]]}),
    ],
)
def test_amounts_that_are_none_are_refused(name: str, config: dict[str, Any]) -> None:
    (key,) = config
    with pytest.raises(Refused, match=f"{key}=.* should be a number, or for each spatial axis a number or a pair"):
        emitted(name, config, {}, "3.15.1")
