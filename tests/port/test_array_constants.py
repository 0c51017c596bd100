"""Layers that are called on arrays beside tensors: these count like any other, and become buffers."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers

from equivalence import Refused, port
from equivalence.emit.array_constants import buffer_of
from equivalence.translation.graph import Constant

RANDOM = np.random.default_rng(8)
CAUSAL = np.tril(np.ones((5, 5), bool))


def small() -> Any:
    return keras.Input((5, 3), name="steps")


def attended(x: Any, mask: np.ndarray) -> Any:
    return layers.MultiHeadAttention(2, 4, name="attention")(x, x, attention_mask=mask)


def encoder() -> Any:
    x, y = keras.Input((5, 3)), keras.Input((5, 3))
    return keras.Model([x, y], layers.Subtract()([x, y]), name="encoder")


def row(dtype: str = "float32") -> np.ndarray:
    return RANDOM.normal(size=(1, 5, 3)).astype("float32").astype(dtype)


MADE = {
    "an-operand": lambda x: layers.Add(name="add")([x, row()]),
    "float64-as-numpy-has-it": lambda x: layers.Multiply(name="times")([x, row("float64")]),
    "a-mask": lambda x: layers.Softmax(name="soft")(x, mask=np.array([[[True, False, True]]])),
    "a-mask-of-fewer-axes": lambda x: layers.Softmax(name="soft")(x, mask=np.array([1.0, 0.0, 1.0])),
    "an-attention-mask": lambda x: attended(x, CAUSAL),
    "an-attention-mask-of-floats": lambda x: attended(x, CAUSAL[None].astype("float32")),
}


@pytest.mark.parametrize("made", MADE)
def test_an_array_counts(made: str) -> None:
    x = small()
    model = keras.Model(x, MADE[made](x))
    for weight in model.weights:
        weight.assign(RANDOM.normal(size=weight.shape))
    ported = port(model)
    assert ported.report.verified, ported.report.because
    assert "register_buffer" in ported.source
    given = RANDOM.normal(size=(4, 5, 3)).astype("float32")
    np.testing.assert_allclose(ported.predict(given), model(given), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "int32", "bool"])
def test_a_large_array_lies_in_the_weights_file(dtype: str, tmp_path: Path) -> None:
    """Positions that are added, or looked up: tables of numbers are nothing to read."""
    x, large = keras.Input((13, 7), name="steps"), RANDOM.integers(-3, 4, (1, 13, 7)).astype(dtype)
    added = keras.ops.add(x, keras.ops.cast(large, "float32") / 8.0 if dtype == "float32" else large)
    model = keras.Model(x, layers.Dense(2, name="dense")(added))
    model.save(tmp_path / "large.keras")
    ported = port(tmp_path / "large.keras")
    assert ported.report.verified, ported.report.because
    assert f"torch.zeros((1, 13, 7), dtype=torch.{dtype})" in ported.source and len(ported.source.splitlines()) < 60
    ported.save(tmp_path / "out")
    given = RANDOM.normal(size=(4, 13, 7)).astype("float32")
    loaded = runpy.run_path(str(tmp_path / "out" / "large.py"))["load"]()
    with torch.no_grad():
        np.testing.assert_allclose(loaded(torch.from_numpy(given)), model(given), rtol=1e-4, atol=1e-5)


def test_models_that_differ_in_large_arrays_alone_are_one_class() -> None:
    def encoder(name: str) -> Any:
        x = keras.Input((13, 7))
        table = RANDOM.normal(size=(1, 13, 7)).astype("float32")
        return keras.Model(x, layers.Add(name="add")([x, table]), name=name)

    x = keras.Input((13, 7))
    ported = port(keras.Model(x, layers.Subtract()([encoder("first")(x), encoder("second")(x)])))
    assert ported.report.verified, ported.report.because
    assert ported.source.count("torch.zeros((1, 13, 7)") == 1


def test_rows_of_unequal_length_are_refused() -> None:
    constant = Constant([[1.0] * 40, [1.0] * 41], "float32")
    with pytest.raises(Refused, match="rows of unequal length"):
        buffer_of(None, None, constant, "added_constant", "model: layer 'added'")  # type: ignore[arg-type]


def test_of_two_calls_of_a_layer_each_has_its_own() -> None:
    x, add = small(), layers.Add(name="add")
    model = keras.Model(x, layers.Multiply(name="times")([add([x, row()]), add([x, row()])]))
    ported = port(model)
    assert ported.report.verified and ported.source.count("register_buffer") == 2


def test_a_nested_model_that_is_given_one_is_refused() -> None:
    x = small()
    with pytest.raises(Refused, match="encoder"):
        port(keras.Model(x, encoder()([x, keras.ops.convert_to_tensor(row())])), verify=False)
