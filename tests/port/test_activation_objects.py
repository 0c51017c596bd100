"""PReLU as another layer's activation: Keras keeps its slopes out of every file, so they are what they start as."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

from equivalence import Refused, port


def model(initializer: Any) -> keras.Model:
    x = keras.Input((5, 3))
    y = layers.Conv1D(4, 2, activation=layers.PReLU(initializer, shared_axes=[1]), name="conv")(x)
    return keras.Model(x, layers.Dense(2, activation=layers.PReLU(initializer), name="head")(y))


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize(
    ("initializer", "written"),
    [("zeros", "F.relu("), (keras.initializers.Constant(0.25), "0.25)"), ("ones", "1.0)")],
    ids=["zeros", "constant", "ones"],
)
def test_slopes_that_start_equal_are_a_constant(tmp_path: Path, initializer: Any, written: str, ending: str) -> None:
    path = tmp_path / f"model{ending}"
    model(initializer).save(path)
    ported = port(path)
    assert ported.report.verified and ported.source.count(written) == 2


def test_slopes_that_start_at_random_are_refused(tmp_path: Path) -> None:
    model("random_uniform").save(tmp_path / "model.keras")
    with pytest.raises(Refused, match=r"layer 'conv' .PReLU.: its slopes start as 'randomuniform'"):
        port(tmp_path / "model.keras")
