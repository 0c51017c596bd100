"""How the harness tells which side is off, where the backends of Keras do not agree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from differential.derivatives import first_alone_is_right, states_gradients
from differential.layers_alone import backends_differ
from differential.truth import Arrays, KerasModel

RANDOM = np.random.default_rng(0)
X, WEIGHT = [RANDOM.standard_normal((3, 4))], [RANDOM.standard_normal((3, 4))]
TRUE = [WEIGHT[0] * np.cos(X[0])]


def sines(inputs: Arrays) -> list[np.ndarray]:
    return [np.sin(inputs[0])]


OTHERS = {"another": [WEIGHT[0] * np.sin(X[0])], "half": [TRUE[0] / 2], "none": [None]}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_the_gradient_of_the_outputs_is_told_from_another(other: list[np.ndarray | None]) -> None:
    assert first_alone_is_right(sines, X, WEIGHT, TRUE, other, seed=0)
    assert not first_alone_is_right(sines, X, WEIGHT, other, TRUE, seed=0)


def test_two_that_agree_settle_nothing() -> None:
    assert not first_alone_is_right(sines, X, WEIGHT, TRUE, [TRUE[0] * (1 + 1e-8)], seed=0)


def test_a_gradient_that_is_stopped_is_meant() -> None:
    stopped = {"kind": "operation", "keras": "keras.ops.stop_gradient"}
    other = {"kind": "operation", "keras": "keras.ops.sin"}
    assert states_gradients({"nodes": [other, {"kind": "nested", "recipe": {"nodes": [stopped]}}]})
    assert not states_gradients({"nodes": [other]})


def of_two(path: Path) -> Path:
    x = keras.Input((4, 6))
    keras.Model(x, layers.Dense(2, name="out")(layers.Dense(3, name="in")(x))).save(path)
    return path


def as_on_tensorflow(path: Path, inputs: Arrays) -> Any:
    return KerasModel.of_file(path).outputs(inputs)


def otherwise(path: Path, inputs: Arrays) -> Any:
    return KerasModel.of_file(path).outputs(inputs) + 1.0


#: What Keras on torch makes, the layers at which the port is apart, and whether that is Keras's own doing.
ALONE: dict[str, tuple[Callable[[Path, Arrays], Any], list[str], bool]] = {
    "differ": (otherwise, ["out"], True),
    "agree": (as_on_tensorflow, ["out"], False),
    "one-is-not-there": (otherwise, ["out", "inside"], False),
    "none-is-apart": (otherwise, [], False),
}


@pytest.mark.parametrize(("on_torch", "apart", "expected"), ALONE.values(), ids=ALONE)
def test_backends_differ_where_each_layer_alone_does(
    on_torch: Callable[[Path, Arrays], Any], apart: list[str], expected: bool, tmp_path: Path
) -> None:
    (tmp_path / "alone").mkdir()
    rows = [{"path": path} for path in apart]
    found = backends_differ(of_two(tmp_path / "two.keras"), rows, on_torch, tmp_path / "alone", bound=1e-9)
    assert found == expected
