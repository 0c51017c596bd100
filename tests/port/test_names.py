"""Inputs, layers and models named like what an emitted file imports, defines or needs: the file loads, and is right."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from equivalence import Ported, port

NAMES = [
    "masked_rnn", "same_pad", "separable_conv2d", "Path", "F", "Tensor", "nn", "torch", "load", "load_file", "math",
    "self", "x", "mask", "forward", "tap", "KERAS_NAMES", "Callable", "range", "max", "super", "slice", "lambda",
    "None", "match", "type", "T", "model", "path",
]  # fmt: skip


def named_inputs(name: str) -> Any:
    """Helpers for padding and masked steps, whose names an input has."""
    image, words = keras.Input((9, 8, 3), name=name), keras.Input((7,), dtype="int32", name=f"{name}_words")
    y = layers.SeparableConv2D(4, 3, strides=2, padding="same")(image)
    y = layers.MaxPooling2D(3, 2, padding="same")(layers.Conv2D(3, 3, strides=2, padding="same")(y))
    z = layers.LSTM(4)(layers.Embedding(5, 6, mask_zero=True)(words))
    return keras.Model([image, words], [layers.Flatten()(y), z, ops.max(image, axis=[1, 2])], name="named")


def named_layers(name: str) -> Any:
    """Every value that becomes a variable has the name."""
    image, words = keras.Input((9, 8, 3), name="image"), keras.Input((7,), dtype="int32", name="words")
    y = layers.Conv2D(3, 3, strides=2, padding="same", name=name)(image)
    y = layers.Add(name=f"{name}_add")([y, layers.SeparableConv2D(3, 3, padding="same")(y)])
    z = layers.Embedding(5, 6, mask_zero=True, name=f"{name}_words")(words)
    z = layers.Add()([layers.LSTM(6)(z), layers.GlobalAveragePooling1D()(z)])
    return keras.Model([image, words], [y, z], name="named")


def named_models(name: str) -> Any:
    """A nested model and the whole one have the name."""
    image = keras.Input((9, 8, 3), name="image")
    inner_image = keras.Input((9, 8, 3))
    inner = keras.Model(
        inner_image, layers.SeparableConv2D(4, 3, strides=2, padding="same")(inner_image), name=f"{name}"
    )
    y = layers.Flatten()(inner(image))
    return keras.Model(image, layers.Dense(2)(y), name=f"{name}_")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("make", [named_inputs, named_layers, named_models], ids=lambda make: make.__name__)
def test_a_name_hides_nothing_that_the_file_needs(
    make: Callable[[str], Any], name: str, saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    def model() -> Any:
        return make(name)

    model.__name__ = f"{make.__name__}_{name}"
    report = verified(saved(model), name=name).report
    assert report.verified, report.because


@pytest.mark.parametrize("make", [named_inputs, named_layers, named_models], ids=lambda make: make.__name__)
def test_the_saved_file_loads_in_a_process_of_its_own(make: Callable[[str], Any], tmp_path: Path) -> None:
    for name in ("same_pad", "Path", "load_file"):
        ported = port(make(name), verify=False, name=name)
        ported.save(tmp_path)
        load = f"import importlib; importlib.import_module({ported.name!r}).load().double()"
        done = subprocess.run(
            [sys.executable, "-c", load],
            cwd=tmp_path, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert np.isfinite(ported.predict(*(np.zeros((2, *t.shape[1:]), t.dtype) for t in make("x").inputs))[0]).all()


def test_a_variable_of_a_nested_model_hides_no_helper(
    saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    def helper_inside() -> Any:
        image, inner = keras.Input((9, 8, 3), name="image"), keras.Input((9, 8, 3))
        y = layers.Conv2D(3, 3, strides=2, padding="same", name="same_pad")(inner)
        y = layers.Add()([y, layers.Conv2D(3, 3, padding="same")(y)])
        return keras.Model(image, keras.Model(inner, y, name="inside")(image), name="helper_inside")

    report = verified(saved(helper_inside)).report
    assert report.verified, report.because
