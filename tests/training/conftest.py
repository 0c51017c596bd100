"""Trainings are compared in float64, from weights that are drawn alike in each run."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import pytest


@pytest.fixture(scope="module", autouse=True)
def in_float64() -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy(before)


@pytest.fixture(autouse=True)
def drawn_alike() -> None:
    """The same weights in each run: a penalty makes the sign of a weight near zero a matter of rounding."""
    keras.utils.set_random_seed(11)
