"""Rounding that a network makes larger is told from a mistake; a mistake that it makes larger is none the less one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from altered import altered, layer

from equivalence import port
from equivalence.keras_side import KerasProcess
from equivalence.verification.against_keras import compare_with
from equivalence.verification.amplified import beside, only_rounding

#: Each step makes a difference about twice as large.
STEPS = 28


def chaotic() -> keras.Model:
    inputs = keras.Input((40,))
    x = keras.layers.BatchNormalization(name="norm")(inputs)
    x = keras.layers.Dense(40, activation="sigmoid", name="mixed")(x)
    for _ in range(STEPS):
        x = 4.0 * x * (1.0 - x)
    return keras.Model(inputs, x)


def recurrent() -> keras.Model:
    """One layer that does to itself, step after step, what the layers of `chaotic` do."""
    large = keras.initializers.RandomNormal(stddev=0.8, seed=2)
    inputs = keras.Input((80, 12))
    return keras.Model(inputs, keras.layers.SimpleRNN(30, recurrent_initializer=large, name="steps")(inputs))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    keras.utils.set_random_seed(3)
    path = tmp_path_factory.mktemp("chaotic") / "chaotic.keras"
    chaotic().save(path)
    return path


def test_rounding_is_no_difference(path: Path, keras_process: KerasProcess) -> None:
    found = compare_with(keras_process, port(path, verify=False), path, lambda what: None)
    assert found.float64 and found.float64["max_rel"] > 1e-9
    assert found.verified and not found.because and not found.apart
    assert "is rounding: other last bits of the port's numbers move it as far." in found.notes[-1]


def test_rounding_within_a_layer(tmp_path: Path, keras_process: KerasProcess) -> None:
    path = tmp_path / "recurrent.keras"
    recurrent().save(path)
    found = compare_with(keras_process, port(path, verify=False), path, lambda what: None)
    assert found.float64 and found.float64["max_rel"] > 1e-9
    assert found.verified and not found.apart and "at steps is rounding" in found.notes[-1]


def test_a_small_mistake_is_one(path: Path, tmp_path: Path, keras_process: KerasProcess) -> None:
    def epsilon(config: dict[str, Any], weights: Any) -> None:
        layer(config, "norm")["config"]["epsilon"] *= 1.00001

    wrong = altered(path, tmp_path / "wrong.keras", epsilon)
    found = compare_with(keras_process, port(wrong, verify=False), path, lambda what: None)
    assert found.verified is False and found.because
    assert found.apart[0]["path"] == "norm"


def rows(*errors: float) -> list[dict[str, Any]]:
    return [{"path": f"layer_{at}", "max_rel": error, "equal": error <= 1e-9} for at, error in enumerate(errors)]


@pytest.mark.parametrize(
    ("found", "moved", "alone", "alone_moved", "is_rounding"),
    [
        pytest.param((1e-14, 3e-9), (2e-14, 5e-9), (1e-14, 1e-15), (1e-14, 1e-15), True, id="moves-as-far"),
        pytest.param((1e-14, 3e-9), (2e-14, 3.001e-9), (1e-14, 1e-15), (1e-14, 1e-15), False, id="stays"),
        pytest.param((3e-9, 1e-7), (5e-9, 1.001e-7), (1e-14, 1e-14), (1e-14, 1e-14), False, id="one-of-two-stays"),
        pytest.param((1e-14, 3e-9), (2e-14, 5e-9), (1e-14, 2e-10), (1e-14, 2e-10), False, id="a-layer-is-apart"),
        pytest.param((1e-14, 3e-9), (2e-14, 5e-9), (1e-14, 2e-10), (1e-14, 9e-10), True, id="a-layer-moves"),
        pytest.param((1e-14, np.inf), (2e-14, np.inf), (1e-14, 1e-15), (1e-14, 1e-15), False, id="infinite"),
        pytest.param((1e-14, 0.5), (2e-14, 0.9), (1e-14, 1e-15), (1e-14, 1e-15), False, id="as-large-as-the-numbers"),
        pytest.param((1e-14, 3e-9), (2e-14,), (1e-14, 1e-15), (1e-14, 1e-15), False, id="other-layers"),
    ],
)
def test_what_counts_as_rounding(
    found: tuple[float, ...],
    moved: tuple[float, ...],
    alone: tuple[float, ...],
    alone_moved: tuple[float, ...],
    is_rounding: bool,
) -> None:
    said = only_rounding(
        rows(*found), rows(*alone), lambda one_by_one, _: rows(*(alone_moved if one_by_one else moved))
    )
    assert bool(said) is is_rounding


def test_the_numbers_beside() -> None:
    numbers = np.linspace(-3.0, 3.0, 50)
    apart = np.abs(beside(numbers, np.random.default_rng(0)) / numbers - 1.0)
    assert (apart > 0).sum() > 25 and apart.max() <= 9 * 2.0**-52


@pytest.mark.parametrize("dtype", ["int64", "bool", "float32"])
def test_other_numbers_stay(dtype: str) -> None:
    whole = np.arange(3).astype(dtype)
    assert beside(whole, np.random.default_rng(0)) is whole
