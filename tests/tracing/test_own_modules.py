"""A module of one's own for a layer that cannot be traced."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import own_torch_modules
import pytest
from keras import layers, ops
from test_own_layers import randomised

from equivalence import Refused, catalogue, port, register_module


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "_registered", {})
    monkeypatch.setattr(catalogue, "_registered_stored", {})


class Rows(layers.Layer):
    """NumPy sorts, where nobody sees it."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")
        self.bias = self.add_weight(shape=(self.units,), name="bias")

    def compute_output_spec(self, x: Any) -> Any:
        return keras.KerasTensor((*x.shape[:-1], self.units), x.dtype)

    def call(self, x: Any) -> Any:
        made = ops.convert_to_numpy(ops.matmul(x, self.kernel) + self.bias)
        return ops.convert_to_tensor(np.sort(made, axis=-1))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


def _model() -> Any:
    x = keras.Input((6,))
    return randomised(keras.Model(x, layers.Dense(3)(Rows(4, name="rows")(layers.Dense(5)(x)))))


def _register(module: type) -> None:
    register_module(
        f"{__name__}.Rows",
        module,
        weights={"kernel": ("matrix", "i o -> o i"), "bias": "shift"},
        arguments=lambda config: {"features": 5, "units": config["units"]},
    )


def test_without_it_the_layer_is_refused() -> None:
    with pytest.raises(Refused, match=r"test_own_modules\.py, line \d+, in call"):
        port(_model())


def test_the_module_takes_the_place_and_the_weights_of_the_layer() -> None:
    _register(own_torch_modules.SortedRows)
    made = port(_model())
    assert made.report.verified, made.report.because
    assert "from own_torch_modules import SortedRows" in made.source
    assert "self.rows = SortedRows(features=5, units=4)" in made.source


def test_a_module_that_does_something_else_is_called_different() -> None:
    _register(own_torch_modules.WrongRows)
    made = port(_model())
    assert made.report.verified is False
    assert made.report.to_json()["apart"] == ["rows"]


def test_a_module_that_nobody_can_import_is_no_module() -> None:
    class Local(own_torch_modules.SortedRows):
        pass

    with pytest.raises(ValueError, match="cannot be imported"):
        _register(Local)
