"""TensorFlow functions that Keras 2 wrapped as layers, against the same model written with keras.ops.

Keras 3 cannot load such files itself, so the port's weights are carried to the model written anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers, ops

from equivalence import port, transfer
from equivalence.catalogue import find, named
from equivalence.emit.wrapped import class_of
from equivalence.translation.graph import ClassName, Layer

FILES = Path(__file__).parent.parent / "formats" / "keras2"


def nested_anew() -> Any:
    """What `nested` in tests/formats/keras2/make.py says, in Keras 3."""
    image, inner = keras.Input((6, 5, 3), name="image"), keras.Input((6, 5, 3), name="inner")
    x = layers.BatchNormalization(name="norm_a")(layers.Conv2D(4, 3, name="conv_a")(inner))
    x = layers.BatchNormalization(name="norm_b")(layers.Conv2D(7, 2, name="conv_b")(x))
    encoder = keras.Model(inner, x, name="encoder")
    stem = keras.Sequential([keras.Input((6, 5, 3)), layers.Conv2D(3, 1, name="conv_s")], name="stem")
    a, b = encoder(stem(image)), encoder(image * 2.0)
    x = ops.mean(ops.concatenate([a, b[:, :, :, 1:3]], axis=-1), axis=[1, 2])
    x = 1.0 - (x + 0.5)
    y = layers.Dense(3, name="out")(x)
    z = layers.Dense(2, name="side")(layers.Multiply(name="square")([x, x]))
    return keras.Model({"image": image}, {"y": y, "z": z}, name="two_heads")


@pytest.mark.parametrize("name", ["nested.h5", "nested.keras"])
def test_functions_of_tensorflow_mean_what_keras_ops_mean(name: str) -> None:
    ported = port(FILES / name, verify=False)
    torch.manual_seed(0)
    with torch.no_grad():
        for tensor in ported.module.state_dict().values():
            if tensor.is_floating_point():
                tensor.uniform_(0.25, 1.0)
    anew = nested_anew()
    transfer(ported.module, anew)
    x = np.random.default_rng(0).standard_normal((2, 6, 5, 3)).astype(np.float32)
    expected = anew.predict({"image": x}, verbose=0)
    found = ported.predict(x)
    assert set(found) == set(expected)
    for key in expected:
        assert np.abs(found[key] - expected[key]).max() < 1e-5 * np.abs(expected[key]).max()


def test_masks_are_those_of_keras_2() -> None:
    """Against what Keras 2 computed: it hands no mask through a wrapped function, and attention takes none off."""
    ported = port(FILES / "masked.h5", verify=False)
    with np.load(FILES / "masked.npz") as expected:
        for name, found in zip(expected.files[1:], ported.predict(expected["words"]), strict=True):
            assert np.abs(found - expected[name]).max() < 1e-6, name


def test_a_function_is_found_by_its_own_name() -> None:
    layer = Layer("tf.math.erf", ClassName("", "TFOpLambda", ""), {"function": "math.multiply"})
    assert find(class_of(layer)) is named("keras.ops.multiply")
    layer.config["function"] = "math.unheard_of"
    assert find(class_of(layer)) is None
