"""Verification notices one wrong number: each alteration of a file makes its port different from the original.

The truth is Keras's of the original file; what is ported is a file in which one thing was changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from altered import Change, altered, layer

from equivalence import Ported, port
from equivalence.keras_side import KerasProcess
from equivalence.verification.against_keras import Truth, judge, run_keras
from equivalence.verification.sample_inputs import draw_inputs
from scripts.applications import calibrated


def epsilon(name: str) -> Change:
    """Keras's 1e-3, as torch has it."""

    def change(config: dict[str, Any], weights: h5py.File) -> None:
        assert configuration(config, name)["epsilon"] == 1e-3
        configuration(config, name)["epsilon"] = 1e-5

    return change


def padding(name: str) -> Change:
    """The row and column that Keras adds at the end, at the start."""

    def change(config: dict[str, Any], weights: h5py.File) -> None:
        assert configuration(config, name)["padding"] == [[0, 1], [0, 1]]
        configuration(config, name)["padding"] = [[1, 0], [1, 0]]

    return change


def scale(name: str) -> Change:
    """Images divided by 127.5 where they should be by 128 (which float32 holds exactly)."""

    def change(config: dict[str, Any], weights: h5py.File) -> None:
        assert configuration(config, name)["scale"] == 1 / 128
        configuration(config, name)["scale"] = 1 / 127.5

    return change


def weight(path: str, alter: Callable[[np.ndarray], np.ndarray]) -> Change:
    def change(config: dict[str, Any], weights: h5py.File) -> None:
        before = weights[path][()]
        after = alter(before)
        assert after.shape == before.shape and not np.array_equal(after, before)
        weights[path][...] = after

    return change


def mirrored(kernel: np.ndarray) -> np.ndarray:
    """Height and width exchanged."""
    return kernel.swapaxes(0, 1)


def halves_swapped(kernel: np.ndarray) -> np.ndarray:
    """The input channels of the second half before those of the first."""
    return np.roll(kernel, kernel.shape[-2] // 2, axis=-2)


def channels_first_rows(kernel: np.ndarray) -> np.ndarray:
    """The rows of a Dense kernel after Flatten, flattened channels first."""
    return kernel.reshape(5, 4, 6, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)


def configuration(config: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = layer(config, name)["config"]
    return found


def small() -> Any:
    image = keras.Input((12, 10, 3), name="image")
    x = keras.layers.Rescaling(1 / 128, offset=-1.0, name="scaled")(image)
    x = keras.layers.ZeroPadding2D(((0, 1), (0, 1)), name="padded")(x)
    x = keras.layers.Conv2D(6, 3, strides=2, use_bias=False, name="conv")(x)
    x = keras.layers.ReLU(name="relu")(keras.layers.BatchNormalization(name="norm")(x))
    x = keras.layers.Flatten(name="flat")(keras.layers.Cropping2D(((0, 1), (0, 1)), name="cropped")(x))
    return keras.Model(image, keras.layers.Dense(4, name="out")(x), name="small")


def mobilenet() -> Any:
    image = keras.Input((96, 96, 3), name="image")
    scaled = keras.layers.Rescaling(1 / 128, offset=-1.0, name="scaled")(image)
    return keras.applications.MobileNet(
        input_tensor=scaled, alpha=0.25, weights=None, classes=7, classifier_activation=None
    )


ALTERATIONS: dict[str, tuple[Callable[[], Any], Change]] = {
    "small-epsilon": (small, epsilon("norm")),
    "small-padding": (small, padding("padded")),
    "small-scale": (small, scale("scaled")),
    "small-kernel": (small, weight("layers/conv2d/vars/0", mirrored)),
    "small-channels": (small, weight("layers/conv2d/vars/0", lambda kernel: kernel[:, :, ::-1])),
    "small-flatten": (small, weight("layers/dense/vars/0", channels_first_rows)),
    "mobilenet-first-epsilon": (mobilenet, epsilon("conv1_bn")),
    "mobilenet-last-epsilon": (mobilenet, epsilon("conv_pw_13_bn")),
    "mobilenet-padding": (mobilenet, padding("conv_pad_12")),
    "mobilenet-scale": (mobilenet, scale("scaled")),
    "mobilenet-kernel": (mobilenet, weight("layers/depthwise_conv2d_6/vars/0", mirrored)),
    "mobilenet-blocks": (mobilenet, weight("layers/conv2d_13/vars/0", halves_swapped)),
}


@dataclass(frozen=True)
class Original:
    path: Path
    truth: Truth


@pytest.fixture(scope="module")
def originals(
    keras_process: KerasProcess, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Callable[[], Any]], Original]:
    made: dict[str, Original] = {}

    def original(make: Callable[[], Any]) -> Original:
        name = make.__name__
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            path = calibrated(make(), folder / f"{name}.keras", keras_process)
            inputs = draw_inputs(port(path, verify=False))
            made[name] = Original(path, run_keras(keras_process, inputs, path, folder, lambda what: None))
        return made[name]

    return original


def judged(path: Path, truth: Truth) -> Ported:
    ported = port(path, verify=False)
    judge(ported, truth)
    return ported


@pytest.mark.parametrize("make", [small, mobilenet])
def test_the_original_is_equal(make: Callable[[], Any], originals: Callable[..., Original]) -> None:
    original = originals(make)
    assert judged(original.path, original.truth).report.verified is True


@pytest.mark.parametrize(("make", "change"), ALTERATIONS.values(), ids=ALTERATIONS)
def test_one_altered_thing_is_different(
    make: Callable[[], Any], change: Change, originals: Callable[..., Original], tmp_path: Path
) -> None:
    original = originals(make)
    report = judged(altered(original.path, tmp_path / original.path.name, change), original.truth).report
    assert report.verified is False
    assert "differ by more than" in report.because
    assert not report.layers[-1]["equal"], "the output is equal: the comparison of layers alone saw it"
