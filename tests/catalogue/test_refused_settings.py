"""Settings that mean nothing: refused by file, layer, argument and value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers
from single_layer import emitted

from equivalence import port
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


@pytest.mark.parametrize(
    ("make", "because"),
    [
        (lambda a, b: layers.Attention()([a, b]), r"shapes \(None, 3, 5, 4\), .* not equally many axes, at least two"),
        (lambda a, b: layers.Attention()([a, a], mask=[None, a[..., 0] > 0]), "mask of 3 axes, which Keras aligns"),
        (lambda a, b: layers.Softmax(axis=1)(layers.Masking()(b)), r"mask of shape \(None, 6\): Keras aligns"),
        (lambda a, b: keras.ops.matmul(a[:, 0, 0], b[:, 0]), r"sums over the last axis of .* not known to be equal"),
        (lambda a, b: layers.RMSNormalization(axis=1)(a[:, 0]), r"axis=\[1\] should be the last axes of its input"),
        (lambda a, b: layers.MaxPooling1D(2)(keras.ops.cast(b, "int32")), "is called on int32; floats alone"),
        (lambda a, b: layers.ConvLSTM1D(2, 3, activation="glu")(a), "'glu' gives another shape than it is"),
    ],
    ids=[
        "ranks",
        "mask-of-values",
        "mask-of-a-sequence",
        "batch-summed-over",
        "scale",
        "whole-numbers",
        "halves-within-a-module",
    ],
)
def test_calls_that_no_port_gives_one_meaning_are_refused(make: Any, because: str, tmp_path: Path) -> None:
    inputs = [keras.Input((3, 5, 4)), keras.Input((6, 4))]
    keras.Model(inputs, make(*inputs)).save(tmp_path / "model.keras")
    with pytest.raises(Refused, match=because):
        port(tmp_path / "model.keras", verify=False)
