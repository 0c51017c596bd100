"""Dictionaries and lists at any depth, at the boundaries of models and nested models: sorted by key, as in Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from equivalence import Ported
from equivalence.keras_side import KerasProcess
from equivalence.verification.compare import compare

_SHAPES = {"b": (4,), "a": (4,), "c": (4,)}


def nested() -> tuple[Any, Any]:
    """A model whose inputs are [{'b': ..., 'a': ...}, c], and whose outputs tell them apart."""
    b, a, c = (keras.Input(shape, name=f"in_{name}") for name, shape in _SHAPES.items())
    out = {"z": layers.Dense(3)(b), "y": [layers.Dense(3)(a), {"w": c * 2.0, "v": layers.Dense(3)(c)}]}
    return keras.Model([{"b": b, "a": a}, c], [out], name="nested"), (b, a, c)


def dictionaries_in_a_list() -> Any:
    inner, _ = nested()
    i, j, k = (keras.Input((4,), name=name) for name in "ijk")
    (made,) = (inner([{"a": i, "b": j}, k]),)
    made = made[0] if isinstance(made, list) else made
    outputs = [layers.Dense(2)(made["z"]), layers.Dense(2)(made["y"][0]), made["y"][1]["v"] + 1.0, made["y"][1]["w"]]
    return keras.Model([i, j, k], outputs, name="dictionaries_in_a_list")


def structured_boundary() -> Any:
    b, a, c = (keras.Input(shape, name=f"in_{name}") for name, shape in _SHAPES.items())
    outputs = [{"z": layers.Dense(3)(b), "y": [layers.Dense(2)(a), c * 2.0]}, layers.Dense(5)(c)]
    return keras.Model({"q": [c, {"b": b, "a": a}]}, outputs, name="structured_boundary")


def lists_in_a_dictionary() -> Any:
    b, a, c = (keras.Input(shape, name=f"in_{name}") for name, shape in _SHAPES.items())
    inner = keras.Model({"two": [b, a], "one": c}, {"n": [a - b, c], "m": layers.Dense(3)(a)}, name="inner")
    i, j, k = (keras.Input((4,), name=name) for name in "ijk")
    made = inner({"one": i, "two": [j, k]})
    return keras.Model([i, j, k], [made["n"][0], made["n"][1] * 3.0, made["m"]], name="lists_in_a_dictionary")


MODELS = [dictionaries_in_a_list, structured_boundary, lists_in_a_dictionary]


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_no_two_tensors_are_exchanged(
    make: Callable[[], Any],
    saved: Callable[..., Path],
    verified: Callable[..., Ported],
    truth: Callable[..., Any],
    keras_process: KerasProcess,
) -> None:
    path = saved(make)
    ported = verified(path)
    assert ported.report.verified, ported.report.because
    inputs = [np.random.default_rng(index).normal(size=(3, 4)).astype(np.float32) for index in range(3)]
    ported.module.double()
    assert compare(ported.predict(*inputs), truth(keras_process, path, *inputs), max_rel=1e-10).message == ""


def cast_indices() -> Any:
    ids = keras.Input((5,), dtype="int32", name="ids")
    x = keras.ops.cast(ids, "float32")
    return keras.Model(ids, [layers.Dense(3)(x), keras.ops.sqrt(ids) + x], name="cast_indices")


def test_what_is_cast_to_floats_follows_the_dtype_that_is_compared(
    saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    report = verified(saved(cast_indices)).report
    assert report.verified, report.because
